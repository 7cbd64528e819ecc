"""PAGE XML (2013 to 2019): lines in, and the restored page as one more image of the same page out."""

from xml.etree.ElementTree import Element

from pulih.common.errors import InputError
from pulih.data.layout import Layout, LayoutLine, RestoredImage
from pulih.data.markup import Markup, escaped, inserted, points

NAMESPACE = "schema.primaresearch.org/PAGE/gts/pagecontent/"


def is_page(markup: Markup) -> bool:
    """Return whether the document is PAGE XML."""
    return markup.root.name == "PcGts" and NAMESPACE in markup.namespace


def read_page(markup: Markup, name: str) -> Layout:
    """Return the lines of a PAGE document; raises InputError when it has no page with a size."""
    space = f"{{{markup.namespace}}}"
    page = markup.tree().find(f"{space}Page")
    try:
        assert page is not None
        size = float(page.attrib["imageWidth"]), float(page.attrib["imageHeight"])
        assert min(size) > 0
    except (AssertionError, KeyError, ValueError) as err:
        fix = "Export it again."
        raise InputError(f"a Page with imageWidth and imageHeight in {name}", "none", fix) from err
    return Layout("PAGE", *size, tuple(_line(line, space) for line in page.iter(f"{space}TextLine")))


def _line(line: Element, space: str) -> LayoutLine:
    coords, baseline = line.find(f"{space}Coords"), line.find(f"{space}Baseline")
    texts = sorted(line.findall(f"{space}TextEquiv"), key=_rank)
    text = texts[0].findtext(f"{space}Unicode") if texts else ""
    return LayoutLine(line.get("id", ""), _points(coords), _points(baseline), text or "")


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
    comments = f"restored by a model: {image.software} {image.version}, model {image.model}, {image.settings}"
    attributes = f'filename="{escaped(image.filename)}" comments="{escaped(comments)}"'
    return inserted(markup, page, following, f"<{page.prefix}AlternativeImage {attributes}/>")
