"""The state of a batch survives, and a foreign file is not overwritten."""

from pathlib import Path

import pytest

from pulih.batch.state import Key, Record, open_state
from pulih.common.errors import UserError

KEY = Key("aa", "", "model", "parameters")


def test_the_last_record_of_a_page_comes_back_whole(tmp_path: Path) -> None:
    record = Record("sub/é.png", KEY, "restored", "tag", 2, ("sub/é.tif",), {"pages": [{"change": 0.25}]})
    with open_state(tmp_path / "x" / "state.sqlite") as state:
        state.put(Record("sub/é.png", KEY, "begun"))
        state.put(record)
    with open_state(tmp_path / "x" / "state.sqlite") as state:
        assert state.get("sub/é.png") == record
        assert state.get("other.png") is None


def test_another_file_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    path.write_text("minutes of the meeting, " * 100)
    with pytest.raises(UserError, match="the state of a batch"), open_state(path):
        pass
    assert path.read_text().startswith("minutes")
