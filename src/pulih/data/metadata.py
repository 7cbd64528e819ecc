"""What an image file says beside its pixels: its bit depth, and the EXIF entries that describe the page."""

import io
import struct

from PIL import ExifTags, Image

from pulih.common.logging import get_logger

log = get_logger(__name__)
BITS_PER_SAMPLE = 258
EXIF_ERRORS = (OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, struct.error)
# Of a TIFF's directory most entries say where its pixels lie; these say what it shows, who made it and when.
KEPT = (
    ExifTags.Base.DocumentName,
    ExifTags.Base.ImageDescription,
    ExifTags.Base.Make,
    ExifTags.Base.Model,
    ExifTags.Base.PageName,
    ExifTags.Base.Software,
    ExifTags.Base.DateTime,
    ExifTags.Base.Artist,
    ExifTags.Base.HostComputer,
    ExifTags.Base.Copyright,
)
PARTS = (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo)
SIZES = (ExifTags.Base.ExifImageWidth, ExifTags.Base.ExifImageHeight)


def bits_of(image: Image.Image) -> int:
    """Return the bits per channel of an opened image whose pixels were not decoded yet: 1, 8, 16 or what it says."""
    if image.format == "TIFF":
        return int(max(getattr(image, "tag_v2", {}).get(BITS_PER_SAMPLE, (1,))))
    if image.mode == "1":
        return 1
    deep = image.mode.startswith("I") or any(";16" in str(tile[3]) for tile in getattr(image, "tile", ()))
    return 16 if deep else 8


def kept_exif(image: Image.Image, turned: bool, name: str) -> bytes | None:
    """Return the EXIF block that an upright copy of ``image`` carries on, None when there is nothing to carry.

    Orientation is left out, for the copy is upright; so are the sizes when it was ``turned``.
    """
    try:
        found = image.getexif()
        kept = Image.Exif()
        for tag in KEPT:
            if tag in found:
                kept[tag] = _as_it_was(found[tag])
        for part in PARTS:
            if entries := {k: v for k, v in found.get_ifd(part).items() if not (turned and k in SIZES)}:
                kept[part] = entries
        return kept.tobytes() if len(kept) else None
    except EXIF_ERRORS as err:
        log.warning("%s: its EXIF block cannot be kept (%s)", name, err)
        return None


def without_parts(exif: bytes) -> Image.Exif:
    """Return the entries of an EXIF block that lie in its first directory, the only one that libtiff can write."""
    block = Image.Exif()
    block.load(exif)
    first = Image.Exif()
    for tag in KEPT:
        if tag in block:
            first[tag] = _as_it_was(block[tag])
    return first


def _as_it_was(value: object) -> object:
    # Pillow reads text as Latin-1 and writes it as ASCII; as bytes it comes through unchanged, also where it is UTF-8.
    return value.encode("latin-1", "replace") if isinstance(value, str) else value


def has_several(data: bytes) -> bool:
    """Return whether the bytes are a TIFF with more than one directory; what cannot be read has one."""
    try:
        with Image.open(io.BytesIO(data), formats=("TIFF",)) as image:
            image.seek(1)
    except (*EXIF_ERRORS, Image.DecompressionBombError):
        return False
    return True
