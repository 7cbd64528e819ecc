"""What a registered version consists of: parameters, figures, data sets, tags, and the folders it is uploaded from."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulih.common.config import read_json
from pulih.common.version import git_commit
from pulih.data.manifest import NAME as MANIFEST
from pulih.data.manifest import Manifest
from pulih.registry.decision import Decision
from pulih.stores.tracking import Dataset

RESTORER_TAG = "pulih.restorer"


@dataclass(frozen=True)
class Candidate:
    """An approved restorer with the folders and manifests of its three artifacts by kind."""

    decision: Decision
    folders: dict[str, Path]
    manifests: dict[str, Manifest]

    @property
    def model(self) -> str:
        """The registered model that the policy guards."""
        return self.decision.registered_model

    @property
    def decision_digest(self) -> str:
        """The digest of the decision's artifact."""
        return self.manifests["decision"].digest()


def parameters(candidate: Candidate) -> dict[str, Any]:
    """Return the restorer's and the evaluation's settings by dotted name."""
    groups = {kind: candidate.manifests[kind].config for kind in ("restorer", "evaluation")}
    return {".".join(keys): value for keys, value in _leaves(groups)}


def figures(candidate: Candidate) -> list[tuple[int, str, float]]:
    """Return every figure of the evaluation, and the restorer's training history, as (step, name, value)."""
    evaluation = read_json(candidate.folders["evaluation"] / "metrics.json")
    history = read_json(candidate.folders["restorer"] / "metrics.json")["history"]
    final = [(0, "/".join(keys), float(value)) for keys, value in _leaves(evaluation) if _is_number(value)]
    steps = [
        (int(row["step"]), f"{phase}/{name}", float(value))
        for phase, rows in history.items()
        for row in rows
        for name, value in row.items()
        if name != "step" and _is_number(value)
    ]
    return final + steps


def _leaves(values: Any, keys: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not isinstance(values, Mapping):
        yield keys, values
        return
    for key, value in values.items():
        yield from _leaves(value, (*keys, str(key)))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def datasets(candidate: Candidate) -> list[Dataset]:
    """Return the lines that the restorer was trained on and those it was tested on."""
    # One artifact has the lines of both, and MLflow keeps one entry per name and digest: hence two names.
    used = {"training": candidate.manifests["restorer"], "evaluation": candidate.manifests["evaluation"]}
    return [
        Dataset(f"{context} lines", made.parents["lines"], context, {"pulih.version": made.version})
        for context, made in used.items()
    ]


def tags(candidate: Candidate) -> dict[str, str]:
    """Return what identifies the version: commit, config and artifact digests."""
    made = candidate.manifests
    return {
        RESTORER_TAG: candidate.decision.restorer,
        "pulih.decision": candidate.decision_digest,
        "pulih.evaluation": candidate.decision.evaluation,
        "pulih.policy": candidate.decision.policy_digest,
        "pulih.config": made["restorer"].config_digest,
        "pulih.lines": made["restorer"].parents["lines"],
        "pulih.commit": git_commit(),
    }


def description(candidate: Candidate) -> str:
    """Return one line a person reads in the registry: the policy and the headline figures."""
    facts = candidate.manifests["evaluation"].facts
    figures_text = ", ".join(f"{name} {value:.3f}" for name, value in sorted(facts.items()))
    return f"Approved by policy '{candidate.decision.policy}': {figures_text}"


def stage_folders(candidate: Candidate, scratch: Path) -> dict[str, Path]:
    """Copy the sealed files of the three artifacts, and nothing else, below ``scratch``; return them by kind."""
    for kind, made in candidate.manifests.items():
        for name in [*made.files, MANIFEST]:
            target = scratch / kind / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(candidate.folders[kind] / name, target)
    return {kind: scratch / kind for kind in candidate.manifests}
