"""ALTO 4: lines in, and the restoration as one more processing step out."""

import re
from xml.etree.ElementTree import Element

from pulih.common.errors import InputError
from pulih.data.layout import Layout, LayoutLine, RestoredImage
from pulih.data.markup import Markup, escaped, inserted, points

NAMESPACE = re.compile(r"www\.loc\.gov/standards/alto/ns-v(\d+)#")
STEP_ID = "pulih-restore"


def is_alto(markup: Markup) -> bool:
    """Return whether the document is ALTO of any version with a namespace."""
    return markup.root.name == "alto" and NAMESPACE.search(markup.namespace) is not None


def read_alto(markup: Markup, name: str) -> Layout:
    """Return the lines of an ALTO document in its own unit; raises InputError when it has no page with a size."""
    space = f"{{{markup.namespace}}}"
    page = markup.tree().find(f"{space}Layout/{space}Page")
    try:
        assert page is not None
        size = float(page.attrib["WIDTH"]), float(page.attrib["HEIGHT"])
        assert min(size) > 0
    except (AssertionError, KeyError, ValueError) as err:
        raise InputError(f"a Page with WIDTH and HEIGHT in {name}", "none", "Export it again.") from err
    return Layout("ALTO", *size, tuple(_line(line, space) for line in page.iter(f"{space}TextLine")))


def _line(line: Element, space: str) -> LayoutLine:
    shape = line.find(f"{space}Shape/{space}Polygon")
    polygon = points(shape.get("POINTS", "")) if shape is not None else _box(line)
    text = " ".join(string.get("CONTENT", "") for string in line.iter(f"{space}String"))
    return LayoutLine(line.get("ID", ""), polygon, points(line.get("BASELINE", "")), text)


def _box(line: Element) -> tuple[tuple[float, float], ...]:
    try:
        left, top, width, height = (float(line.attrib[name]) for name in ("HPOS", "VPOS", "WIDTH", "HEIGHT"))
    except (KeyError, ValueError):
        return ()
    return (left, top), (left + width, top), (left + width, top + height), (left, top + height)


def with_processing_step(markup: Markup, image: RestoredImage, name: str) -> bytes:
    """Return the document with the restoration as the last ``Processing`` of its description; every other byte stays.

    Raises:
        InputError: another version than 4, or no description to add it to.
    """
    version = NAMESPACE.search(markup.namespace)
    if version is None or int(version[1]) != 4:
        found = f"version {version[1]}" if version else "another document"
        raise InputError(f"ALTO 4 in {name}", found, "Convert it to ALTO 4.")
    description = markup.child("Description")
    if description is None or not any(child.name == "MeasurementUnit" for child in description.children):
        raise InputError(f"a Description with its MeasurementUnit in {name}", "none", "Export it again.")
    return inserted(markup, description, None, _step(image, description.prefix, _free(STEP_ID, markup.ids)))


def _free(wanted: str, taken: set[str]) -> str:
    number = 1
    while (name := f"{wanted}-{number}") in taken:
        number += 1
    return name


def _step(image: RestoredImage, prefix: str, key: str) -> str:
    def element(name: str, text: str) -> str:
        return f"<{prefix}{name}>{escaped(text)}</{prefix}{name}>"

    software = element("softwareName", image.software) + element("softwareVersion", image.version)
    content = (
        element("processingCategory", "preOperation")
        + element("processingDateTime", image.time)
        + element("processingStepDescription", f"page image restored by a model: {image.filename}")
        + element("processingStepSettings", f"model {image.model}, {image.settings}")
        + f"<{prefix}processingSoftware>{software}</{prefix}processingSoftware>"
    )
    return f'<{prefix}Processing ID="{key}">{content}</{prefix}Processing>'
