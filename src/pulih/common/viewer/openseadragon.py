"""OpenSeadragon, which zooms and pans: a pinned npm package, fetched once and kept outside of the project.

``python -m pulih.common.viewer.openseadragon`` installs it.
"""

import hashlib
import sys
import tempfile
from pathlib import Path

from pulih.common import npm
from pulih.common.errors import InputError, PulihError
from pulih.common.files import write_bytes
from pulih.common.launch import program
from pulih.common.settings import Settings

INSTALL = "python -m pulih.common.viewer.openseadragon"
VERSION = "6.1.1"
# Name in the package -> SHA-256; the licence (BSD) asks to stay with the code.
FILES = {
    "build/openseadragon/openseadragon.min.js": "14d587cd3ee7c4861f1a41077ce642029364a21029956ba635bd8fb1202cf9ad",
    "LICENSE.txt": "17da96b26ac706d2cbd06d4555dedb43026782f4943faf0156fe7acf89454228",
}


def installed_path(name: str = "openseadragon.min.js", folder: Path | None = None) -> Path:
    """Return where a file of the package is, or will be once installed."""
    return (folder or Settings().viewer_dir) / f"openseadragon-{VERSION}" / name


def find(folder: Path | None = None) -> Path:
    """Return the installed script; raises InputError when it is not there."""
    path = installed_path(folder=folder)
    if not path.is_file():
        raise InputError(f"OpenSeadragon {VERSION} at {path}", "no such file", f"Install it: {INSTALL}")
    return path


def install(folder: Path | None = None) -> bool:
    """Install what is missing and say whether anything was.

    Raises:
        UserError: npm could not fetch it.
        PulihError: the package holds other files than those that were pinned.
    """
    places = {source: installed_path(Path(source).name, folder) for source in FILES}
    if all(place.is_file() for place in places.values()):
        return False
    with tempfile.TemporaryDirectory(prefix="pulih-viewer-") as name:
        package = npm.fetch([f"openseadragon@{VERSION}"], Path(name), INSTALL) / "openseadragon"
        for source, place in places.items():
            data = (package / source).read_bytes()
            found = hashlib.sha256(data).hexdigest()
            if found != FILES[source]:
                raise PulihError(f"{source} of openseadragon {VERSION} is not the one pinned ({found})")
            write_bytes(place, data)
    return True


def main() -> int:
    """Install OpenSeadragon, say where it is, and return the exit code."""
    return program(lambda: f"OpenSeadragon {VERSION} {'is new' if install() else 'is'} in {installed_path().parent}")


if __name__ == "__main__":
    sys.exit(main())
