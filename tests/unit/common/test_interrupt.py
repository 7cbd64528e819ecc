import os
import signal

import pytest

from pulih.common.interrupt import stop_on_signal


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_asks_the_loop_to_stop_and_kills_nothing(number):
    with stop_on_signal() as stop:
        assert not stop.requested
        os.kill(os.getpid(), number)
        assert stop.requested


def test_the_former_handlers_come_back_also_after_a_failure():
    seen = []
    original = signal.signal(signal.SIGTERM, lambda number, _: seen.append(number))
    try:
        before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
        with pytest.raises(ZeroDivisionError), stop_on_signal():
            1 / 0  # noqa: B018
        assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before
        os.kill(os.getpid(), signal.SIGTERM)
        assert seen == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, original)


def test_flags_are_independent():
    with stop_on_signal() as outer:
        with stop_on_signal() as inner:
            os.kill(os.getpid(), signal.SIGTERM)
        assert (inner.requested, outer.requested) == (True, False)
