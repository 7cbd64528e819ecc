"""The search as a whole: trials one after another, each noted in the study and in MLflow."""

from pathlib import Path
from typing import Any

from pulih.common.config import digest_of
from pulih.common.dist import Group, process_group
from pulih.common.errors import Interrupted, PulihError
from pulih.common.interrupt import StopFlag, stop_on_signal
from pulih.common.lock import only_process
from pulih.common.logging import get_logger
from pulih.common.settings import Settings
from pulih.data.lines import read_lines
from pulih.data.manifest import verify
from pulih.recognizer.validate import spread
from pulih.research.search.config import SearchConfig
from pulih.research.search.confirmation import confirm
from pulih.research.search.outcome import Tree, summarize, write_outcome
from pulih.research.search.study import LOGGED, counted, next_trial, open_study, set_aside
from pulih.research.search.trials import Material, run_trial, trial_config
from pulih.stores.tracking import Tracking

log = get_logger(__name__)
EXPERIMENT = "pulih-search"


def search(config: SearchConfig, lines: Path, recognizer: Path, trials: int, output: Path, seeds: int = 0) -> Tree:
    """Run trials until the study in ``output`` has ``trials`` of them, and write what they found.

    Args:
        seeds: with so many further seeds the best trial and the base are trained again in the end.

    A stopped or killed search goes on where it was; the trial in work is begun anew.

    Raises:
        UserError: an artifact is missing or altered, or the folder holds a study of other settings.
        StoreError: MLflow does not answer; the study keeps the trial, and the next call logs it.
        Interrupted: SIGTERM or Ctrl-C.
    """
    inputs = [verify(lines, "lines").digest(), verify(recognizer, "recognizer").digest()]
    digest = digest_of([config.digest(), *inputs])
    with only_process(output), process_group(config.threads) as group, stop_on_signal() as stop:
        study = open_study(config, digest, output)
        validation = spread(read_lines(lines, "validation"), config.restorer.schedule.validation_lines)
        material = Material(read_lines(lines, "train"), validation, recognizer)
        while len(counted(study)) < trials:
            _next(study, config, material, group, (output, stop))
            _record(study, config, digest, output)
        confirm(study, config, material, group, seeds, (output, stop))
        return _record(study, config, digest, output)


def _next(study: Any, config: SearchConfig, material: Material, group: Group, at: tuple[Path, StopFlag]) -> None:
    import optuna

    folder, stop = at
    trial = next_trial(study, config)

    def report(step: int, psnr: float) -> bool:
        trial.report(psnr, step)
        return bool(trial.should_prune())

    try:
        strips = folder / "strips" / f"trial-{trial.number:04d}"
        value = run_trial(trial_config(config, trial.params), material, group, strips, report, stop)
    except Interrupted:
        set_aside(study, trial.number, trial.params)
        raise
    except PulihError as err:
        log.warning("trial %d failed: %s", trial.number, err)
        study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
        return
    state = optuna.trial.TrialState.PRUNED if value is None else optuna.trial.TrialState.COMPLETE
    study.tell(trial.number, value, state=state)
    log.info("trial %d: %s", trial.number, "given up" if value is None else f"{value:.2f} dB")


def _record(study: Any, config: SearchConfig, digest: str, output: Path) -> Tree:
    found = summarize(study, config, digest)
    write_outcome(found, output)
    _log_missing(study, found)
    return found


def _log_missing(study: Any, found: Tree) -> None:
    known = list(study.user_attrs.get(LOGGED, []))
    missing = [trial for trial in found["trials"] if trial["number"] not in known]
    if not missing:
        return
    tracking = Tracking(Settings())
    for trial in missing:
        tags = {"study": found["about"]["digest"], "state": trial["state"]}
        with tracking.run(EXPERIMENT, f"trial-{trial['number']:04d}", tags) as run:
            run.log_params(trial["values"])
            run.log_history([(int(step), "psnr_validation", value) for step, value in trial["curve"].items()])
        known.append(trial["number"])
        study.set_user_attr(LOGGED, known)
