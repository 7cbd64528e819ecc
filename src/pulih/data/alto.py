"""ALTO 4: lines in; restoration and recognition as further processing steps, and recognized text, out."""

import re
from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from pulih.common.errors import InputError
from pulih.data import markup as xml
from pulih.data.layout import Layout, LayoutLine, ReadLine, Recognition, RestoredImage, bounds, page_size
from pulih.data.markup import Edit, Markup, escaped, inserted, points

NAMESPACE = re.compile(r"www\.loc\.gov/standards/alto/ns-v(\d+)#")
STEP_ID, READ_ID = "pulih-restore", "pulih-read"
TEXT = ("String", "SP", "HYP")


def is_alto(markup: Markup) -> bool:
    """Return whether the document is ALTO of any version with a namespace."""
    return markup.root.name == "alto" and NAMESPACE.search(markup.namespace) is not None


def read_alto(markup: Markup, name: str) -> Layout:
    """Return the lines of an ALTO document in its own unit; raises InputError when it has no page with a size."""
    space = f"{{{markup.namespace}}}"
    page = markup.tree().find(f"{space}Layout/{space}Page")
    size = page_size(page.attrib if page is not None else None, "WIDTH", "HEIGHT", name)
    assert page is not None, "without one there is no size"
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
    description = _description(markup, name)
    content = (
        ("preOperation", f"page image restored by a model: {image.filename}"),
        (f"model {image.model}, {image.settings}", image.time),
        (image.software, image.version),
    )
    return inserted(markup, description, None, _step(content, description.prefix, _free(STEP_ID, markup.ids)))


def with_text(
    markup: Markup, read: Sequence[ReadLine | None], layout: Layout, recognition: Recognition, name: str
) -> bytes:
    """Return the document with the text of its lines and the step that read them, to which each string refers.

    Args:
        read: one for each line of ``layout``; None leaves a line alone, what it had is replaced otherwise.

    Raises:
        InputError: another version than 4, or no description to add the step to.
    """
    description, key = _description(markup, name), _free(READ_ID, markup.ids)
    content = (
        ("contentGeneration", f"text {recognition.sentence()}"),
        (f"model {recognition.model}, read from {recognition.image}", recognition.time),
        (recognition.software, recognition.version),
    )
    edits = [xml.insertion(markup, description, None, _step(content, description.prefix, key))]
    # A document may have further pages behind the first, which alone is read.
    for element, line, text in zip(markup.lines, layout.lines, read, strict=False):
        if text is not None:
            edits += _text(markup, element, line, text, key)
    return xml.edited(markup.data, edits)


def _text(markup: Markup, element: xml.Element, line: LayoutLine, read: ReadLine, step: str) -> Iterator[Edit]:
    former = [child for child in element.children if child.name in TEXT]
    yield from (xml.removal(markup, child) for child in former)
    key = next((child.attributes["ID"] for child in former if "ID" in child.attributes), "")
    box = bounds(line.polygon)
    strings = []
    for number, word in enumerate(read.words):
        own = f'ID="{escaped(key)}" ' if key and not number else ""
        content = f'CONTENT="{escaped(word.text)}" WC="{word.confidence:.4f}"'
        strings.append(
            f'<{element.prefix}String {own}{content} {_place(word.start, word.end, box)} PROCESSINGREFS="{step}"/>'
        )
    yield xml.insertion(markup, element, None, f"<{element.prefix}SP/>".join(strings))


def _place(start: float, end: float, box: tuple[float, float, float, float]) -> str:
    left, top, right, bottom = box
    across = right - left
    values = {"HPOS": left + start * across, "VPOS": top, "WIDTH": (end - start) * across, "HEIGHT": bottom - top}
    return " ".join(f'{name}="{value:.0f}"' for name, value in values.items())


def _description(markup: Markup, name: str) -> xml.Element:
    version = NAMESPACE.search(markup.namespace)
    if version is None or int(version[1]) != 4:
        found = f"version {version[1]}" if version else "another document"
        raise InputError(f"ALTO 4 in {name}", found, "Convert it to ALTO 4.")
    description = markup.child("Description")
    if description is None or not any(child.name == "MeasurementUnit" for child in description.children):
        raise InputError(f"a Description with its MeasurementUnit in {name}", "none", "Export it again.")
    return description


def _free(wanted: str, taken: set[str]) -> str:
    number = 1
    while (name := f"{wanted}-{number}") in taken:
        number += 1
    return name


def _step(content: tuple[tuple[str, str], tuple[str, str], tuple[str, str]], prefix: str, key: str) -> str:
    """Return a processing step of category and description, settings and time, software and version."""

    def element(name: str, text: str) -> str:
        return f"<{prefix}{name}>{escaped(text)}</{prefix}{name}>"

    (category, description), (settings, time), (software, version) = content
    inner = (
        element("processingCategory", category)
        + element("processingDateTime", time)
        + element("processingStepDescription", description)
        + element("processingStepSettings", settings)
        + f"<{prefix}processingSoftware>"
        + element("softwareName", software)
        + element("softwareVersion", version)
        + f"</{prefix}processingSoftware>"
    )
    return f'<{prefix}Processing ID="{key}">{inner}</{prefix}Processing>'
