"""How answers are named and written: image, provenance and XML appear whole, the image last."""

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from pulih.batch.config import Mode, PageConfig
from pulih.common.files import write_bytes
from pulih.data.encoding import Kind, encode_jpeg, encode_own_png, write_tiff
from pulih.data.images import TIFF_SUFFIXES, DecodedImage
from pulih.restorer.colour import Paper

PAPER: dict[Mode, Paper] = {"keep-paper": "keep", "clean-paper": "white", "binary": "white"}
SUFFIX = {"png": ".png", "tiff": ".tif", "jpeg": ".jpg"}


def suffix_of(name: str, config: PageConfig, multiple: bool = False) -> str:
    """Return the suffix of a restored answer; a file of several pages is always answered by a TIFF."""
    if multiple or (config.format == "auto" and PurePosixPath(name).suffix.lower() in TIFF_SUFFIXES):
        return ".tif"
    return ".png" if config.format == "auto" else SUFFIX[config.format]


def possible(name: str, stem: str, config: PageConfig) -> list[str]:
    """Return the paths below the output folder at which an answer to ``name`` may be."""
    suffixes = [suffix_of(name, config), ".tif", PurePosixPath(name).suffix]
    return [f"{stem}{suffix}" for suffix in dict.fromkeys(suffixes)]


def kind_of(config: PageConfig) -> Kind:
    """Return the kind of pixels that a mode writes."""
    return "bilevel" if config.mode == "binary" else "own"


def write_image(path: Path, pages: Iterable[DecodedImage], suffix: str, config: PageConfig) -> None:
    """Write the pages to ``path`` as ``suffix`` says, one page at a time; raises UserError for a full disk."""
    if suffix == ".tif":
        write_tiff(path, pages, kind_of(config))
        return
    (page,) = pages
    if suffix == ".jpg":
        write_bytes(path, encode_jpeg(page, config.quality, kind_of(config)))
    else:
        write_bytes(path, encode_own_png(page, kind_of(config)))


def kept_of(page: DecodedImage, suffix: str, config: PageConfig) -> tuple[str, ...]:
    """Return what a written page carries over from its file beside the pixels."""
    binary_profile = config.mode == "binary" and page.icc_profile is not None
    exif = "EXIF (first directory)" if suffix == ".tif" else "EXIF"
    kept = {
        "resolution": page.dpi is not None,
        "colour profile": page.icc_profile is not None and not binary_profile,
        exif: page.exif is not None,
    }
    return tuple(name for name, is_kept in kept.items() if is_kept)
