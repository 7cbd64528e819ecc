"""Which page a trial deployment sends."""

from collections.abc import Iterator
from pathlib import Path

from pulih.common.logging import get_logger
from pulih.common.settings import Settings
from pulih.data.images import SUFFIXES
from pulih.stores.paths import local_input

log = get_logger(__name__)


def page_to_send(page: str, lines: Path) -> Path:
    """Return the page scan to send: the one that is named, else the first one at hand, which is said aloud.

    Args:
        page: a file or ``s3://`` address; empty for a page of the real archive, or of the synthetic pages in ``lines``.
        lines: a lines artifact.

    Raises:
        InputError: there is no such file.
        StoreError: the store has no such object, or fails.
    """
    if page:
        return local_input(page)
    chosen = next(_candidates(lines))
    log.info("no page named (deployment.page): sending %s", chosen)
    return chosen


def _candidates(lines: Path) -> Iterator[Path]:
    archive = Settings().real_data / "archive"
    # The page of the East India Company first: it is the kind of document Pulih was made for.
    for folder in (archive / "voc_1791", archive):
        yield from (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in SUFFIXES)
    yield from sorted((lines / "pages").glob("*.degraded.png"))
    from skimage import data

    yield Path(data.__file__).parent / "page.png"
