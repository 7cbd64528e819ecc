"""Images from outside, decoded so that bad or hostile bytes cannot harm.

The header is checked against ``ImageLimits`` before a single pixel is decoded, so that a decompression bomb costs
nothing.
"""

import io
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps
from pydantic import Field

from pulih.common.config import StageConfig
from pulih.common.errors import InputError
from pulih.common.logging import get_logger
from pulih.data.metadata import EXIF_ERRORS, bits_of, kept_exif
from pulih.data.signatures import described

log = get_logger(__name__)
RgbImage = NDArray[np.uint8]
Dpi = tuple[float, float]
FORMATS = ("PNG", "JPEG", "TIFF")
TIFF_SUFFIXES = (".tif", ".tiff")
SUFFIXES = (".png", ".jpg", ".jpeg", *TIFF_SUFFIXES)
TIFF_SUBFILE_TYPE, TIFF_PHOTOMETRIC = 254, 262
QUARTER_TURN = 5  # EXIF orientations from here on swap width and height
PILLOW_LIMIT = 2 * (Image.MAX_IMAGE_PIXELS or 0)


class ImageLimits(StageConfig):
    """What an image may measure; the defaults admit an A3 page at 600 dpi (70 million pixels)."""

    max_bytes: int = Field(512 * 2**20, gt=0, description="size of the file")
    max_pixels: int = Field(100_000_000, gt=0, le=PILLOW_LIMIT, description="width x height of a page")
    max_side: int = Field(20_000, gt=0, description="width, and height, of a page in pixels")
    max_pages: int = Field(500, gt=0, description="pages of one TIFF file")


LIMITS = ImageLimits()


@dataclass(frozen=True)
class DecodedImage:
    """One upright page: ``pixels`` (H, W, 3) 8-bit RGB, 255 = white; ``dpi`` horizontal, vertical.

    ``icc_profile`` is kept when the file's own pixels were RGB, or grey (``grey``): then it describes one channel of
    ``pixels``. ``bits`` per channel are those of the file; ``exif`` is what an upright copy carries on.
    """

    pixels: RgbImage
    dpi: Dpi | None = None
    icc_profile: bytes | None = None
    exif: bytes | None = None
    bits: int = 8
    grey: bool = False

    @property
    def rgb_profile(self) -> bytes | None:
        """The colour profile of the three channels together."""
        return None if self.grey else self.icc_profile


def read_pages(path: Path, limits: ImageLimits = LIMITS) -> Iterator[DecodedImage]:
    """Yield the pages of an image file one at a time, as ``decode_pages`` does.

    Raises:
        InputError: there is no such file, or see ``decode_pages``.
    """
    try:
        size = path.stat().st_size
        if size > limits.max_bytes:
            raise _too_large(str(path), f"{size:,} bytes", f"{limits.max_bytes:,} bytes")
        data = path.read_bytes()
    except OSError as err:
        raise InputError(f"an image file at {path}", err.strerror or str(err), "Correct the path.") from err
    yield from decode_pages(data, str(path), limits)


def decode_image(data: bytes, name: str, limits: ImageLimits = LIMITS) -> DecodedImage:
    """Decode an image of exactly one page; raises InputError as ``decode_pages``, also when there are more pages."""
    pages = decode_pages(data, name, limits)
    first = next(pages)
    with _explained(name):
        if next(pages, None) is not None:
            fix = "Send each page as an image of its own; 'pulih restore' takes such a file whole."
            raise InputError(f"one page in {name}", "a TIFF file of several pages", fix)
    return first


def decode_pages(data: bytes, name: str, limits: ImageLimits = LIMITS) -> Iterator[DecodedImage]:
    """Yield the pages of a PNG, JPEG or TIFF as upright 8-bit RGB, one decoded at a time.

    Rotation by EXIF is applied, 16 bits are brought to 8, CMYK and palettes to RGB, transparency is laid on white;
    thumbnails and masks inside a TIFF are skipped.

    Args:
        name: how error messages call the image.

    Raises:
        InputError: it is empty, truncated, not one of the three formats, or beyond a limit.
    """
    if not data:
        raise InputError(f"an image in {name}", "an empty file (0 bytes)", "Scan or copy it again.")
    if len(data) > limits.max_bytes:
        raise _too_large(name, f"{len(data):,} bytes", f"{limits.max_bytes:,} bytes")
    with _explained(name), _open(data, name) as image:
        yield from _frames(image, name, limits)


def _open(data: bytes, name: str) -> Image.Image:
    try:
        with warnings.catch_warnings():
            # Our own limits decide; Pillow's warning below its hard limit would only repeat them.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as err:
        raise _too_large(name, str(err).partition(",")[0], f"{PILLOW_LIMIT:,} pixels") from err
    except Image.UnidentifiedImageError as err:
        fix = "Convert it to PNG, JPEG or TIFF, or scan it again."
        raise InputError(f"a PNG, JPEG or TIFF image in {name}", described(data), fix) from err


