"""What a batch leaves beside the pages: the list of failures, and the figures the report is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulih.batch.progress import Progress
from pulih.batch.sources import Source, printable
from pulih.batch.state import Record, State
from pulih.common.files import write_json, write_text

FAILED_TEXT, FAILED_JSON, SUMMARY = "failed.txt", "failed.json", "summary.json"


@dataclass(frozen=True)
class Conclusion:
    """The records of a batch by source, in the order of their names; a source without one was skipped or not begun."""

    records: dict[Source, Record]
    progress: Progress
    model: str
    parameters: dict[str, Any]
    ended: str

    def of(self, status: str) -> list[Record]:
        """Return the records of one status."""
        return [record for record in self.records.values() if record.status == status]


def gather(
    state: State, sources: Sequence[Source], progress: Progress, told: tuple[str, dict[str, Any]], ended: str
) -> Conclusion:
    """Collect the records of the sources; ``told`` are the model's digest and the parameters."""
    found = {source: state.get(source.name) for source in sources}
    kept = {source: record for source, record in found.items() if record is not None}
    return Conclusion(kept, progress, *told, ended)


def write_lists(conclusion: Conclusion, folder: Path) -> None:
    """Write the failed pages as text (path, tab, reason) and JSON, and the figures of the batch."""
    failed = [(source, record) for source, record in conclusion.records.items() if record.status == "failed"]
    rows = [f"{printable(source.place)}\t{' '.join(record.reason.split())}\n" for source, record in failed]
    write_text(folder / FAILED_TEXT, "".join(rows))
    listed = [
        {"name": source.name, "place": printable(source.place), "attempts": record.attempts, "reason": record.reason}
        for source, record in failed
    ]
    write_json(folder / FAILED_JSON, listed)
    progress = conclusion.progress
    write_json(
        folder / SUMMARY,
        {
            "ended": conclusion.ended,
            "model": conclusion.model,
            "parameters": conclusion.parameters,
            "pages": progress.total,
            "restored": len(conclusion.of("restored")),
            "passed": len(conclusion.of("passed")),
            "failed": len(failed),
            "skipped": progress.skipped,
            "this_run": {
                "worked": progress.worked,
                "done_before": progress.before,
                "seconds": round(progress.seconds, 1),
                "pages_per_minute": round(progress.pages_per_minute, 2),
                "peak_memory_mb": round(progress.peak_memory / 2**20),
            },
        },
    )
