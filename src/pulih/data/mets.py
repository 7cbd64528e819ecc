"""METS as OCR-D uses it: the files of a group by page in, a further group out; every other byte stays."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pulih.common.errors import InputError
from pulih.data import markup as xml
from pulih.data.markup import Edit, Markup, escaped

NAMESPACE = "http://www.loc.gov/METS/"
XLINK = "http://www.w3.org/1999/xlink"
PAGE_TYPE = "application/vnd.prima.page+xml"
PREFERRED = ("OCR-D-IMG", "MAX", "DEFAULT")


@dataclass(frozen=True)
class MetsFile:
    """A file of a group: ``href`` as it is written, ``page`` the identifier of its page, empty without one."""

    key: str
    group: str
    mimetype: str
    href: str
    page: str


@dataclass(frozen=True)
class Mets:
    """A checked METS document, its files in their order, and its pages in theirs."""

    markup: Markup
    files: tuple[MetsFile, ...]
    pages: tuple[str, ...]

    def of(self, group: str) -> list[MetsFile]:
        """Return the files of a group."""
        return [file for file in self.files if file.group == group]

    def group_to_read(self, wanted: str, name: str) -> str:
        """Return the wanted group, or the one that holds the scans; raises InputError when it is not there."""
        groups = list(dict.fromkeys(file.group for file in self.files))
        images = list(dict.fromkeys(file.group for file in self.files if file.mimetype.startswith("image/")))
        likely = [wanted] if wanted else [*(g for g in PREFERRED if g in images), *(images if len(images) == 1 else [])]
        if not likely or likely[0] not in groups:
            fix = "Name the group of the scans (batch: --group, OCR-D: -I)."
            raise InputError(f"the file group '{wanted or PREFERRED[0]}' in {name}", ", ".join(groups) or "none", fix)
        return likely[0]


@dataclass(frozen=True)
class NewFile:
    """A file to be registered for a page; ``href`` is relative to the METS file."""

    key: str
    mimetype: str
    href: str
    page: str


def is_mets(path: Path) -> bool:
    """Return whether a file looks like METS from its first bytes."""
    if path.suffix.lower() != ".xml" or not path.is_file():
        return False
    with path.open("rb") as file:
        return NAMESPACE.encode() in file.read(4096)


def read_mets(data: bytes, name: str) -> Mets:
    """Read a METS document; raises InputError when it is none, or harmful."""
    markup = xml.check(data, name)
    if markup.root.name != "mets" or markup.namespace != NAMESPACE:
        raise InputError(f"METS in {name}", f"<{markup.root.tag}>", "Name the workspace's mets.xml.")
    space, tree = f"{{{NAMESPACE}}}", markup.tree()
    page_of: dict[str, str] = {}
    pages: list[str] = []
    for page in tree.iterfind(f"{space}structMap[@TYPE='PHYSICAL']/{space}div/{space}div"):
        pages.append(page.get("ID", ""))
        page_of |= {pointer.get("FILEID", ""): pages[-1] for pointer in page.iter(f"{space}fptr")}
    files = []
    for group in tree.iterfind(f"{space}fileSec//{space}fileGrp"):
        for file in group.iterfind(f"{space}file"):
            places = [place.get(f"{{{XLINK}}}href", "") for place in file.iterfind(f"{space}FLocat")]
            # Of several places the local one is wanted.
            href = next((place for place in places if "://" not in place), places[0] if places else "")
            key = file.get("ID", "")
            values = group.get("USE", ""), file.get("MIMETYPE", ""), href.removeprefix("file://")
            files.append(MetsFile(key, *values, page_of.get(key, "")))
    return Mets(markup, tuple(files), tuple(pages))


def identifier(text: str) -> str:
    """Return ``text`` as an XML identifier and file name: what neither allows becomes ``_``."""
    plain = re.sub(r"[^A-Za-z0-9_.-]", "_", PurePosixPath(text).name or "_")
    return plain if re.match(r"[A-Za-z_]", plain) else f"_{plain}"


def with_group(mets: Mets, group: str, files: Sequence[NewFile], software: str, name: str) -> bytes:
    """Return the document with ``files`` in ``group``, each with a pointer from its page.

    Files of the group that stand for the same pages are replaced; those of other pages stay.

    Args:
        software: named as an agent of preprocessing.

    Raises:
        InputError: the document has no file section, or a page is not in its physical structure.
    """
    pages = {file.page for file in files}
    there = [NewFile(f.key, f.mimetype, f.href, f.page) for f in mets.of(group)]
    if {file for file in there if file.page in pages} == set(files):
        return mets.markup.data
    kept = [file for file in there if file.page not in pages]
    section = mets.markup.child("fileSec")
    if section is None:
        raise InputError(f"a fileSec in {name}", "none", "Make the workspace with OCR-D, or add the scans to it.")
    former = {file.key for file in mets.of(group)}
    edits = [xml.removal(mets.markup, e) for e in section.children if e.attributes.get("USE") == group]
    text = _group(mets.markup, section.prefix, group, [*kept, *files])
    edits.append(xml.insertion(mets.markup, section, None, text))
    edits += _pointers(mets, [*kept, *files], former, name)
    return xml.edited(mets.markup.data, [*edits, *_agent(mets.markup, software)])


def _group(markup: Markup, prefix: str, group: str, files: Sequence[NewFile]) -> str:
    link = next((key[6:] for key, value in markup.root.attributes.items() if value == XLINK and ":" in key), "")
    declared, link = ("", link) if link else (f' xmlns:xlink="{XLINK}"', "xlink")
    parts = []
    for file in files:
        place = f'LOCTYPE="OTHER" OTHERLOCTYPE="FILE" {link}:href="{escaped(file.href)}"{declared}'
        attributes = f'ID="{escaped(file.key)}" MIMETYPE="{file.mimetype}"'
        parts.append(f"<{prefix}file {attributes}><{prefix}FLocat {place}/></{prefix}file>")
    return f'<{prefix}fileGrp USE="{escaped(group)}">\n' + "\n".join(parts) + f"\n</{prefix}fileGrp>"


def _pointers(mets: Mets, files: Sequence[NewFile], former: set[str], name: str) -> list[Edit]:
    divisions = {e.attributes.get("ID", ""): e for e in mets.markup.divisions if "structMap" in e.path}
    edits = []
    for division in divisions.values():
        gone = [e for e in division.children if e.name == "fptr" and e.attributes.get("FILEID") in former]
        edits += [xml.removal(mets.markup, pointer) for pointer in gone]
    for page in dict.fromkeys(file.page for file in files):
        if page not in divisions:
            raise InputError(f"the page '{page}' in the structMap of {name}", "none", "Add the scans with OCR-D.")
        division = divisions[page]
        pointers = "".join(f'<{division.prefix}fptr FILEID="{escaped(f.key)}"/>' for f in files if f.page == page)
        following = next((child for child in division.children if child.name == "div"), None)
        edits.append(xml.insertion(mets.markup, division, following, pointers))
    return edits


def _agent(markup: Markup, software: str) -> list[Edit]:
    header = markup.child("metsHdr")
    if header is None or software.encode() in markup.data:
        return []
    following = next((child for child in header.children if child.name != "agent"), None)
    kind = 'TYPE="OTHER" OTHERTYPE="SOFTWARE" ROLE="OTHER" OTHERROLE="preprocessing/optimization"'
    named = f"<{header.prefix}name>{escaped(software)}</{header.prefix}name>"
    return [xml.insertion(markup, header, following, f"<{header.prefix}agent {kind}>{named}</{header.prefix}agent>")]
