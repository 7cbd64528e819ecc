"""The benchmark from a folder of pairs to a folder of results."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from PIL import Image

from pulih.common.errors import ConfigError
from pulih.common.files import atomic_path, write_json, write_text
from pulih.common.version import git_commit
from pulih.evaluation.benchmark import chart, contact_sheet, methods, tables
from pulih.evaluation.benchmark.config import BenchmarkConfig
from pulih.evaluation.benchmark.measure import measure
from pulih.evaluation.benchmark.pairs import Pair, Suffixes, find_pairs
from pulih.evaluation.benchmark.published import PublishedRow
from pulih.evaluation.benchmark.summary import SCHEMA, summarize
from pulih.evaluation.finetune.config import FinetuneConfig

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pulih.restorer.infer import Restorer

SHOWN = 3  # pages of the contact sheet, each of the worst, the median and the best


@dataclass(frozen=True)
class Request:
    """What to measure: pairs below ``folder``, by the classical methods and, if given, by a restorer artifact.

    ``peer`` is a trained peer measured beside it, ``finetune`` also fine-tunes the restorer for every group,
    ``resized`` also restores every page at half and at double size, and ``calibration`` holds folders of other pairs
    on which the level of every zero-shot restorer is chosen (by default it is the configured one).
    """

    folder: Path
    output: Path
    restorer: Path | None = None
    peer: Path | None = None
    finetune: FinetuneConfig | None = None
    resized: bool = False
    calibration: tuple[Path, ...] = ()
    suffixes: Suffixes = field(default_factory=Suffixes)
    threads: int = 0


def run(request: Request, config: BenchmarkConfig, published: Sequence[PublishedRow]) -> dict[str, Any]:
    """Measure, write ``results.json``, ``.md``, ``.tex``, ``.png`` and ``contact_sheet.png``, and return the results.

    Raises:
        InputError: the pairs cannot be used.
        ArtifactError: the restorer cannot be used.
        ConfigError: a peer or a fine-tuning without a restorer, pages of one group only, or measured pages among
            those that choose the level.
        Interrupted: SIGTERM or Ctrl-C during a fine-tuning; its state is saved.
    """
    pairs = find_pairs(request.folder, request.suffixes)
    zero_shot = _zero_shot(request)
    levels = {name: _level(restorer, request, config, pairs) for name, restorer in zero_shot.items()}
    table, folds = _measured(request, config, pairs, _families(request, config, zero_shot, levels))
    model = zero_shot[methods.PULIH].digest if zero_shot else None
    ours = methods.FINETUNED if folds else methods.PULIH if model else None
    results = {
        "schema": SCHEMA,
        "model": model,
        "levels": levels,
        "calibrated": bool(request.calibration),
        "commit": git_commit(),
        "config": config.model_dump(mode="json"),
        "groups": summarize(table, config, ours, methods.SAUVOLA),
        "pages": _page_rows(table),
        "published": [row.model_dump() for row in published],
    }
    if folds:
        results |= {"folds": folds, "finetune": request.finetune.model_dump(mode="json") if request.finetune else None}
    _write(request.output, results, published)
    shown = [ours, f"{ours}_otsu", methods.SAUVOLA] if ours else [methods.SAUVOLA, "otsu"]
    _write_sheet(request.output, pairs, table, shown)
    return results


def _zero_shot(request: Request) -> "dict[str, Restorer]":
    """Return the restorers that learn from no page of the benchmark, by method."""
    if request.restorer is None:
        if request.peer or request.finetune:
            raise ConfigError("a restorer (--restorer)", "none", "Name the artifact to fine-tune or to compare with.")
        return {}
    from pulih.restorer.infer import Restorer

    found = {methods.PULIH: Restorer.load(request.restorer, request.threads)}
    if request.peer is not None:
        from pulih.evaluation.peers.paged import page_restorer

        found[methods.PEER] = page_restorer(request.peer, found[methods.PULIH].height, 1)
    return found


def _level(restorer: "Restorer", request: Request, config: BenchmarkConfig, measured: Sequence[Pair]) -> int:
    """Return the level at which a restorer's answers are cut."""
    others = [pair for folder in request.calibration for pair in find_pairs(folder, request.suffixes)]
    if not others:
        return config.threshold
    if shared := {pair.source.resolve() for pair in measured} & {pair.source.resolve() for pair in others}:
        fix = "Leave them out: a level chosen on measured pages flatters."
        raise ConfigError("other pages to choose the level on", f"{len(shared)} measured ones", fix)
    from pulih.evaluation.benchmark.level import choose_cut

    return choose_cut(restorer, others, (restorer.keep_unsure,)).level


def _families(
    request: Request, config: BenchmarkConfig, zero_shot: "dict[str, Restorer]", levels: dict[str, int]
) -> list[methods.Family]:
    """Return the methods that are the same for every group."""
    families = methods.classical(config)
    families += [methods.restored(restorer, levels[name], name) for name, restorer in zero_shot.items()]
    if request.resized and zero_shot:
        families += methods.resized(zero_shot[methods.PULIH], levels[methods.PULIH])
    return families


def _measured(
    request: Request, config: BenchmarkConfig, pairs: list[Pair], families: list[methods.Family]
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Return the figures of every page, and what each fine-tuning was."""
    if request.finetune is None or request.restorer is None:
        return measure(pairs, families, request.output), []
    from pulih.evaluation.finetune.fold import Folds
    from pulih.restorer.infer import Restorer

    folds = Folds(pairs, request.restorer, request.finetune, request.output / "folds")
    made = {group: folds.obtain(group) for group in folds.groups}
    restorers = {group: Restorer.load(folder, request.threads) for group, (folder, _) in made.items()}
    tables, facts = [], []
    for group, cut in folds.cuts(restorers).items():
        restorer, (_, sealed) = restorers[group], made[group]
        restorer.keep_unsure = cut.keep_unsure
        tuned = methods.restored(restorer, cut.level, methods.FINETUNED)
        tables.append(measure([p for p in pairs if p.group == group], [*families, tuned], request.output))
        facts.append(
            {"left_out": group, "digest": sealed.digest(), "pages": len(sealed.config["pages"])}
            | sealed.facts
            | asdict(cut)
        )
    return pd.concat(tables, ignore_index=True), facts


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
