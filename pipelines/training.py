"""The main pipeline: from nothing to a judged, registered, served and watched restorer."""

from typing import Any, NamedTuple

from kfp import dsl

from components.deploy.component import deploy
from components.drift.component import drift as detect_drift
from components.evaluate.component import evaluate
from components.gate.component import gate as decide
from components.register.component import register
from components.synthesize.component import synthesize
from components.train_recognizer.component import train_recognizer
from components.train_restorer.component import train_restorer
from pipelines.cluster import ClusterConfig, explained
from pipelines.place import Place

CLUSTER = ClusterConfig()


class Artifacts(NamedTuple):
    """What the pipeline hands out; what only an approved restorer gets stays inside the condition."""

    lines: dsl.Dataset
    recognizer: dsl.Model
    evaluator: dsl.Model
    restorer: dsl.Model
    evaluation: dsl.Artifact
    decision: dsl.Artifact


# A pipeline is traced where it is decorated, so its parts stand above it.
def _train(place: Place, configs: dict[str, Any], lines: Any, own: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Give the recognizer of the loss, the one that judges, and the restorer."""
    reader = place.train(train_recognizer(config=configs["recognizer"], lines=lines, **own), 72)
    judge = place.train(train_recognizer(config=configs["evaluator"], lines=lines, **own), 72)
    judge.set_display_name("train-evaluator")
    read_by = reader.outputs["recognizer"]
    trained = train_restorer(config=configs["restorer"], lines=lines, recognizer=read_by, **own)
    return read_by, judge.outputs["recognizer"], place.train(trained, 168).outputs["restorer"]


def _serve(place: Place, configs: dict[str, Any], made: Artifacts, code: dict[str, Any]) -> None:
    """Register, deploy, watch."""
    judged = {"restorer": made.restorer, "evaluation": made.evaluation, "decision": made.decision}
    registered = register(config=configs["registry"], **judged, **code)
    wanted = {"target": configs["target"], "rollout": configs["rollout"]}
    proof = registered.outputs["registration"]
    inputs = {"lines": made.lines, "restorer": made.restorer, "registration": proof}
    served = deploy(config=configs["deployment"], **wanted, **inputs, **code)
    watched = detect_drift(config=configs["drift"], lines=made.lines, **code).after(served)
    place.settle_fresh(registered, served, watched)


@dsl.pipeline(name="pulih-training", description="Synthesize, train, evaluate, gate, register, deploy, watch")
@explained("synthesis", "recognizer", "evaluator", "restorer", "evaluation", "gate", "registry", "deployment", "drift")
def training(  # noqa: PLR0913, PLR0917 - one dict per stage, and what a person sets in the form of a run
    synthesis: dict,
    recognizer: dict,
    evaluator: dict,
    restorer: dict,
    evaluation: dict,
    gate: dict,
    registry: dict,
    deployment: dict,
    drift: dict,
    code_version: str,
    backend: str = CLUSTER.backend,
    trainjob: dict = {},  # noqa: B006 - a key that is left out has its default, also in a run's form
    target: str = CLUSTER.target,
    rollout: dict = {},  # noqa: B006
    gpus: int = CLUSTER.gpus,
    cpu: str = CLUSTER.cpu,
    memory: str = CLUSTER.memory,
    node_selector: dict = CLUSTER.node_selector,
    tolerations: list = list(CLUSTER.tolerations),  # noqa: B006
    storage_secret: str = CLUSTER.storage_secret,
    storage_config: str = CLUSTER.storage_config,
    store_ca: str = CLUSTER.store_ca,
    pull_secret: str = CLUSTER.pull_secret,
) -> Artifacts:
    """Run the whole chain."""
    place = Place(cpu, memory, storage_secret, storage_config, store_ca, pull_secret, gpus, node_selector, tolerations)
    code = {"code_version": code_version}
    lines = place.repeat(place.settle(synthesize(config=synthesis, **code), 12)).outputs["lines"]
    trainings = {"recognizer": recognizer, "evaluator": evaluator, "restorer": restorer}
    read_by, judged_by, model = _train(place, trainings, lines, code | {"backend": backend, "trainjob": trainjob})
    measured = evaluate(config=evaluation, lines=lines, restorer=model, evaluator=judged_by, **code)
    scores = place.settle(measured, 12).outputs["evaluation"]
    decided = decide(config=gate, evaluation=scores, **code)
    made = Artifacts(lines, read_by, judged_by, model, scores, decided.outputs["decision"])
    last = {"registry": registry, "deployment": deployment, "drift": drift, "target": target, "rollout": rollout}
    with dsl.If(decided.outputs["Output"] == "true", name="approved"):
        _serve(place, last, made, code)
    place.settle_fresh(decided)
    return made
