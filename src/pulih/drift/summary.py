"""The overall verdict of a drift check."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from pulih.drift.archive import STAND_IN, Archive
from pulih.drift.config import DriftConfig
from pulih.drift.measuring import Described
from pulih.drift.report import Compared

ENOUGH = 20


def summarize(
    config: DriftConfig, compared: Compared, current: Described, archive: Archive, lines: str
) -> dict[str, Any]:
    """Return the overall verdict, the counts and the notes that a reader must see with it."""
    judged = [verdict.drifted for verdict in compared.verdicts if verdict.drifted is not None]
    share = sum(judged) / max(1, len(judged))
    drifted = share >= config.drift_share
    return {
        "drifted": drifted,
        "verdict": "drift" if drifted else "partial" if any(judged) else "none",
        "drift_share": share,
        "threshold_share": config.drift_share,
        "confidence": config.confidence,
        "descriptors": {"drifted": sum(judged), "compared": len(judged)},
        "pages": {"reference": len(compared.reference), "archive": len(compared.current)},
        "broken": [asdict(broken) for broken in current.broken],
        "archive": archive.title,
        "stand_in": archive.stand_in,
        "lines": lines,
        "as_of": datetime.now(UTC).isoformat(timespec="seconds"),
        "notes": _notes(compared, archive),
    }


def _notes(compared: Compared, archive: Archive) -> list[str]:
    notes = [STAND_IN] if archive.stand_in else []
    for side, table in (("synthetic", compared.reference), ("archive", compared.current)):
        if len(table) < ENOUGH:
            count = f"{len(table)} {side} page{'' if len(table) == 1 else 's'}"
            notes.append(f"Only {count}: thresholds are wide, and small differences go unseen.")
    if archive.total > len(archive.scans):
        notes.append(f"A random sample of {len(archive.scans)} of the archive's {archive.total} scans was described.")
    return notes
