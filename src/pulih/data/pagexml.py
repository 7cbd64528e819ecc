"""PAGE XML (2013 to 2019): lines in; the restored page and recognized text out."""

from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from pulih.common.errors import InputError
from pulih.data import markup as xml
from pulih.data.layout import Layout, LayoutLine, ReadLine, Recognition, RestoredImage, bounds, page_size
from pulih.data.markup import Edit, Markup, escaped, points

NAMESPACE = "schema.primaresearch.org/PAGE/gts/pagecontent/"
NEWEST = f"http://{NAMESPACE}2019-07-15"
FIRST_WITH_COMMENTS = 2017  # of a TextEquiv; before, the line itself has a place for remarks
FIRST_WITH_ITEMS = 2019  # of metadata
AFTER_TEXT = ("TextStyle", "UserDefined", "Labels")


def is_page(markup: Markup) -> bool:
    """Return whether the document is PAGE XML."""
    return markup.root.name == "PcGts" and NAMESPACE in markup.namespace


def read_page(markup: Markup, name: str) -> Layout:
    """Return the lines of a PAGE document; raises InputError when it has no page with a size."""
    space = f"{{{markup.namespace}}}"
    page = markup.tree().find(f"{space}Page")
    size = page_size(page.attrib if page is not None else None, "imageWidth", "imageHeight", name)
    assert page is not None, "without one there is no size"
    return Layout("PAGE", *size, tuple(_line(line, space) for line in page.iter(f"{space}TextLine")))


def image_of(data: bytes, name: str) -> str:
    """Return the ``imageFilename`` of a PAGE document; raises InputError when it is none, or names no image."""
    page = xml.check(data, name).child("Page")
    filename = page.attributes.get("imageFilename", "") if page else ""
    if not filename:
        raise InputError(f"a Page with imageFilename in {name}", "none", "Export it again.")
    return filename


def _line(line: Element, space: str) -> LayoutLine:
    coords, baseline = line.find(f"{space}Coords"), line.find(f"{space}Baseline")
    texts = sorted(line.findall(f"{space}TextEquiv"), key=_rank)
    text = texts[0].findtext(f"{space}Unicode") if texts else ""
    text = text or " ".join(_word(word, space) for word in line.iter(f"{space}Word")).strip()
    return LayoutLine(line.get("id", ""), _points(coords), _points(baseline), text)


def _word(word: Element, space: str) -> str:
    return word.findtext(f"{space}TextEquiv/{space}Unicode") or ""


def _points(element: Element | None) -> tuple[tuple[float, float], ...]:
    return points(element.get("points", "")) if element is not None else ()


def _rank(equivalent: Element) -> int:
    text = equivalent.get("index", "")
    return int(text) if text.isdigit() else 0


def with_alternative_image(markup: Markup, image: RestoredImage, name: str) -> bytes:
    """Return the document with the restored page as its last ``AlternativeImage``; every other byte stays.

    Raises:
        InputError: the document has no page.
    """
    page = markup.child("Page")
    if page is None:
        raise InputError(f"a Page in {name}", "none", "Export it again.")
    following = next((child for child in page.children if child.name != "AlternativeImage"), None)
    told = f"restored by a model: {image.software} {image.version}, model {image.model}, {image.settings}"
    attributes = f'filename="{escaped(image.filename)}" comments="{escaped(image.features or told)}"'
    edits = [xml.insertion(markup, page, following, f"<{page.prefix}AlternativeImage {attributes}/>")]
    metadata = markup.child("Metadata")
    if image.features and metadata is not None and _year(markup) >= FIRST_WITH_ITEMS:
        item = f'type="processingStep" name="preprocessing/optimization" value="{escaped(told)}"'
        edits.append(xml.insertion(markup, metadata, None, f"<{metadata.prefix}MetadataItem {item}/>"))
    return xml.edited(markup.data, edits)


def with_id(markup: Markup, key: str) -> bytes:
    """Return the document with its own identifier, which OCR-D wants to be that of the file in METS."""
    return xml.edited(markup.data, [xml.with_attribute(markup, markup.root, "pcGtsId", key)])


def with_text(markup: Markup, read: Sequence[ReadLine | None], recognition: Recognition) -> bytes:
    """Return the document with the text of its lines; None leaves a line alone, what it had is replaced otherwise.

    Args:
        read: one for each line, in the order of ``read_page``.
    """
    written = [(line, text) for line, text in zip(markup.lines, read, strict=True) if text is not None]
    return xml.edited(markup.data, [e for line, text in written for e in _text(markup, line, text, recognition)])


def _text(markup: Markup, line: xml.Element, read: ReadLine, source: Recognition) -> Iterator[Edit]:
    # The words of a former text would contradict the new one.
    yield from (xml.removal(markup, child) for child in line.children if child.name in ("TextEquiv", "Word"))
    following = next((child for child in line.children if child.name in AFTER_TEXT), None)
    comments = f' comments="{escaped(source.sentence())}"' if _year(markup) >= FIRST_WITH_COMMENTS else ""
    unicode = f"<{line.prefix}Unicode>{escaped(read.text)}</{line.prefix}Unicode>"
    attributes = f'conf="{read.confidence:.4f}"{comments}'
    yield xml.insertion(
        markup, line, following, f"<{line.prefix}TextEquiv {attributes}>{unicode}</{line.prefix}TextEquiv>"
    )
    if not comments and "comments" not in line.attributes:
        yield xml.with_attribute(markup, line, "comments", source.sentence())


def _year(markup: Markup) -> int:
    text = markup.namespace.rpartition("/")[2][:4]
    return int(text) if text.isdigit() else 0


def new_page(layout: Layout, filename: str, recognition: Recognition, remark: str) -> bytes:
    """Return a PAGE document of 2019 with the lines of a layout in one region, without text.

    Args:
        filename: of the image that the coordinates are for.
        remark: how the lines were found.
    """
    lines = "".join(_new_line(number, line) for number, line in enumerate(layout.lines, start=1))
    region = ""
    if layout.lines:
        left, top, right, bottom = bounds(tuple(p for line in layout.lines for p in line.polygon))
        corners = ((left, top), (right, top), (right, bottom), (left, bottom))
        region = f'    <TextRegion id="r1">\n      {_coords(corners)}\n{lines}    </TextRegion>\n'
    size = f'imageWidth="{round(layout.width)}" imageHeight="{round(layout.height)}"'
    head = f"""<?xml version="1.0" encoding="UTF-8"?>
<PcGts xmlns="{NEWEST}">
  <Metadata>
    <Creator>{escaped(f"{recognition.software} {recognition.version}")}</Creator>
    <Created>{recognition.time}</Created>
    <LastChange>{recognition.time}</LastChange>
    <Comments>{escaped(remark)}</Comments>
  </Metadata>
  <Page imageFilename="{escaped(filename)}" {size}>
"""
    return f"{head}{region}  </Page>\n</PcGts>\n".encode("ascii", "xmlcharrefreplace")


def _new_line(number: int, line: LayoutLine) -> str:
    baseline = f'\n        <Baseline points="{_listed(line.baseline)}"/>' if len(line.baseline) > 1 else ""
    return f'      <TextLine id="l{number}">\n        {_coords(line.polygon)}{baseline}\n      </TextLine>\n'


def _coords(polygon: Sequence[tuple[float, float]]) -> str:
    return f'<Coords points="{_listed(polygon)}"/>'


def _listed(polygon: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{max(0, round(x))},{max(0, round(y))}" for x, y in polygon)
