"""The PAGE or ALTO file of a page: its lines, and the same file with the restored page in it."""

from dataclasses import dataclass
from pathlib import Path

from pulih.common.errors import InputError
from pulih.data import alto, pagexml
from pulih.data.layout import Layout, RestoredImage
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


def read_xml(path: Path) -> XmlFile:
    """Read a PAGE or ALTO file; raises InputError when it is neither, or harmful."""
    if path.stat().st_size > MOST_BYTES:
        raise InputError(f"at most {MOST_BYTES:,} bytes in {path}", f"{path.stat().st_size:,}", "Split the file.")
    markup = check(path.read_bytes(), str(path))
    if pagexml.is_page(markup):
        return XmlFile(path.name, markup, pagexml.read_page(markup, str(path)))
    if alto.is_alto(markup):
        return XmlFile(path.name, markup, alto.read_alto(markup, str(path)))
    found = f"<{markup.root.tag}> of the namespace '{markup.namespace}'"
    raise InputError(f"PAGE or ALTO XML in {path}", found, "Move it away, or leave --xml out.")
