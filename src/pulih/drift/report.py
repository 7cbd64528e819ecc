"""The drift page: one self-contained HTML file with verdicts, histograms and the gallery."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pulih.common.files import write_text
from pulih.common.html import render
from pulih.drift.charts import histogram
from pulih.drift.gallery import thumbnail
from pulih.drift.outliers import Outlier
from pulih.drift.verdicts import Verdict

TEMPLATES = Path(__file__).parent / "templates"
SYNTHETIC_SHOWN = 4


@dataclass(frozen=True)
class Compared:
    """Both sides as tables of pages, and what was found; ``summary`` is what drift.json holds beside the records."""

    reference: pd.DataFrame
    current: pd.DataFrame
    verdicts: Sequence[Verdict]
    outliers: Sequence[Outlier]
    pictures: Sequence[str]
    summary: dict[str, Any]


def write_report(compared: Compared, folder: Path) -> None:
    """Write ``drift.html`` into ``folder``; the gallery's pictures must be there already."""
    charts = {v.name: histogram(v, compared.reference[v.name], compared.current[v.name]) for v in compared.verdicts}
    # What drifted most, against its own threshold, comes first; what was not compared last.
    order = sorted(compared.verdicts, key=lambda v: -(v.score or 0.0) / v.threshold if v.threshold else 1.0)
    gallery = [
        {"outlier": outlier, "path": picture, "image": thumbnail(folder / picture)}
        for outlier, picture in zip(compared.outliers, compared.pictures, strict=True)
    ]
    typical = compared.reference.head(SYNTHETIC_SHOWN)
    html = render(
        "drift.html.j2",
        TEMPLATES,
        summary=compared.summary,
        verdicts=order,
        charts=charts,
        gallery=gallery,
        synthetic=[thumbnail(Path(path)) for path in typical["path"]],
    )
    write_text(folder / "drift.html", html)
