"""One fold as a sealed restorer artifact: made once for its pages and its initial restorer, continued when stopped."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save

from pulih.common.config import digest_of, read_json
from pulih.common.dist import Group
from pulih.common.errors import ConfigError
from pulih.common.files import write_bytes, write_json
from pulih.common.logging import get_logger
from pulih.data.manifest import Manifest, read_manifest
from pulih.data.workspace import run_stage
from pulih.evaluation.benchmark.level import Cut, best_cut, errors
from pulih.evaluation.benchmark.pairs import Pair
from pulih.evaluation.finetune.config import FinetuneConfig, FoldConfig
from pulih.evaluation.finetune.material import digest_of_pairs, prepare
from pulih.restorer.artifact import load_generator, read_generator
from pulih.restorer.contract import CONFIG, KIND, MODEL, WEIGHTS
from pulih.restorer.export import export_onnx
from pulih.restorer.infer import Restorer
from pulih.restorer.pages.material import PageMaterial, Patches
from pulih.restorer.pages.trainer import PatchTraining

log = get_logger(__name__)
ALONE = Group(0, 1, torch.device("cpu"))


class Folds:
    """Fine-tunes one restorer once per group of pages, each time on the pages of the other groups."""

    def __init__(self, pairs: Sequence[Pair], initial: Path, config: FinetuneConfig, folder: Path) -> None:
        self.pairs, self.initial, self.config, self.folder = pairs, initial, config, folder
        self.groups = sorted({pair.group for pair in pairs})
        if len(self.groups) < 2:
            fix = "Give pages of several years, or of several sub-folders."
            raise ConfigError("pages of two groups at least, to leave one out", ", ".join(self.groups), fix)
        self._pages: dict[str, PageMaterial] = {}

    def obtain(self, group: str) -> tuple[Path, Manifest]:
        """Return the restorer that never saw a page of ``group``: trained now, continued, or found done.

        Raises:
            UserError: the initial restorer is missing or altered, or the folder holds work of other settings.
            Interrupted: SIGTERM or Ctrl-C; the state is saved.
        """
        seen = [pair for pair in self.pairs if pair.group != group]
        names = tuple(pair.name for pair in seen)
        fold = FoldConfig(
            settings=self.config, left_out=group, pages=names, material=digest_of_pairs(seen), seed=self.config.seed
        )
        output = self.folder / group.replace("/", "_")
        work = self._work(fold)
        return output, run_stage(KIND, fold, {"initial": self.initial}, output, work)

    def _work(self, fold: FoldConfig) -> Callable[[Path], dict[str, Any]]:
        def work(folder: Path) -> dict[str, Any]:
            torch.set_num_threads(self.config.threads)
            values = read_json(self.initial / CONFIG)
            pages = [self._page(name, values["height"]) for name in fold.pages]
            patches = Patches(pages, self.config, self.config.seed)
            training = PatchTraining(
                load_generator(self.initial), lambda step: [patches.batch(step, ALONE)], self.config, ALONE
            )
            state, digest = folder / "state" / "checkpoint.pt", digest_of([fold.digest(), self._digest()])
            log.info("without %s: %d pages, %d steps", fold.left_out, len(fold.pages), self.config.steps)
            training.fit(state, digest, "fine-tuning")
            return self._write(training, values, folder)

        return work

    def cuts(self, restorers: Mapping[str, Restorer]) -> dict[str, Cut]:
        """Return per group the level and the doubt that suit the pages of the other groups best.

        Each of those pages is restored by the fold that did not see it, for a network is surer of what it learned from.

        Args:
            restorers: of each group, the one that ``obtain`` returns, loaded; left with one of the doubts.

        Raises:
            InputError: a page cannot be read.
        """
        shares = {}
        for group in self.groups:
            pages = [pair for pair in self.pairs if pair.group == group]
            shares[group] = errors(restorers[group], pages, self.config.doubts)
        others = {group: [shares[other] for other in self.groups if other != group] for group in self.groups}
        return {group: best_cut(np.concatenate(known), self.config.doubts) for group, known in others.items()}

    def _digest(self) -> str:
        return read_manifest(self.initial).digest()

    def _page(self, name: str, height: int) -> PageMaterial:
        if not self._pages:
            self._pages = prepare(self.pairs, height)
        return self._pages[name]

    def _write(self, training: PatchTraining, values: dict[str, Any], folder: Path) -> dict[str, Any]:
        weights = {name: value.contiguous() for name, value in training.average.network.state_dict().items()}
        write_bytes(folder / WEIGHTS, save(weights))
        write_json(folder / CONFIG, values)
        write_json(folder / "metrics.json", {"history": training.progress.history})
        difference = export_onnx(read_generator(folder), folder / MODEL)
        return {"steps": training.progress.step, "onnx_max_difference": difference} | _last(training)


def _last(training: PatchTraining) -> dict[str, float]:
    rows = training.progress.history["training"][-10:]
    names = [name for name in (rows[-1] if rows else {}) if name != "step"]
    return {f"{name}_last": float(np.mean([row[name] for row in rows])) for name in names}
