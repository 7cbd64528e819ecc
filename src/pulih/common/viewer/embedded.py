"""The comparison inside of a page that is opened from a disk, where nothing can be fetched: it is all in the page."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup

from pulih.common.errors import InputError
from pulih.common.logging import get_logger
from pulih.common.viewer import openseadragon, parts

log = get_logger(__name__)
SHOWN_BY_BROWSERS = (".png", ".jpg", ".jpeg")


@dataclass(frozen=True)
class EmbeddedViewer:
    """Style and scripts as they go into a template; all empty where OpenSeadragon is not installed."""

    style: str = ""
    openseadragon: str = ""
    script: str = ""


def viewer() -> EmbeddedViewer:
    """Return what a page needs to compare pictures; a page that took hours must not fail for want of it."""
    try:
        library = openseadragon.find().read_text(encoding="utf-8")
    except InputError as err:
        log.warning("the report compares with a plain slider: %s", err)
        return EmbeddedViewer()
    modules = [parts.module(name) for name in (*parts.MODULES, "embedded.js")]
    texts = (parts.style(), library, parts.one_script(*modules))
    return EmbeddedViewer(*(Markup(text) for text in texts))  # noqa: S704 - files of ours, and one pinned by its digest


def addresses(folder: Path, files: Sequence[Path]) -> list[str]:
    """Return files as addresses relative to a page in ``folder``; none where a browser shows one of them not."""
    if any(file.suffix.lower() not in SHOWN_BY_BROWSERS or not file.is_file() for file in files):
        return []
    return [quote(Path(os.path.relpath(file.resolve(), folder.resolve())).as_posix()) for file in files]
