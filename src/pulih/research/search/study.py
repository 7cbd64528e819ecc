"""The study in a SQLite file: what was tried, what comes next, and what a stopped search left half done."""

from pathlib import Path
from typing import Any

from pulih.common.errors import ConfigError
from pulih.common.seed import derived_seed
from pulih.common.version import git_commit
from pulih.research.search.config import SearchConfig, setting

Study = Any  # optuna's types would load it with every command
DIGEST, COMMIT, INTERRUPTED, LOGGED = "digest", "commit", "interrupted", "logged"
CONFIRMED = "confirmed"
DATABASE = "study.db"


def open_study(config: SearchConfig, digest: str, folder: Path) -> Study:
    """Open the study in ``folder``, or begin one whose first trial is the base itself.

    A trial that a dead process left running is noted as interrupted, and its values are tried again.

    Raises:
        ConfigError: the folder holds a study of other settings or inputs.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    folder.mkdir(parents=True, exist_ok=True)
    study = optuna.create_study(
        study_name="pulih",
        storage=f"sqlite:///{(folder / DATABASE).resolve()}",
        direction="maximize",
        load_if_exists=True,
        pruner=optuna.pruners.MedianPruner(config.startup_trials, int(config.warmup * config.steps)),
    )
    owner = study.user_attrs.get(DIGEST)
    if owner not in (None, digest):
        fix = "Give another --output, or the settings and inputs of that study."
        raise ConfigError(f"a study of {digest} in {folder}", owner, fix)
    if owner is None:
        study.set_user_attr(DIGEST, digest)
        study.set_user_attr(COMMIT, git_commit())
        study.enqueue_trial({name: setting(config.restorer, name) for name in config.space})
    for trial in study.get_trials(states=(optuna.trial.TrialState.RUNNING,)):
        set_aside(study, trial.number, trial.params)
    return study


def set_aside(study: Study, number: int, values: dict[str, float]) -> None:
    """Note a trial as interrupted and put its values first in the queue."""
    import optuna

    study.tell(number, state=optuna.trial.TrialState.FAIL)
    study.set_user_attr(INTERRUPTED, [*study.user_attrs.get(INTERRUPTED, []), number])
    if values:
        study.enqueue_trial(values)


def next_trial(study: Study, config: SearchConfig) -> Any:
    """Ask for the next values; the draws depend on the seed and the number of the trial, not on when a search stopped.

    Within the first ``startup_trials`` they are random, afterwards by a tree-structured Parzen estimator.
    """
    import optuna

    seed = derived_seed(config.seed, "sampler", len(counted(study))) % 2**32
    study.sampler = optuna.samplers.TPESampler(n_startup_trials=config.startup_trials, seed=seed)
    ranges = config.space.items()
    return study.ask({n: optuna.distributions.FloatDistribution(r.low, r.high, log=r.log) for n, r in ranges})


def counted(study: Study) -> list[Any]:
    """Return the trials that are over: complete, given up, or failed by themselves; not what was interrupted."""
    aside = set(study.user_attrs.get(INTERRUPTED, []))
    return [trial for trial in study.trials if trial.state.is_finished() and trial.number not in aside]


def importances(study: Study, seed: int) -> dict[str, float]:
    """Return each setting's share of the variance of PSNR (fANOVA, Hutter et al., ICML 2014), the largest first.

    Empty before there are two complete trials that differ.
    """
    import optuna

    values = {trial.value for trial in study.get_trials(states=(optuna.trial.TrialState.COMPLETE,))}
    if len(values) < 2:
        return {}
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=seed)
    return {str(k): float(v) for k, v in optuna.importance.get_param_importances(study, evaluator=evaluator).items()}
