"""The commands that run one stage each."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal, cast

import typer

from pulih.cli.request import Request, stage_command
from pulih.common.errors import GateRefused

app = typer.Typer()
Lines = Annotated[Path | None, typer.Option(help="Artifact made by synthesize.")]
Recognizer = Annotated[Path | None, typer.Option(help="Artifact made by train-recognizer.")]
Restorer = Annotated[Path | None, typer.Option(help="Artifact made by train-restorer.")]
Evaluation = Annotated[Path | None, typer.Option(help="Artifact made by evaluate.")]
Decision = Annotated[Path | None, typer.Option(help="Artifact made by gate.")]
Evaluator = Annotated[
    Path | None,
    typer.Option("--evaluator", "--recognizer", help="A recognizer that took no part in the restorer's loss."),
]
Section = Annotated[
    Literal["recognizer", "evaluator"], typer.Option(help="Which of the profile's two recognizers to train.")
]
Profiled = Annotated[
    bool, typer.Option("--profile", help="Only measure where the time goes, into OUTPUT/state/profile; train nothing.")
]
Policy = Annotated[Path | None, typer.Option(metavar="FILE.json", help="Policy to use instead of the profile's.")]
Archive = Annotated[str | None, typer.Option(help="Folder or s3:// prefix of page scans; drift.archive for short.")]


@app.command()
@stage_command
def synthesize(request: Request) -> None:
    """Make degraded and clean line pairs, and whole pages."""
    from pulih.synthesis import stage
    from pulih.synthesis.config import SynthesisConfig

    plan = request.plan("synthesis", {})
    # The user's own fonts and texts belong to the digest that --dry-run tells.
    resolved = stage.resolve(cast(SynthesisConfig, plan.config))
    replace(plan, config=resolved).carry_out(request, stage.synthesize)


@app.command()
@stage_command
def train_recognizer(request: Request, lines: Lines = None, section: Section = "recognizer") -> None:
    """Train the reader of the loss, or with --section evaluator the one that judges."""
    from pulih.recognizer import stage

    request.plan(section, {"lines": lines}).carry_out(request, stage.train)


@app.command()
@stage_command
def train_restorer(
    request: Request, lines: Lines = None, recognizer: Recognizer = None, *, profile: Profiled = False
) -> None:
    """Train the restorer against a frozen recognizer."""
    from pulih.restorer import stage

    plan = request.plan("restorer", {"lines": lines, "recognizer": recognizer})
    if profile and not request.dry_run:
        from pulih.restorer.config import RestorerConfig
        from pulih.restorer.profiling import profile_training

        at_lines, at_recognizer = plan.folders()
        typer.echo(profile_training(cast(RestorerConfig, plan.config), at_lines, at_recognizer, plan.place()))
        return
    plan.carry_out(request, stage.train)


@app.command()
@stage_command
def evaluate(request: Request, lines: Lines = None, restorer: Restorer = None, evaluator: Evaluator = None) -> None:
    """Measure a restorer on the held-out lines."""
    from pulih.evaluation import stage

    inputs = {"lines": lines, "restorer": restorer, "evaluator": evaluator}
    request.plan("evaluation", inputs).carry_out(request, stage.evaluate)


@app.command()
@stage_command
def gate(request: Request, evaluation: Evaluation = None, policy: Policy = None) -> None:
    """Approve or refuse a restorer by a policy; a refusal exits with 3."""
    from pulih.common.config import read_json
    from pulih.registry import stage

    first = [] if policy is None else [f"gate={json.dumps(read_json(policy))}"]
    sealed = request.plan("gate", {"evaluation": evaluation}, first).carry_out(request, stage.decide)
    if sealed is not None and not sealed.facts["approved"]:
        raise GateRefused("the gate refused this restorer; decision.json names each rule, its target and the value")


@app.command()
@stage_command
def register(
    request: Request, restorer: Restorer = None, evaluation: Evaluation = None, decision: Decision = None
) -> None:
    """Register an approved restorer and move the champion alias."""
    from pulih.registry import stage

    inputs = {"restorer": restorer, "evaluation": evaluation, "decision": decision}
    request.plan("registry", inputs).carry_out(request, stage.register)


@app.command()
@stage_command
def drift(request: Request, lines: Lines = None, archive: Archive = None) -> None:
    """Compare the synthetic pages with an archive, descriptor by descriptor."""
    from pulih.drift import stage

    if archive is not None:
        request = replace(request, overrides=[*(request.overrides or []), f"archive={json.dumps(archive)}"])
    request.plan("drift", {"lines": lines}).carry_out(request, stage.detect)
