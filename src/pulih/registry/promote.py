"""Registering an approved restorer once, and making it champion. The promotion record says who is champion."""

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pulih.common.errors import ArtifactError
from pulih.common.logging import get_logger
from pulih.common.version import git_commit
from pulih.registry import contents, promotions
from pulih.registry.config import RegistryConfig
from pulih.registry.contents import RESTORER_TAG, Candidate
from pulih.stores.tracking import MODEL, Registered, Tracking, describe_onnx_model

log = get_logger(__name__)
ALIAS = "champion"
SHAPES = {"degraded": (-1, 1, -1, -1), "restored": (-1, 1, -1, -1)}


@dataclass(frozen=True)
class Outcome:
    """The candidate's version, and whether this call made it and made it champion."""

    held: Registered
    created: bool
    promoted: bool


@contextmanager
def exclusively(folder: Path) -> Iterator[None]:
    """Let only one process of this machine register at a time."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def champion_of(tracking: Tracking, model: str) -> Registered | None:
    """Return the champion by the promotion record, after giving it the alias if a crash came in between.

    Raises:
        ArtifactError: the record was altered, or the alias is somewhere else: somebody moved it by hand.
    """
    entries = promotions.from_notes(tracking.notes(model))
    held = tracking.holder(model, ALIAS)
    if not entries and held is None:
        return None
    last = entries[-1] if entries else None
    if last is None or (held and held.version not in (last.version, last.replaces)):
        found = f"it at version {held.version if held else None} of {model}"
        fix = "The gate alone moves the alias: put it back (MLflow: set_registered_model_alias)."
        raise ArtifactError(f"the alias '{ALIAS}' at version {last.version if last else None}", found, fix)
    champion = next((version for version in tracking.versions(model) if version.version == last.version), None)
    if champion is None:
        fix = "Bring the version back, or start a new registered model: the record names it as champion."
        raise ArtifactError(f"version {last.version} of {model}", "none: somebody deleted it", fix)
    if held is None or held.version != champion.version:
        tracking.give_alias(champion, ALIAS)
    return champion


def register_and_promote(tracking: Tracking, config: RegistryConfig, candidate: Candidate, record: Path) -> Outcome:
    """Register the candidate unless it is, enter its promotion, and move the alias to it.

    What an earlier call finished is not repeated, and a promotion that a later one replaced stays replaced.

    Args:
        record: the promotion record's file.

    Raises:
        ArtifactError: the decision compared with another champion than the current one; the record was altered.
    """
    model = candidate.model
    champion = champion_of(tracking, model)
    entries = promotions.from_notes(tracking.notes(model))
    promotions.extend_file(record, entries)
    held = _find(tracking, candidate)
    if held and champion and held.version == champion.version:
        log.info("%s: this restorer is registered as version %s and champion already", model, held.version)
        return Outcome(held, created=False, promoted=False)
    if held and any(entry.reason.decision == candidate.decision_digest for entry in entries):
        log.info("%s: version %s was promoted by this decision before, and replaced since", model, held.version)
        return Outcome(held, created=False, promoted=False)
    _require_current(candidate, champion)
    made = held or _create(tracking, config, candidate)
    entry = promotions.following(
        entries, model, made.version, champion.version if champion else None, _reason(candidate)
    )
    tracking.add_note(model, promotions.note_key(entry), entry.line())
    promotions.extend_file(record, [*entries, entry])
    tracking.give_alias(made, ALIAS)
    log.info("%s: version %s is %s now", model, made.version, ALIAS)
    return Outcome(made, created=held is None, promoted=True)


def _find(tracking: Tracking, candidate: Candidate) -> Registered | None:
    same = [v for v in tracking.versions(candidate.model) if v.tags.get(RESTORER_TAG) == candidate.decision.restorer]
    return same[-1] if same else None


def _require_current(candidate: Candidate, champion: Registered | None) -> None:
    decision = candidate.decision
    if not decision.compares_with_champion:
        return
    then = decision.champion.version if decision.champion else None
    now = champion.version if champion else None
    if then != now:
        fix = "Run the gate again: the champion changed since this decision."
        raise ArtifactError(f"a decision that compared with champion version {now}", f"one with {then}", fix)


def _reason(candidate: Candidate) -> promotions.Reason:
    decision = candidate.decision
    return promotions.Reason(
        restorer=decision.restorer,
        evaluation=decision.evaluation,
        decision=candidate.decision_digest,
        policy=decision.policy_digest,
        commit=git_commit(),
    )


def _create(tracking: Tracking, config: RegistryConfig, candidate: Candidate) -> Registered:
    tags = contents.tags(candidate)
    with tempfile.TemporaryDirectory() as scratch:
        folders = contents.stage_folders(candidate, Path(scratch))
        describe_onnx_model(folders["restorer"], "model.onnx", SHAPES)
        with tracking.run(config.experiment, f"restorer {candidate.decision.restorer}", tags) as run:
            run.log_params(contents.parameters(candidate))
            run.log_history(contents.figures(candidate))
            run.log_datasets(contents.datasets(candidate))
            for kind, folder in folders.items():
                run.log_folder(folder, MODEL if kind == "restorer" else kind)
    return tracking.register(candidate.model, run.run_id, tags, contents.description(candidate))
