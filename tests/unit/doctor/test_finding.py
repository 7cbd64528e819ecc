import pytest

from pulih.doctor.finding import Finding


@pytest.mark.parametrize("state", ["warn", "fail"])
def test_what_is_not_ok_always_says_how_to_repair_it(state):
    with pytest.raises(AssertionError, match="needs a repair"):
        Finding("disk", state, "full")


def test_what_is_ok_needs_none():
    assert Finding("disk", "ok", "empty").repair == ""
