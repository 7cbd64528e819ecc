import pytest

from pipelines.failure import failure_of

EARLIER = "  pulih.common.errors.ConfigError: expected 12 fonts, found 3\n"
NOISE = "12:00:01 INFO    step 40: loss 0.3\n"


def log_file(folder, *parts):
    path = folder / "run.log"
    path.write_text("".join(parts), encoding="utf-8")
    return path


def test_last_error_in_the_output_gives_reason_and_exit_code(tmp_path):
    told = "ValueError: never mind\npulih.common.errors.ArtifactError: expected a sealed artifact, found none\n"
    failure = failure_of("evaluation", log_file(tmp_path, NOISE, told, NOISE), 0)
    assert "stage 'evaluation' failed: expected a sealed artifact" in str(failure)
    assert str(tmp_path / "run.log") in str(failure)
    assert failure.exit_code == 2


@pytest.mark.parametrize("told", ["", NOISE])
def test_error_of_an_earlier_attempt_is_not_this_ones_reason(tmp_path, told):
    failure = failure_of("restorer", log_file(tmp_path, NOISE, EARLIER, told), len(NOISE) + len(EARLIER))
    assert "was it killed?" in str(failure)
    assert failure.exit_code == 1


def test_unknown_error_is_ours(tmp_path):
    failure = failure_of("drift", log_file(tmp_path, "KeyError: 'page'\n"), 0)
    assert (failure.exit_code, "'page'" in str(failure)) == (1, True)
