"""What is held stays within limits; beyond them the caller is told when to come back."""

import pytest

from serving.config import ServingConfig
from serving.load import Busy, Load


def load(**settings) -> Load:
    return Load(ServingConfig(model_dir="x", **settings))


def test_request_beyond_the_limit_is_busy_until_one_ends() -> None:
    held = load(max_requests=2)
    with held.request(10):
        with held.request(10), pytest.raises(Busy, match="2 requests"), held.request():
            pass
        with held.request():
            pass


def test_bytes_beyond_the_limit_are_busy_but_one_body_alone_is_let_in() -> None:
    held = load(max_held_bytes=100)
    with held.request(500), pytest.raises(Busy, match="500 bytes"), held.request(1):
        pass
    with held.request(60), held.request(40), pytest.raises(Busy), held.request(1):
        pass
    with held.request(100):
        pass


def test_retry_after_follows_how_long_requests_take() -> None:
    slow, fast = load(max_requests=1), load(max_requests=1)
    for _ in range(30):
        slow.answered(30)
        fast.answered(0.2)
    for held, expected in ((slow, 30), (fast, 1)):
        with held.request(), pytest.raises(Busy) as busy, held.request():
            pass
        assert busy.value.retry_after == pytest.approx(expected, abs=1)


def test_requests_without_bytes_pass_where_bytes_do_not() -> None:
    held = load(max_held_bytes=10)
    with held.request(10), held.request(0):
        pass
