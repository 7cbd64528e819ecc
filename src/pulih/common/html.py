"""Self-contained HTML pages: one look, inline pictures and charts, nothing fetched from a network."""

import base64
import io
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from numpy.typing import NDArray
from PIL import Image

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MISSING, MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"
SHARED_TEMPLATES = Path(__file__).parent / "templates"
# Matplotlib writes fixed colours; these stand-ins become variables of the page, so that charts follow light and dark.
THEME = {
    "ink": "#010101",
    "muted": "#020202",
    "rule": "#030303",
    "series-1": "#040401",
    "series-2": "#040402",
    "series-3": "#040403",
    "series-4": "#040404",
    "series-5": "#040405",
    "series-6": "#040406",
}


def render(template: str, templates: Path, **values: Any) -> str:
    """Render ``template`` from the folder ``templates`` as one HTML page.

    The template may extend ``base.html.j2`` and import ``parts.html.j2`` of this package; a value that the template
    names and nobody gave is an error.
    """
    environment = Environment(
        loader=FileSystemLoader([templates, SHARED_TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(number=number, percent=percent)
    return environment.get_template(template).render(**values)


def png_data_uri(image: NDArray[np.uint8]) -> str:
    """Return an 8-bit grey (H, W) or RGB (H, W, 3) image as a ``data:`` address."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="PNG", optimize=True)
    return data_uri(buffer.getvalue(), "image/png")


def data_uri(data: bytes, media_type: str) -> str:
    """Return ``data`` as a ``data:`` address."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"


def number(value: float | None, digits: int = 2) -> str:
    """Format a figure with a true minus sign; a dash stands for one that is missing or not finite."""
    if value is None or not math.isfinite(value):
        return MISSING
    return f"{value:.{digits}f}".replace("-", MINUS)


def percent(value: float | None, digits: int = 1) -> str:
    """Format a share in [0, 1] (an error rate may exceed 1) as per cent."""
    return MISSING if value is None or not math.isfinite(value) else f"{number(value * 100, digits)} %"


def figure_svg(figure: "Figure") -> Markup:
    """Return a Matplotlib figure as inline SVG whose ``THEME`` colours follow the page's."""
    import matplotlib as mpl

    buffer = io.StringIO()
    # Text stays text, and element names depend on the content alone: equal figures give equal bytes.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "pulih"}):
        figure.savefig(buffer, format="svg", transparent=True, bbox_inches="tight", metadata={"Date": None})
    svg = buffer.getvalue()
    for name, colour in THEME.items():
        svg = svg.replace(colour, f"var(--{name})")
    return Markup(svg[svg.index("<svg") :])  # noqa: S704 - made by Matplotlib, which escapes the text in it
