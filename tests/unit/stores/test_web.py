"""Images from the web: what is too large, elsewhere or refused does not come in."""

import pytest

from pulih.common.errors import InputError, StoreError
from pulih.stores.web import check_allowed, fetch


def test_a_file_comes_whole_or_not_at_all(web_server, tmp_path) -> None:
    server, _ = web_server((200, "image/png", b"12345"))
    address = f"http://{server}/a.png"
    fetch(address, tmp_path / "a.png", (f"http://{server}",), 5)
    assert (tmp_path / "a.png").read_bytes() == b"12345"
    with pytest.raises(InputError, match="at most 4"):
        fetch(address, tmp_path / "b.png", (f"http://{server}",), 4)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.parametrize(("status", "error"), [(301, InputError), (404, StoreError)])
def test_redirects_are_not_followed_and_refusals_told(status, error, web_server, tmp_path) -> None:
    server, asked = web_server((status, "text/plain", b""))
    with pytest.raises(error):
        fetch(f"http://{server}/a.png", tmp_path / "a", (f"http://{server}",), 5)
    assert asked == ["/a.png"]


def test_encryption_is_part_of_what_is_allowed() -> None:
    check_allowed("https://example.org/a.png", ("example.org",))
    for address in ("http://example.org/a.png", "https://example.org:8443/a", "https://example.org@evil.example/a"):
        with pytest.raises(InputError, match="allow the host"):
            check_allowed(address, ("example.org",))
