"""The best trial and the base trained again with other seeds: the best of many trials is in part the luckiest."""

from pathlib import Path
from typing import Any

from pulih.common.dist import Group
from pulih.common.errors import TrainingFailed
from pulih.common.interrupt import StopFlag
from pulih.common.logging import get_logger
from pulih.research.search.config import SearchConfig
from pulih.research.search.study import CONFIRMED, counted
from pulih.research.search.trials import Material, run_trial, trial_config

log = get_logger(__name__)
BASE = 0  # the number of the trial with the base's own values


def confirm(
    study: Any, config: SearchConfig, material: Material, group: Group, seeds: int, at: tuple[Path, StopFlag]
) -> None:
    """Train the base and the best complete trial with ``seeds`` further seeds each and note the PSNR in the study.

    What was noted before is not trained again. A training that an alarm stops counts as None.

    Raises:
        Interrupted: SIGTERM or Ctrl-C; the trainings that are done stay noted.
    """
    folder, stop = at
    for seed in range(config.restorer.seed + 1, config.restorer.seed + 1 + seeds):
        for trial in contestants(study):
            done = list(study.user_attrs.get(CONFIRMED, []))
            if any((one["trial"], one["seed"]) == (trial.number, seed) for one in done):
                continue
            settings = trial_config(config, trial.params).model_copy(update={"seed": seed})
            strips = folder / "strips" / f"trial-{trial.number:04d}-seed-{seed}"
            try:
                psnr = run_trial(settings, material, group, strips, lambda _step, _psnr: False, stop)
            except TrainingFailed as err:
                log.warning("trial %d with seed %d failed: %s", trial.number, seed, err)
                psnr = None
            study.set_user_attr(CONFIRMED, [*done, {"trial": trial.number, "seed": seed, "psnr": psnr}])


def contestants(study: Any) -> list[Any]:
    """Return the base's trial and the best one; nothing when the base is the best, or was not completed."""
    done = [trial for trial in counted(study) if trial.value is not None and trial.state.name == "COMPLETE"]
    base = [trial for trial in done if trial.number == BASE]
    best = max(done, key=lambda trial: trial.value, default=None)
    return [*base, best] if base and best is not None and best.number != BASE else []
