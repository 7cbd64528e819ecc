"""The main pipeline: from nothing to a judged, registered, served and watched restorer."""

from typing import NamedTuple

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
    training = code | {"backend": backend, "trainjob": trainjob}
    reader = place.train(train_recognizer(config=recognizer, lines=lines, **training), 72)
    judge = place.train(train_recognizer(config=evaluator, lines=lines, **training), 72)
    judge.set_display_name("train-evaluator")
    read_by, judged_by = reader.outputs["recognizer"], judge.outputs["recognizer"]
    trained = train_restorer(config=restorer, lines=lines, recognizer=read_by, **training)
    model = place.train(trained, 168).outputs["restorer"]
    measured = evaluate(config=evaluation, lines=lines, restorer=model, evaluator=judged_by, **code)
    scores = place.settle(measured, 12).outputs["evaluation"]
    decided = decide(config=gate, evaluation=scores, **code)
    verdict = decided.outputs["decision"]
    with dsl.If(decided.outputs["Output"] == "true", name="approved"):
        registered = register(config=registry, restorer=model, evaluation=scores, decision=verdict, **code)
        proof = registered.outputs["registration"]
        serving = {"config": deployment, "target": target, "rollout": rollout, "registration": proof}
        served = deploy(lines=lines, restorer=model, **serving, **code)
        watched = detect_drift(config=drift, lines=lines, **code).after(served)
    place.settle_fresh(decided, registered, served, watched)
    return Artifacts(lines, read_by, judged_by, model, scores, verdict)
