"""What came of a run: the gate's decision, the registered version, the served page, the drift."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pulih.common.config import read_json
from pulih.common.html import png_data_uri
from pulih.report.parts.chain import sealed

LONGEST_SIDE, GALLERY_SIDE = 1100, 260
PAGES_SHOWN = 6


def decision(run: Path) -> dict[str, Any] | None:
    """Return the content of ``decision.json``, or None where the run did not come that far."""
    return read_json(run / "decision" / "decision.json") if sealed(run, "decision") else None


def facts(run: Path, artifact: str) -> dict[str, Any] | None:
    """Return the facts of an artifact's manifest, or None where the run did not come that far."""
    made = sealed(run, artifact)
    return made.facts if made else None


def served_page(run: Path) -> dict[str, Any] | None:
    """Return the page that the endpoint was sent and its answer as inline pictures, and the deployment's facts."""
    known = facts(run, "deployment")
    if known is None:
        return None
    folder = run / "deployment"
    return {
        "facts": known,
        "before": _thumbnail(folder / "page.png"),
        "after": _thumbnail(folder / "answer.png"),
    }


def _thumbnail(path: Path, side: int = LONGEST_SIDE) -> str:
    image = Image.open(path).convert("RGB")
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    # A picture to look at, not to measure: a palette makes the file a third of the size.
    small = image.quantize(192, dither=Image.Dither.NONE).convert("RGB")
    return png_data_uri(np.asarray(small))


def drift(run: Path) -> dict[str, Any] | None:
    """Return the content of ``drift.json`` with the gallery's first pictures inline, or None as above."""
    if sealed(run, "drift") is None:
        return None
    content = read_json(run / "drift" / "drift.json")
    shown = content["gallery"][:PAGES_SHOWN]
    pictures = [page | {"source": _thumbnail(run / "drift" / page["picture"], GALLERY_SIDE)} for page in shown]
    return content | {"gallery": pictures}
