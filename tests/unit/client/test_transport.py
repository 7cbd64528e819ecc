"""How long a client waits, and what it takes for an address."""

import email.utils
import time

import pytest

from pulih.client.transport import LONGEST_PAUSE, parsed_url, pause
from pulih.common.errors import InputError


@pytest.mark.parametrize("url", ["localhost:8080", "ftp://a", "http://", "http://a:99999", "http://a/?b=c", ""])
def test_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="http://host:8080"):
        parsed_url(url)


def test_pause_is_what_the_server_asks_for_and_a_little_more() -> None:
    assert all(7 <= pause(1, "7") <= 7 * 1.25 for _ in range(20))


def test_pause_may_be_asked_for_as_a_date() -> None:
    assert 18 <= pause(1, email.utils.formatdate(time.time() + 20, usegmt=True)) <= 26
    assert pause(1, email.utils.formatdate(time.time() - 20, usegmt=True)) == 0


@pytest.mark.parametrize("asked", [None, "soon", "-3"])
def test_pause_that_nobody_asks_for_grows_to_its_limit(asked) -> None:
    assert pause(1, asked) <= 0.5
    assert pause(4, asked) >= 2
    assert LONGEST_PAUSE / 2 <= pause(5000, asked) <= LONGEST_PAUSE
