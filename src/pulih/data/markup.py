"""XML files from outside, read without trust and changed without rewriting: text goes in, every other byte stays.

A document type is refused (no entities, nothing fetched), and so is what is too large, too deep or not well-formed.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat

from pulih.common.errors import InputError

MOST_BYTES = 64 * 2**20
MOST_ELEMENTS = 1_000_000
DEEPEST = 200
LINE, DIVISION = "TextLine", "div"  # of PAGE and ALTO; of METS
WIDE_ENCODINGS = (b"\xff\xfe", b"\xfe\xff", b"\0<", b"<\0")
TAG_END = re.compile(rb"""(?:[^>"']|"[^"]*"|'[^']*')*>""")


@dataclass
class Element:
    """An element near the root: its ``tag`` as written, local names of its ancestors, and where its tags begin."""

    tag: str
    path: tuple[str, ...]
    attributes: dict[str, str]
    start: int
    end: int = -1
    children: list["Element"] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The tag without its prefix."""
        return self.tag.rpartition(":")[2]

    @property
    def prefix(self) -> str:
        """The prefix with its colon, or nothing."""
        return self.tag.removesuffix(self.name)


@dataclass
class Markup:
    """A checked document: its bytes, its root with two levels of descendants, and every ``ID`` and ``id`` in it.

    ``lines`` are the text lines of PAGE or ALTO, ``divisions`` the ``div`` of METS, both with their children.
    """

    data: bytes
    root: Element
    ids: set[str]
    lines: list[Element] = field(default_factory=list)
    divisions: list[Element] = field(default_factory=list)

    @property
    def namespace(self) -> str:
        """The namespace of the root, empty without one."""
        prefix = self.root.prefix.rstrip(":")
        return self.root.attributes.get(f"xmlns:{prefix}" if prefix else "xmlns", "")

    def tree(self) -> ElementTree.Element:
        """Return the document as a tree; its tags carry the namespace in braces."""
        return ElementTree.fromstring(self.data)  # noqa: S314 - `check` has refused what could harm

    def child(self, *names: str) -> Element | None:
        """Return the first descendant of the root at the path of local names."""
        found = self.root
        for name in names:
            matching = [child for child in found.children if child.name == name]
            if not matching:
                return None
            found = matching[0]
        return found


def check(data: bytes, name: str) -> Markup:
    """Check an XML document and find its upper elements; raises InputError when it cannot be used."""
    if len(data) > MOST_BYTES:
        raise InputError(f"at most {MOST_BYTES:,} bytes in {name}", f"{len(data):,}", "Split the file.")
    if data[:4].startswith(WIDE_ENCODINGS):
        raise InputError(f"UTF-8 in {name}", "16 or 32 bits per character", "Save it as UTF-8.")
    finder = _Finder(name)
    try:
        finder.parser.Parse(data, True)
    except (expat.ExpatError, LookupError, ValueError) as err:
        raise InputError(f"well-formed XML in {name}", str(err), "Export the file again.") from err
    assert finder.root is not None
    return Markup(data, finder.root, finder.ids, finder.kept[LINE], finder.kept[DIVISION])


class _Finder:
    def __init__(self, name: str) -> None:
        self.name, self.ids = name, set[str]()
        self.kept: dict[str, list[Element]] = {LINE: [], DIVISION: []}
        self.root: Element | None = None
        self._open: list[Element] = []
        self._count = 0
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse

    def _refuse(self, *_: Any) -> None:
        raise InputError(f"XML without a document type in {self.name}", "one", "Remove the DOCTYPE.")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MOST_ELEMENTS or len(self._open) >= DEEPEST:
            found = f"more than {MOST_ELEMENTS:,}, or {DEEPEST} levels"
            raise InputError(f"fewer elements in {self.name}", found, "Split the file.")
        self.ids.update(value for key, value in attributes.items() if key in ("ID", "id"))
        path = tuple(parent.name for parent in self._open)
        element = Element(tag, path, attributes, self.parser.CurrentByteIndex)
        if not self._open:
            self.root = element
        elif len(self._open) <= 2 or self._open[-1].name in self.kept:
            self._open[-1].children.append(element)
        if element.name in self.kept:
            self.kept[element.name].append(element)
        self._open.append(element)

    def _end(self, _tag: str) -> None:
        self._open.pop().end = self.parser.CurrentByteIndex


@dataclass(frozen=True)
class Edit:
    """Bytes ``start`` to ``stop`` of a document, the end not included, and what takes their place."""

    start: int
    stop: int
    new: bytes


def edited(data: bytes, edits: Iterable[Edit]) -> bytes:
    """Return ``data`` with every edit done; they do not overlap, and those of one place stay in their order."""
    parts, done = [], 0
    for edit in sorted(edits, key=lambda edit: edit.start):
        assert edit.start >= done, "edits overlap"
        parts += [data[done : edit.start], edit.new]
        done = edit.stop
    return b"".join([*parts, data[done:]])


def inserted(markup: Markup, parent: Element, before: Element | None, text: str) -> bytes:
    """Return the document with ``text`` as a child of ``parent``; see ``insertion``."""
    return edited(markup.data, [insertion(markup, parent, before, text)])


def insertion(markup: Markup, parent: Element, before: Element | None, text: str) -> Edit:
    """Return the edit that makes ``text`` a child of ``parent``, before one of its children or at its end.

    The line and indentation of what follows are repeated, so that the file keeps its look.
    """
    data = markup.data
    tag = _tag(data, parent.start)
    if tag[0].endswith(b"/>"):
        return Edit(tag.end() - 2, tag.end(), b">" + _encoded(text) + f"</{parent.tag}>".encode())
    place = before.start if before else parent.end
    blank = data[len(data[:place].rstrip(b" \t\r\n")) : place]
    indent = b"" if before else _indent_below(blank)
    return Edit(place, place, indent + _encoded(text) + blank)


def removal(markup: Markup, element: Element) -> Edit:
    """Return the edit that takes an element away with the white space before it."""
    data, tag = markup.data, _tag(markup.data, element.start)
    stop = tag.end() if tag[0].endswith(b"/>") else data.index(b">", element.end) + 1
    return Edit(len(data[: element.start].rstrip(b" \t\r\n")), stop, b"")


def with_attribute(markup: Markup, element: Element, name: str, value: str) -> Edit:
    """Return the edit that gives an element an attribute, in place of one that it has."""
    tag = _tag(markup.data, element.start)
    new = _encoded(f' {name}="{escaped(value)}"')
    former = re.compile(rb"""\s+%s\s*=\s*("[^"]*"|'[^']*')""" % name.encode()).search(tag[0])
    if former and name in element.attributes:
        return Edit(element.start + former.start(), element.start + former.end(), new)
    place = element.start + 1 + len(element.tag.encode())
    return Edit(place, place, new)


def _tag(data: bytes, start: int) -> re.Match[bytes]:
    tag = TAG_END.match(data, start)
    assert tag is not None, "the parser has read this tag"
    return tag


def _indent_below(blank: bytes) -> bytes:
    return b"  " if b"\n" in blank else b""


def _encoded(text: str) -> bytes:
    # Character references mean the same in every encoding that extends ASCII.
    return text.encode("ascii", "xmlcharrefreplace")


def escaped(text: str) -> str:
    """Return ``text`` for an attribute or an element; characters that XML forbids become spaces."""
    allowed = re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", " ", text)
    for character, reference in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("\n", "&#10;")):
        allowed = allowed.replace(character, reference)
    return allowed


def points(text: str) -> tuple[tuple[float, float], ...]:
    """Return the points of ``x,y x,y`` or ``x y x y``; what is no pair of numbers is left out."""
    numbers = list(_numbers(text))
    return tuple(zip(numbers[::2], numbers[1::2], strict=False))


def _numbers(text: str) -> Iterator[float]:
    for part in re.split(r"[\s,]+", text.strip()):
        try:
            yield float(part)
        except ValueError:
            return
