"""The logbook: one Markdown file, the newest entry first, below a header that people may edit."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pulih.common.files import write_text
from pulih.common.lock import only_process

HEADER = "# Logbook\n\nThe newest entry comes first. `pulih run` adds one per run, `pulih logbook --add` a note.\n"
ENTRY_START = re.compile(r"^## ", flags=re.MULTILINE)


@dataclass(frozen=True)
class Entry:
    """A heading and the Markdown below it."""

    title: str
    body: str

    def markdown(self) -> str:
        """Return the entry as it stands in the file."""
        return f"## {self.title}\n\n{self.body.strip()}\n"


def entry_now(subject: str, points: Sequence[str]) -> Entry:
    """Return an entry titled with the time (UTC) and ``subject``, one bullet per point."""
    title = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC · {subject}"
    return Entry(title, "\n".join("- " + point.strip().replace("\n", "\n  ") for point in points))


def add_entry(path: Path, entry: Entry) -> None:
    """Put ``entry`` above all others and below the header; the file is started when there is none."""
    # Two runs that end together would otherwise each replace the file, and one entry would be lost.
    with only_process(path.parent, wait=True):
        text = path.read_text(encoding="utf-8") if path.is_file() else HEADER
        first = ENTRY_START.search(text)
        head, rest = (text[: first.start()], text[first.start() :]) if first else (text, "")
        write_text(path, f"{head.rstrip()}\n\n{entry.markdown()}" + (f"\n{rest}" if rest else ""))


def read_entries(path: Path) -> list[Entry]:
    """Return the entries, newest first; none when there is no logbook yet."""
    if not path.is_file():
        return []
    parts = ENTRY_START.split(path.read_text(encoding="utf-8"))[1:]
    titled = (part.partition("\n") for part in parts)
    return [Entry(title.strip(), body.strip()) for title, _, body in titled]
