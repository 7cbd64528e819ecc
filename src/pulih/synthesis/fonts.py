"""The handwriting fonts: pinned npm packages, converted once to TTF.

``python -m pulih.synthesis.fonts`` installs them.
"""

import functools
import hashlib
import sys
import tempfile
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter

from pulih.common import npm
from pulih.common.errors import InputError, PulihError
from pulih.common.files import atomic_path
from pulih.common.launch import program
from pulih.common.settings import Settings

INSTALL = "python -m pulih.synthesis.fonts"
PINS = Path(__file__).with_name("fonts.json")
# Part of the file name: raise it when the conversion changes, so that older files are not taken for current ones.
CONVERSION = "r1"


class Pin(BaseModel):
    """One pinned font: the version of its npm package and the SHA-256 of the files taken from it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    held_out: bool
    sha256: str


@functools.cache
def pins() -> dict[str, Pin]:
    """Return the pinned fonts by name."""
    return TypeAdapter(dict[str, Pin]).validate_json(PINS.read_bytes())


def pinned_path(name: str, folder: Path | None = None) -> Path:
    """Return where the converted font ``name`` is, or will be once installed."""
    return (folder or Settings().fonts_dir) / f"{name}-{pins()[name].version}-{CONVERSION}.ttf"


def missing(folder: Path | None = None) -> list[str]:
    """Return the names of the pinned fonts that are not installed."""
    return [name for name in pins() if not pinned_path(name, folder).is_file()]


def find(name: str, font_dirs: tuple[str, ...] = ()) -> Path:
    """Return the file of a font: one of the user's folders first, then the pinned ones.

    Raises:
        InputError: there is no such font, or it is not installed yet.
    """
    own = [Path(folder).expanduser() / f"{name}{suffix}" for folder in font_dirs for suffix in (".ttf", ".otf")]
    found = [path for path in own if path.is_file()]
    if found:
        return found[0]
    if name not in pins():
        fix = f"Take one of: {', '.join(sorted({*pins(), *names_in(font_dirs)}))}."
        raise InputError("a known font", f"'{name}'", fix)
    path = pinned_path(name)
    if not path.is_file():
        raise InputError(f"the font '{name}' at {path}", "no such file", f"Install the fonts: {INSTALL}")
    return path


def names_in(font_dirs: tuple[str, ...]) -> list[str]:
    """Return the names of the user's own fonts; raises InputError for a folder that is not there."""
    names: set[str] = set()
    for folder in font_dirs:
        path = Path(folder).expanduser()
        if not path.is_dir():
            raise InputError("a folder of fonts in font_dirs", f"no folder {path}", "Correct the path.")
        names |= {file.stem for file in path.iterdir() if file.suffix in {".ttf", ".otf"}}
    return sorted(names)


def install(folder: Path | None = None) -> list[str]:
    """Install the pinned fonts that are missing and return their names.

    Raises:
        UserError: npm could not fetch them.
        PulihError: a package holds other files than those that were pinned.
    """
    wanted = missing(folder)
    if not wanted:
        return []
    with tempfile.TemporaryDirectory(prefix="pulih-fonts-") as name:
        pinned = [f"@fontsource/{font}@{pins()[font].version}" for font in wanted]
        packages = npm.fetch(pinned, Path(name), INSTALL) / "@fontsource"
        for font in wanted:
            _convert(font, packages / font / "files", pinned_path(font, folder))
    return wanted


def _convert(name: str, files: Path, target: Path) -> None:
    from pulih.synthesis.conversion import to_ttf

    latin, extended = (files / f"{name}-{subset}-400-normal.woff2" for subset in ("latin", "latin-ext"))
    sources = [path for path in (latin, extended) if path.is_file()]
    found = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    if found != pins()[name].sha256:
        raise PulihError(f"the files of @fontsource/{name} {pins()[name].version} are not those pinned ({found})")
    with atomic_path(target) as temporary:
        to_ttf(sources, temporary)


def main() -> int:
    """Install the fonts, say where they are, and return the exit code."""
    return program(lambda: f"{len(install())} of {len(pins())} fonts are new in {Settings().fonts_dir}")


if __name__ == "__main__":
    sys.exit(main())
