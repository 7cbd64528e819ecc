"""The benchmark from a folder of pairs to a folder of results."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from PIL import Image

from pulih.common.files import atomic_path, write_json, write_text
from pulih.common.version import git_commit
from pulih.evaluation.benchmark import chart, contact_sheet, methods, tables
from pulih.evaluation.benchmark.config import BenchmarkConfig
from pulih.evaluation.benchmark.measure import measure
from pulih.evaluation.benchmark.pairs import Pair, Suffixes, find_pairs
from pulih.evaluation.benchmark.published import PublishedRow
from pulih.evaluation.benchmark.summary import SCHEMA, summarize

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = 3  # pages of the contact sheet, each of the worst, the median and the best


@dataclass(frozen=True)
class Request:
    """What to measure: pairs below ``folder``, by the classical methods and, if given, by a restorer artifact."""

    folder: Path
    output: Path
    restorer: Path | None = None
    suffixes: Suffixes = field(default_factory=Suffixes)
    threads: int = 0


def run(request: Request, config: BenchmarkConfig, published: Sequence[PublishedRow]) -> dict[str, Any]:
    """Measure, write ``results.json``, ``.md``, ``.tex``, ``.png`` and ``contact_sheet.png``, and return the results.

    Raises:
        InputError: the pairs cannot be used.
        ArtifactError: the restorer cannot be used.
    """
    pairs = find_pairs(request.folder, request.suffixes)
    families = methods.classical(config)
    model = None
    if request.restorer is not None:
        from pulih.restorer.infer import Restorer

        restorer = Restorer.load(request.restorer, request.threads)
        families.append(methods.restored(restorer, config))
        model = restorer.digest
    table = measure(pairs, families, request.output)
    ours = methods.PULIH if model else None
    results = {
        "schema": SCHEMA,
        "model": model,
        "commit": git_commit(),
        "config": config.model_dump(mode="json"),
        "groups": summarize(table, config, ours, methods.SAUVOLA),
        "pages": _page_rows(table),
        "published": [row.model_dump() for row in published],
    }
    _write(request.output, results, published)
    shown = [methods.PULIH, methods.OURS_OTSU, methods.SAUVOLA] if ours else [methods.SAUVOLA, "otsu"]
    _write_sheet(request.output, pairs, table, shown)
    return results


def _page_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def _write(folder: Path, results: dict[str, Any], published: Sequence[PublishedRow]) -> None:
    write_json(folder / "results.json", results)
    write_text(folder / "results.md", tables.markdown(results, published))
    write_text(folder / "results.tex", tables.latex(results, published))
    _save(chart.draw(results["groups"], published), folder / "results.png")


def _save(figure: "Figure", target: Path) -> None:
    with atomic_path(target) as path:
        figure.savefig(path, format="png", dpi=110)


def _write_sheet(folder: Path, pairs: list[Pair], table: pd.DataFrame, shown: list[str]) -> None:
    picture = contact_sheet.sheet(pairs, table, shown, folder, SHOWN)
    with atomic_path(folder / "contact_sheet.png") as path:
        Image.fromarray(np.ascontiguousarray(picture)).save(path, format="PNG")
