"""The report of a batch: one HTML file with pictures of the pages worth looking at first."""

from pathlib import Path
from typing import Any

from pulih import __version__
from pulih.batch.conclusion import Conclusion
from pulih.batch.pictures import Pictures
from pulih.batch.progress import duration
from pulih.batch.sources import Source
from pulih.batch.state import Record
from pulih.common.files import write_text
from pulih.common.html import number, percent, render
from pulih.common.viewer import embedded

REPORT = "report.html"
TEMPLATES = Path(__file__).parent / "templates"
MOST_ROWS = 1000  # of a table; failed.json has all
Row = tuple[Source, Record]


def write_report(conclusion: Conclusion, pictures: Pictures, samples: int, folder: Path) -> Path:
    """Write the report with ``samples`` pages of each kind and return its path."""
    rows = list(conclusion.records.items())
    restored = sorted((row for row in rows if row[1].status == "restored"), key=_change, reverse=True)
    passed = sorted((row for row in rows if row[1].status == "passed"), key=_value)
    failed = [row for row in rows if row[1].status == "failed"]
    most, rest = restored[:samples], restored[samples:]
    groups = [
        ("Most changed", "Look here first: where much changed, much may have been lost.", most),
        ("Least changed", "What the network found hardly anything to do about.", rest[::-1][:samples]),
        ("Passed on untouched", "Restoration might have done harm here, or there was nothing to do.", passed[:samples]),
    ]
    page = render(
        "batch.html.j2",
        TEMPLATES,
        conclusion=conclusion,
        progress=conclusion.progress,
        counts={"restored": len(restored), "passed": len(passed), "failed": len(failed)},
        groups=[(title, text, [_shown(row, pictures, folder) for row in chosen]) for title, text, chosen in groups],
        failed=[(source.name, record.attempts, record.reason) for source, record in failed[:MOST_ROWS]],
        passed=[_passed_row(row) for row in passed[:MOST_ROWS]],
        most_rows=MOST_ROWS,
        duration=duration,
        viewer=embedded.viewer(),
        version=__version__,
    )
    write_text(folder / REPORT, page)
    return folder / REPORT


def _change(row: Row) -> float:
    return float(max(page["change"] for page in row[1].facts["pages"]))


def _value(row: Row) -> float:
    value = row[1].facts["pages"][0]["value"]
    return -1.0 if value is None else float(value)


def _shown(row: Row, pictures: Pictures, folder: Path) -> dict[str, Any]:
    source, record = row
    first = record.facts["pages"][0]
    figures = [
        f"{record.facts['width']} x {record.facts['height']} pixels",
        f"mean change {percent(first['change'])}",
        f"confidence {number(first['confidence'])}",
        f"marks gone {percent(first['erased'])}",
    ]
    if first["colour_lost"]:
        figures.append(f"colour lost on {percent(first['colour_lost'])}")
    if first["reading_before"] is not None:
        reading = f"{number(first['reading_before'], 3)} to {number(first['reading_after'], 3)}"
        figures.append(f"recognizer {reading} on {first['lines']} lines")
    return {
        "name": source.name,
        "output": record.outputs[0],
        "pictures": pictures.of(source, record),
        "full": embedded.addresses(folder, (Path(source.place), folder.parent / record.outputs[0])),
        "decision": first["decision"],
        "figures": ", ".join(figures),
        "note": record.facts["note"],
    }


def _passed_row(row: Row) -> tuple[str, str, str, str]:
    source, record = row
    first = record.facts["pages"][0]
    return source.name, first["criterion"], number(first["value"], 3), number(first["threshold"], 3)
