"""The evidence of a run: headline figures, training curves, and lines before and after."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pulih.common.config import read_json
from pulih.common.html import data_uri, png_data_uri
from pulih.evaluation.examples import LABEL_HEIGHT, SHOWN
from pulih.report.parts.chain import sealed

TRAININGS = (
    ("recognizer", "The recognizer whose judgement is part of the restorer's loss"),
    ("evaluator", "The independent recognizer that measures, of another architecture"),
    ("restorer", "The restorer: losses, likeness to the clean line, and the discriminator's balance"),
)
LINES_SHOWN = 6


def headline(run: Path) -> dict[str, Any] | None:
    """Return the evaluation's figures on unseen fonts, for all severities and for those up to 0.5."""
    if sealed(run, "evaluation") is None:
        return None
    return dict(read_json(run / "evaluation" / "metrics.json")["test_unseen"])


def training_curves(run: Path) -> list[dict[str, str]]:
    """Return the curves of the trained networks as inline pictures."""
    return [
        {"name": name, "caption": caption, "source": data_uri((run / name / "curves.png").read_bytes(), "image/png")}
        for name, caption in TRAININGS
        if (run / name / "curves.png").is_file()
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
