"""The archive: which files it has, and its identity as an artifact of file digests."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from pulih.common.config import StageConfig
from pulih.common.errors import InputError
from pulih.common.files import atomic_path, write_json
from pulih.common.logging import get_logger
from pulih.common.seed import generator
from pulih.data.images import SUFFIXES
from pulih.data.manifest import file_sha256, write_manifest

log = get_logger(__name__)
KIND = "archive"
STAND_IN = (
    "No archive was given and PULIH_REAL_DATA has none: one scanned page that scikit-image ships stands in for it, "
    "so the verdicts say nothing about your archive."
)


@dataclass(frozen=True)
class Scan:
    """A file of page images: ``name`` within the archive, where it is, and the SHA-256 of its bytes."""

    name: str
    path: Path
    sha256: str


@dataclass(frozen=True)
class Archive:
    """The scans compared with the synthesis.

    ``title`` says what they are; ``total`` is the number of files before sampling, copies left out; ``stand_in`` is
    true when there is no archive and a page of scikit-image was taken.
    """

    title: str
    scans: tuple[Scan, ...]
    total: int
    stand_in: bool = False

    def record(self, folder: Path) -> Path:
        """Write the names and digests of the scans as an artifact, which identifies the archive's content."""
        write_json(folder / "scans.json", [{"name": scan.name, "sha256": scan.sha256} for scan in self.scans])
        facts = {"title": self.title, "files": len(self.scans), "total": self.total, "stand_in": self.stand_in}
        write_manifest(folder, KIND, StageConfig(), {}, facts)
        return folder


def read_archive(location: Path, title: str, max_files: int, seed: int) -> Archive:
    """List the page scans below a folder (or the one file), each content once.

    Files are known by their suffix; ``.png`` that holds something else is found out when it is read. Of more than
    ``max_files`` a random sample is taken.

    Raises:
        InputError: there is no scan.
    """
    files = [location] if location.is_file() else _images_below(location)
    if not files:
        fix = f"Give a folder with {', '.join(SUFFIXES)} files."
        raise InputError(f"page scans in {title}", "none", fix)
    base = location.parent if location.is_file() else location
    by_digest: dict[str, Scan] = {}
    for path in files:
        digest = file_sha256(path)
        by_digest.setdefault(digest, Scan(path.relative_to(base).as_posix(), path, digest))
    scans = list(by_digest.values())
    if len(scans) < len(files):
        log.info("archive: %d of %d files are copies of others and count once", len(files) - len(scans), len(files))
    if len(scans) > max_files:
        log.warning("archive: %d scans, of which a random sample of %d is described", len(scans), max_files)
        chosen = generator(seed, "archive sample").choice(len(scans), max_files, replace=False)
        return Archive(title, tuple(scans[i] for i in sorted(chosen)), len(scans))
    return Archive(title, tuple(scans), len(scans))


def _images_below(folder: Path) -> list[Path]:
    found = (path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    return sorted(path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts))


def has_scans(folder: Path) -> bool:
    """Return whether there is any page scan below ``folder``."""
    return folder.is_dir() and bool(_images_below(folder))


def stand_in(folder: Path) -> Archive:
    """Return the archive of one scanned page that scikit-image ships, written to ``folder``, and say so."""
    from skimage.data import page

    log.warning(STAND_IN)
    path = folder / "scikit-image-page.png"
    with atomic_path(path) as temporary:
        Image.fromarray(np.asarray(page())).convert("RGB").save(temporary, format="PNG")
    return Archive("scikit-image's scanned page", (Scan(path.name, path, file_sha256(path)),), 1, stand_in=True)