def _frames(image: Image.Image, name: str, limits: ImageLimits) -> Iterator[DecodedImage]:
    position, found = 0, 0
    while _seek(image, position):
        position += 1
        if found and _is_auxiliary(image):
            continue
        found += 1
        if found > limits.max_pages or position > 4 * limits.max_pages:
            raise _too_large(name, f"more than {limits.max_pages} pages", f"{limits.max_pages} pages")
        yield _decode(image, name if position == 1 else f"{name}, page {found}", limits)


def _seek(image: Image.Image, position: int) -> bool:
    if position == 0:
        return True
    # Only in a TIFF are further frames further pages (a phone's JPEG holds a preview, a PNG an animation).
    if image.format != "TIFF":
        return False
    try:
        image.seek(position)
    except EOFError:
        return False
    return True


def _is_auxiliary(image: Image.Image) -> bool:
    kind = getattr(image, "tag_v2", {}).get(TIFF_SUBFILE_TYPE, 0)
    return bool(kind & 0b101)


def _decode(image: Image.Image, name: str, limits: ImageLimits) -> DecodedImage:
    width, height = image.size
    if min(width, height) < 1:
        raise InputError(f"an image with pixels in {name}", f"one of {width} x {height}", "Scan it again.")
    if max(width, height) > limits.max_side or width * height > limits.max_pixels:
        found = f"an image of {width} x {height} pixels"
        raise _too_large(name, found, f"{limits.max_pixels:,} pixels and {limits.max_side:,} on a side")
    # Pillow turns a TIFF upright while it loads, and forgets that it did; all else is turned here.
    orientation = getattr(image, "tag_v2", {}).get(ExifTags.Base.Orientation, 1)
    bits = bits_of(image)
    image.load()
    upright = image
    if image.format != "TIFF":
        orientation = _orientation(image, name)
        upright = ImageOps.exif_transpose(image) if orientation != 1 else image
    dpi = _dpi(image)
    profile = image.info.get("icc_profile") if image.mode in ("RGB", "L") else None
    turned = orientation >= QUARTER_TURN
    exif = kept_exif(image, turned, name)
    grey = image.mode in ("1", "L") or image.mode.startswith("I")
    pixels = _to_rgb(upright, image, name)
    return DecodedImage(pixels, dpi[::-1] if dpi and turned else dpi, profile, exif, bits, grey)


def _orientation(image: Image.Image, name: str) -> int:
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except EXIF_ERRORS as err:
        log.warning("%s: its EXIF block cannot be read (%s); rotation is left as it is", name, err)
        return 1


def _to_rgb(image: Image.Image, source: Image.Image, name: str) -> RgbImage:
    if image.mode.startswith("I;16"):
        deep = np.asarray(image).astype(np.uint16)
        grey = ((deep.astype(np.uint32) + 128) // 257).astype(np.uint8)
        # Pillow turns white-is-zero to black-is-zero for 1 and 8 bits, not for 16.
        if getattr(source, "tag_v2", {}).get(TIFF_PHOTOMETRIC) == 0:
            grey = 255 - grey
        return np.repeat(grey[:, :, None], 3, axis=2)
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        layer = image.convert("RGBA")
        paper = Image.new("RGBA", layer.size, "white")
        return np.asarray(Image.alpha_composite(paper, layer).convert("RGB"))
    if image.mode in ("1", "L", "P", "RGB", "RGBX", "CMYK", "YCbCr"):
        return np.asarray(image.convert("RGB"))
    fix = "Convert it to 8 or 16 bits per channel, grey or RGB."
    raise InputError(f"grey, palette, RGB or CMYK pixels in {name}", f"pixels of the kind '{image.mode}'", fix)


def _dpi(image: Image.Image) -> Dpi | None:
    try:
        horizontal, vertical = (float(value) for value in image.info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    plausible = all(math.isfinite(value) and 1 < value < 100_000 for value in (horizontal, vertical))
    return (horizontal, vertical) if plausible else None


@contextmanager
def _explained(name: str) -> Iterator[None]:
    try:
        yield
    except InputError:
        raise
    except Exception as err:  # on broken bytes Pillow raises anything from SyntaxError to struct.error
        raise InputError(f"a whole image in {name}", f"damaged data ({err})", "Scan or copy it again.") from err


def _too_large(name: str, found: str, limit: str) -> InputError:
    return InputError(f"{name} within {limit}", found, "Scale it down or cut it into parts, or raise the limit.")
