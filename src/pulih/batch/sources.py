"""What a batch reads: the images of a folder, a glob, a list or an ``s3://`` prefix, and the XML files beside them."""

import glob
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pulih.common.errors import InputError
from pulih.common.settings import Settings
from pulih.data.images import SUFFIXES
from pulih.stores.s3 import ObjectStore
from pulih.stores.urls import S3Url, is_s3

LIST_SUFFIXES = (".txt", ".lst", ".list")
XML_FOLDERS = ("", "page", "alto")  # beside the image, or where Transkribus and eScriptorium export to
MOST_LISTED = 1_000_000
LONGEST_LIST = 256 * 2**20


@dataclass(frozen=True)
class Source:
    """One image file of a batch.

    ``name`` is its path below the input, with ``/``; ``stem`` the path below the output without a suffix; ``place`` a
    local path or an ``s3://`` address, and so is ``xml``; ``tag`` changes with the content of an object in a store.
    ``image`` and ``answers`` are the scan and the folder of answers as XML files are to name them: in a workspace
    relative to its root, else the scan's own name and nothing.
    """

    name: str
    stem: str
    place: str
    xml: str | None = None
    tag: str | None = None
    image: str = ""
    answers: str = ""


def find_sources(text: str, recursive: bool, output: Path) -> list[Source]:
    """Return the images that ``text`` names, sorted by name; what lies in ``output`` is not among them.

    Raises:
        InputError: nothing is there, or ``output`` is the input folder itself.
        StoreError: the store fails.
    """
    if is_s3(text):
        sources = _in_store(S3Url.parse(text))
    elif Path(text).is_dir():
        sources = _in_folder(Path(text), recursive, output)
    elif Path(text).is_file():
        # Before the pattern, for a file's own name may hold brackets.
        is_list = Path(text).suffix.lower() in LIST_SUFFIXES
        sources = _from_paths(_listed(Path(text)) if is_list else [Path(text)])
    else:
        found = [Path(name) for name in sorted(glob.glob(text, recursive=True))]  # noqa: PTH207 - patterns may be absolute
        inside = output.resolve()
        sources = _from_paths(p for p in found if _is_image(p.name) and not p.resolve().is_relative_to(inside))
    if not sources:
        fix = f"Images end with {', '.join(SUFFIXES)}; folders below are read with --recursive."
        raise InputError(f"images at {text}", "none", fix)
    answer = _with_stems(sources)
    _check_apart(answer, output)
    return answer


def printable(text: str) -> str:
    """Return ``text`` with the bytes of a file name that are no UTF-8 as hexadecimal numbers."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _check_apart(sources: list[Source], output: Path) -> None:
    for source in sources:
        if not is_s3(source.place) and (output / source.stem).parent.resolve() == Path(source.place).parent.resolve():
            fix = "Name another OUTPUT: an answer could replace its own scan."
            raise InputError("an output folder apart from the scans", f"{printable(source.place)} in it", fix)


def _is_image(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in SUFFIXES and not PurePosixPath(name).name.startswith(".")


def _in_folder(folder: Path, recursive: bool, output: Path) -> list[Source]:
    here, there = folder.resolve(), output.resolve()
    if here == there:
        raise InputError("an output folder of its own", f"the input folder {folder}", "Name another OUTPUT.")
    files = here.rglob("*") if recursive else here.glob("*")
    chosen = [p for p in files if _is_image(p.name) and p.is_file() and not p.is_relative_to(there)]
    return [_local(path, here) for path in chosen]


def _from_paths(paths: Iterable[Path]) -> list[Source]:
    # Not resolve(): a link is read by its own name.
    chosen = sorted({Path(os.path.abspath(path)) for path in paths})  # noqa: PTH100
    if not chosen:
        return []
    base = Path(os.path.commonpath([path.parent for path in chosen]))
    return [_local(path, base) for path in chosen]


def _local(path: Path, base: Path) -> Source:
    name = printable(path.relative_to(base).as_posix())
    beside = (path.parent / folder / f"{path.stem}.xml" for folder in XML_FOLDERS)
    xml = next((str(candidate) for candidate in beside if candidate.is_file()), None)
    return Source(name, "", str(path), xml)


def _listed(path: Path) -> list[Path]:
    """Return the paths in a list, one a line, relative to the list's folder; lines that begin with # are remarks."""
    if path.stat().st_size > LONGEST_LIST:
        raise InputError(f"a list of at most {LONGEST_LIST:,} bytes at {path}", "more", "Split it.")
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except UnicodeDecodeError as err:
        raise InputError(f"UTF-8 in {path}", str(err), "Save the list as UTF-8.") from err
    named = [line for line in lines if line and not line.startswith("#")]
    if len(named) > MOST_LISTED:
        raise InputError(f"at most {MOST_LISTED:,} pages in {path}", f"{len(named):,}", "Split the list.")
    return [path.parent / name for name in named]


def _in_store(url: S3Url) -> list[Source]:
    objects = ObjectStore.from_settings(Settings()).list(url)
    keys = {stored.url.key for stored in objects}
    sources = []
    for stored in objects:
        name = stored.url.key.removeprefix(url.prefix)
        if not _is_image(name) or ".." in PurePosixPath(name).parts or PurePosixPath(name).is_absolute():
            continue
        image = PurePosixPath(stored.url.key)
        beside = (str(image.parent / folder / f"{image.stem}.xml") for folder in XML_FOLDERS)
        xml = next((str(S3Url(url.bucket, key)) for key in beside if key in keys), None)
        sources.append(Source(name, "", str(stored.url), xml, stored.etag))
    return sources


def _with_stems(sources: list[Source]) -> list[Source]:
    """Give every source the stem of its answer: its own without suffix, or with it where two would share one."""
    ordered = sorted(sources, key=lambda source: source.name)
    stems = Counter(str(PurePosixPath(source.name).with_suffix("")) for source in ordered)
    answer = []
    for source in ordered:
        stem = str(PurePosixPath(source.name).with_suffix(""))
        answer.append(
            Source(source.name, stem if stems[stem] == 1 else source.name, source.place, source.xml, source.tag)
        )
    return answer
