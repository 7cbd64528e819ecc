"""The PAGE or ALTO file of a page: its lines, and the same file with the restored page in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pulih.common.errors import InputError
from pulih.data import alto, pagexml
from pulih.data.layout import Layout, ReadLine, Recognition, RestoredImage
from pulih.data.markup import MOST_BYTES, Markup, check


@dataclass(frozen=True)
class XmlFile:
    """A checked file of either kind with its lines."""

    name: str
    markup: Markup
    layout: Layout

    def with_restored(self, image: RestoredImage) -> bytes:
        """Return the file with the restored page added and every other byte as it was; raises InputError."""
        add = pagexml.with_alternative_image if self.layout.kind == "PAGE" else alto.with_processing_step
        return add(self.markup, image, self.name)

    def with_id(self, key: str) -> "XmlFile":
        """Return the file with its own identifier; ALTO has none."""
        return parsed(pagexml.with_id(self.markup, key), self.name) if self.layout.kind == "PAGE" else self

    def with_text(self, read: Sequence[ReadLine | None], recognition: Recognition) -> "XmlFile":
        """Return the file with the text of its lines, and every other byte as it was; raises InputError."""
        if self.layout.kind == "PAGE":
            data = pagexml.with_text(self.markup, read, recognition)
        else:
            data = alto.with_text(self.markup, read, self.layout, recognition, self.name)
        return parsed(data, self.name)


def new_xml(layout: Layout, filename: str, recognition: Recognition, remark: str) -> XmlFile:
    """Return a new PAGE file for an image ``filename``; ``remark`` says how its lines were found."""
    return parsed(pagexml.new_page(layout, filename, recognition, remark), filename)


def read_xml(path: Path) -> XmlFile:
    """Read a PAGE or ALTO file; raises InputError when it is neither, or harmful."""
    if path.stat().st_size > MOST_BYTES:
        raise InputError(f"at most {MOST_BYTES:,} bytes in {path}", f"{path.stat().st_size:,}", "Split the file.")
    return parsed(path.read_bytes(), str(path))


def parsed(data: bytes, name: str) -> XmlFile:
    """Return a checked PAGE or ALTO file; raises InputError when it is neither, or harmful."""
    markup = check(data, name)
    if pagexml.is_page(markup):
        return XmlFile(name, markup, pagexml.read_page(markup, name))
    if alto.is_alto(markup):
        return XmlFile(name, markup, alto.read_alto(markup, name))
    found = f"<{markup.root.tag}> of the namespace '{markup.namespace}'"
    raise InputError(f"PAGE or ALTO XML in {name}", found, "Move it away, or leave --xml and --read out.")
