"""The evidence of a run: headline figures, training curves, and lines before and after."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pulih.common.config import read_json
from pulih.common.html import data_uri, png_data_uri
from pulih.evaluation.examples import LABEL_HEIGHT, SHOWN
from pulih.report.parts.chain import sealed

PICTURES = (
    ("recognizer", "curves.png", "The recognizer whose judgement is part of the restorer's loss"),
    ("evaluator", "curves.png", "The independent recognizer that measures, of another architecture"),
    ("restorer", "curves.png", "The restorer: losses, likeness to the clean line, and the discriminator's balance"),
    (
        *("restorer", "alignment.png"),
        "The text branch on a clean line with its own text and with an edited one: where it looks for each "
        "character, and its decision (right: the line shows it; red: it does not)",
    ),
)
LINES_SHOWN = 6


def headline(run: Path) -> dict[str, Any] | None:
    """Return the evaluation's figures on unseen fonts, for all severities and for those up to 0.5."""
    if sealed(run, "evaluation") is None:
        return None
    return dict(read_json(run / "evaluation" / "metrics.json")["test_unseen"])


def training_curves(run: Path) -> list[dict[str, str]]:
    """Return the curves of the trained networks, and a look into the discriminator, as inline pictures."""
    return [
        {"name": name, "caption": caption, "source": data_uri((run / name / file).read_bytes(), "image/png")}
        for name, file, caption in PICTURES
        if (run / name / file).is_file()
    ]


def lines(run: Path) -> list[dict[str, str]]:
    """Return the evaluation's strips of unseen fonts, taken apart into degraded, restored and clean pictures."""
    strips = sorted((run / "evaluation" / "strips").glob("test_unseen_*.png"))
    step = max(1, len(strips) // LINES_SHOWN)
    return [{"name": path.stem} | _apart(path) for path in strips[::step]]


def _apart(path: Path) -> dict[str, str]:
    sheet = np.asarray(Image.open(path).convert("L"))
    rows = np.split(sheet, len(SHOWN), axis=0)
    return {name: png_data_uri(np.ascontiguousarray(row[LABEL_HEIGHT:])) for name, row in zip(SHOWN, rows, strict=True)}
