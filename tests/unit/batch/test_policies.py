"""OCR-D's words: what is skipped, overwritten, copied, and when a batch ends."""

from pathlib import Path

import pytest

from pulih.batch.config import BatchConfig
from pulih.batch.policies import BatchAborted, check_existing, check_failures


def test_an_output_that_is_there_is_skipped_overwritten_or_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    answers = {}
    for policy in ("SKIP", "OVERWRITE"):
        config = BatchConfig(existing_output=policy)
        answers[policy] = [check_existing([name, "a.x"], tmp_path, config) for name in ("a.png", "b.png")]
    assert answers == {"SKIP": [False, True], "OVERWRITE": [True, True]}
    with pytest.raises(BatchAborted, match=r"a\.png"):
        check_existing(["a.png"], tmp_path, BatchConfig(existing_output="ABORT"))


def test_failures_end_a_batch_by_abort_or_beyond_their_share() -> None:
    check_failures(10, 10, "x", BatchConfig())
    check_failures(1, 10, "x", BatchConfig(max_failed=0.1))
    with pytest.raises(BatchAborted, match="at most 10% of the pages to fail; found 2 of 10"):
        check_failures(2, 10, "x", BatchConfig(max_failed=0.1))
    with pytest.raises(BatchAborted, match="an output for every page; found page 7"):
        check_failures(1, 10, "page 7", BatchConfig(missing_output="ABORT"))
