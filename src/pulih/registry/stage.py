"""The gate and the registration."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulih.common.config import read_json
from pulih.common.files import write_json
from pulih.common.logging import get_logger
from pulih.common.settings import Settings
from pulih.data.manifest import Manifest, verify, write_manifest
from pulih.data.workspace import run_stage
from pulih.registry import decision as decisions
from pulih.registry.config import GateConfig, NotWorseThanChampion, RegistryConfig
from pulih.registry.contents import RESTORER_TAG, Candidate
from pulih.registry.gate import judge
from pulih.registry.promote import ALIAS, champion_of, exclusively, register_and_promote
from pulih.stores.tracking import Tracking, local_folder

log = get_logger(__name__)


@dataclass(frozen=True)
class Rival:
    """The current champion and the figures it was promoted with."""

    champion: decisions.Champion
    metrics: dict[str, Any]


def decide(config: GateConfig, evaluation: Path, output: Path) -> Manifest:
    """Judge an evaluation by a policy and write ``decision.json``; a refusal is a decision, not an error.

    The tracking store is opened only when the policy compares with the champion.

    Raises:
        ArtifactError: the evaluation is missing or altered.
        StoreError: the tracking store does not answer.
    """
    judged = verify(evaluation, "evaluation")
    compares = any(isinstance(rule, NotWorseThanChampion) for rule in config.rules)
    rival = _rival(config.registered_model, judged) if compares else None
    inputs = decisions.DecisionInputs(policy=config, champion=rival.champion if rival else None)

    def work(folder: Path) -> dict[str, Any]:
        verdicts = judge(config, read_json(evaluation / "metrics.json"), rival.metrics if rival else None)
        decision = decisions.decide_on(inputs, judged, compares, verdicts)
        write_json(folder / decisions.FILE, decision.model_dump(mode="json"))
        return {"approved": decision.approved, "summary": decision.summary, "policy": decision.policy_digest}

    sealed = run_stage("decision", inputs, {"evaluation": evaluation}, output, work)
    _tell(read_json(output / decisions.FILE))
    return sealed


def _rival(model: str, judged: Manifest) -> Rival | None:
    tracking = Tracking(Settings())
    held = champion_of(tracking, model)
    # The champion itself, evaluated again, has nobody to be compared with.
    if held is None or held.tags[RESTORER_TAG] == judged.parents["restorer"]:
        return None
    with tempfile.TemporaryDirectory() as scratch:
        folder = tracking.download(held, "evaluation", Path(scratch))
        made, metrics = verify(folder, "evaluation"), read_json(folder / "metrics.json")
    same_test = all(made.parents[name] == judged.parents[name] for name in ("lines", "recognizer"))
    if not same_test:
        log.warning("the champion, version %s, was measured on other lines or by another recognizer", held.version)
    champion = decisions.Champion(version=held.version, restorer=held.tags[RESTORER_TAG], same_test=same_test)
    return Rival(champion, metrics)


def _tell(decision: dict[str, Any]) -> None:
    for rule in decision["rules"]:
        log.info("gate: %s", decisions.Verdict(**rule).line())
    log.info("gate '%s': %s", decision["policy"], decision["summary"])


def register(config: RegistryConfig, restorer: Path, evaluation: Path, decision: Path, output: Path) -> Manifest:
    """Register an approved restorer in MLflow, make it champion of the policy's model, and write down what happened.

    Registering the same restorer again changes nothing and says so. This stage always asks the registry: its result
    is there, not in ``output``.

    Raises:
        GateRefused: the decision is a refusal; nothing was touched.
        ArtifactError: the artifacts do not belong together, or the champion changed since the decision.
        StoreError: the registry does not answer.
    """
    folders = {"restorer": restorer, "evaluation": evaluation, "decision": decision}
    content, manifests = decisions.read_approval(**folders)
    settings = Settings()
    record = local_folder(settings) / f"{content.registered_model}.promotions.jsonl"
    with exclusively(record.parent):
        tracking = Tracking(settings)
        outcome = register_and_promote(tracking, config, Candidate(content, folders, manifests), record)
        output.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(record, output / "promotions.jsonl")
    facts = {
        "registered_model": outcome.held.model,
        "version": outcome.held.version,
        "alias": ALIAS,
        "created": outcome.created,
        "promoted": outcome.promoted,
        "run_id": outcome.held.run_id,
        "tracking": tracking.address,
        "restorer": content.restorer,
    }
    write_json(output / "registration.json", facts)
    return write_manifest(output, "registration", config, folders, facts)
