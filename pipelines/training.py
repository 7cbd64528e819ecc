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

RETRIES, BACKOFF = 2, "60s"


class Artifacts(NamedTuple):
    """What the pipeline hands out; what only an approved restorer gets stays inside the condition."""

    lines: dsl.Dataset
    recognizer: dsl.Model
    evaluator: dsl.Model
    restorer: dsl.Model
    evaluation: dsl.Artifact
    decision: dsl.Artifact


@dsl.pipeline(name="pulih-training", description="Synthesize, train, evaluate, gate, register, deploy, watch")
def training(  # noqa: PLR0913, PLR0917 - one dict per stage
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
) -> Artifacts:
    """Run the whole chain; each parameter is a section of a profile, ``code_version`` separates the caches."""
    code = {"code_version": code_version}
    made = synthesize(config=synthesis, **code).set_retry(RETRIES, BACKOFF)
    lines = made.outputs["lines"]
    reader = train_recognizer(config=recognizer, lines=lines, **code).set_retry(RETRIES, BACKOFF)
    judge = train_recognizer(config=evaluator, lines=lines, **code).set_retry(RETRIES, BACKOFF)
    judge.set_display_name("train-evaluator")
    trained = train_restorer(config=restorer, lines=lines, recognizer=reader.outputs["recognizer"], **code)
    trained.set_retry(RETRIES, BACKOFF)
    model, judged_by = trained.outputs["restorer"], judge.outputs["recognizer"]
    measured = evaluate(config=evaluation, lines=lines, restorer=model, evaluator=judged_by, **code)
    scores = measured.outputs["evaluation"]
    decided = decide(config=gate, evaluation=scores, **code)
    verdict = decided.outputs["decision"]
    decided.set_caching_options(False)  # the champion that it is compared with changes
    with dsl.If(decided.outputs["Output"] == "true", name="approved"):
        registered = register(config=registry, restorer=model, evaluation=scores, decision=verdict, **code)
        served = deploy(config=deployment, lines=lines, restorer=model, **code).after(registered)
        watched = detect_drift(config=drift, lines=lines, **code).after(served)
        for task in (registered, served, watched):
            task.set_caching_options(False)
    return Artifacts(lines, reader.outputs["recognizer"], judged_by, model, scores, verdict)
