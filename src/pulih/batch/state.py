"""What became of every page of a batch, in SQLite: one row per page, safe against a kill at any moment."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pulih.common.errors import UserError

Status = Literal["begun", "restored", "passed", "failed", "skipped"]
FINISHED = ("restored", "passed")
TABLE = """CREATE TABLE IF NOT EXISTS pages (
    name TEXT PRIMARY KEY, tag TEXT, sha256 TEXT NOT NULL, xml_sha256 TEXT NOT NULL, model TEXT NOT NULL,
    parameters TEXT NOT NULL, status TEXT NOT NULL, attempts INTEGER NOT NULL, outputs TEXT NOT NULL,
    facts TEXT NOT NULL, reason TEXT NOT NULL)"""
COLUMNS = "name, tag, sha256, xml_sha256, model, parameters, status, attempts, outputs, facts, reason"


@dataclass(frozen=True)
class Key:
    """What determines the result of a page: digests of image, XML file (empty without one), model and parameters."""

    sha256: str
    xml_sha256: str
    model: str
    parameters: str


@dataclass(frozen=True)
class Record:
    """What became of a page; ``outputs`` are paths below the output folder, ``facts`` the figures of its work."""

    name: str
    key: Key
    status: Status
    tag: str | None = None
    attempts: int = 0
    outputs: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    reason: str = ""


class State:
    """The records of a batch folder; open one with ``open_state``."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def put(self, record: Record) -> None:
        """Write a record in place of an earlier one of the same page."""
        key = record.key
        values = (record.name, record.tag, key.sha256, key.xml_sha256, key.model, key.parameters, record.status)
        rest = (record.attempts, json.dumps(record.outputs), json.dumps(record.facts), record.reason)
        marks = ", ".join("?" * (len(values) + len(rest)))
        with self._connection:
            self._connection.execute(f"INSERT OR REPLACE INTO pages ({COLUMNS}) VALUES ({marks})", (*values, *rest))  # noqa: S608 - our own names

    def get(self, name: str) -> Record | None:
        """Return the record of a page, None when there is none."""
        row = self._connection.execute(f"SELECT {COLUMNS} FROM pages WHERE name = ?", (name,)).fetchone()  # noqa: S608
        return _record(row) if row else None


def _record(row: tuple[Any, ...]) -> Record:
    name, tag, sha256, xml_sha256, model, parameters, status, attempts, outputs, facts, reason = row
    key = Key(sha256, xml_sha256, model, parameters)
    return Record(name, key, status, tag, attempts, tuple(json.loads(outputs)), json.loads(facts), reason)


@contextmanager
def open_state(path: Path) -> Iterator[State]:
    """Open or make the state at ``path``; raises UserError when another file is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=30)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(TABLE)
        yield State(connection)
    except sqlite3.DatabaseError as err:
        fix = "Move it away: every page is then looked at anew."
        raise UserError(f"the state of a batch at {path}", str(err), fix) from err
    finally:
        connection.close()
