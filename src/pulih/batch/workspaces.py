"""A METS workspace as OCR-D uses it: its pages are the sources, and what became of them a new file group."""

from pathlib import Path, PurePosixPath

from pulih import __version__
from pulih.batch.conclusion import Conclusion
from pulih.batch.sources import Source
from pulih.common.errors import InputError
from pulih.common.files import write_bytes
from pulih.data.images import SUFFIXES
from pulih.data.mets import PAGE_TYPE, Mets, MetsFile, NewFile, identifier, is_mets, read_mets, with_group
from pulih.data.pagexml import image_of

__all__ = ["is_mets", "mets_sources", "register"]
FINISHED = ("restored", "passed")
TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".tif": "image/tiff", ".tiff": "image/tiff"}


def mets_sources(path: Path, group: str, pages: str, output: Path) -> list[Source]:
    """Return the pages of a workspace; ``output`` is the folder of the new group, named after it.

    Args:
        group: file group to read; empty: the one that holds the scans.
        pages: identifiers with commas between, ``a..b`` for a range; empty: all.

    Raises:
        InputError: no METS, no such group or page, no local file, or an output outside of the workspace.
    """
    mets, root = _mets(path), path.resolve().parent
    _check_output(output, root, path)
    read = mets.group_to_read(group, str(path))
    if output.name == read:
        raise InputError("an output folder of a group of its own", f"the group that is read, {read}", "Name another.")
    wanted = _chosen(mets, pages, path)
    sources = [_source(mets.of(read), page, root, output.name) for page in mets.pages if page in wanted]
    return [source for source in sources if source is not None]


def _check_output(output: Path, root: Path, path: Path) -> None:
    if output.resolve().parent != root or identifier(output.name) != output.name:
        fix = f"Give for instance {root / 'OCR-D-IMG-PULIH'}: its name becomes that of the file group."
        raise InputError(f"an OUTPUT folder in the workspace of {path}", str(output), fix)


def _chosen(mets: Mets, pages: str, path: Path) -> set[str]:
    if not pages:
        return set(mets.pages)
    chosen: set[str] = set()
    for part in pages.split(","):
        first, _, last = part.strip().partition("..")
        ends = [first, last or first]
        if unknown := [page for page in ends if page not in mets.pages]:
            raise InputError(f"the page '{unknown[0]}' in {path}", "none", f"Its first page is {mets.pages[:1]}.")
        begin, end = (mets.pages.index(page) for page in ends)
        chosen |= set(mets.pages[begin : end + 1])
    return chosen


def _source(files: list[MetsFile], page: str, root: Path, group: str) -> Source | None:
    """Return the scan of a page, or what its PAGE file says is its image; None for a page without a file."""
    own = [file for file in files if file.page == page]
    described = next((file for file in own if file.mimetype == PAGE_TYPE), None)
    shown = next((file for file in own if PurePosixPath(file.href).suffix.lower() in SUFFIXES), None)
    if described is None and shown is None:
        return None
    xml = _local(described.href, root) if described else None
    href = image_of(xml.read_bytes(), str(xml)) if xml else shown.href if shown else ""
    image = _local(href, root)
    stem = identifier(f"{group}_{page}")
    return Source(stem + image.suffix, stem, str(image), str(xml) if xml else None, None, href, f"{group}/")


def _local(href: str, root: Path) -> Path:
    path = (root / href).resolve()
    if "://" in href or not path.is_file():
        fix = "Fetch it first: ocrd workspace find --download --file-grp GROUP."
        raise InputError(f"the file {href} in the workspace {root}", "none there", fix)
    if not path.is_relative_to(root):
        raise InputError(f"files within the workspace {root}", href, "Copy them into it.")
    return path


def register(path: Path, output: Path, conclusion: Conclusion) -> None:
    """Write what is finished into the METS file: for each page its image and its PAGE file, in one group.

    Raises:
        InputError: the METS file lacks what they are to be added to.
    """
    mets, group = _mets(path), output.name
    page_of = {identifier(f"{group}_{page}"): page for page in mets.pages}
    files = []
    for source, record in conclusion.records.items():
        if record.status in FINISHED:
            page = page_of[source.stem]
            image = next(name for name in record.outputs if PurePosixPath(name).suffix in TYPES)
            files.append(NewFile(f"{source.stem}_IMG", TYPES[Path(image).suffix], f"{group}/{image}", page))
            files.append(NewFile(source.stem, PAGE_TYPE, f"{group}/{source.stem}.xml", page))
    if files:
        write_bytes(path, with_group(mets, group, files, f"ocrd-pulih-restore v{__version__}", str(path)))


def _mets(path: Path) -> Mets:
    return read_mets(path.read_bytes(), str(path))
