"""What the gate decided, as ``decision.json`` holds it, and the check that it is about this very model."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from pulih.common.config import StageConfig, read_json
from pulih.common.errors import ArtifactError, GateRefused
from pulih.data.manifest import Manifest, verify
from pulih.registry.config import GateConfig
from pulih.registry.gate import Verdict, refusal

FILE = "decision.json"


class Champion(BaseModel):
    """The champion that a candidate was compared with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    restorer: str
    same_test: bool


class DecisionInputs(StageConfig):
    """What a decision depends on besides the evaluation: the policy, and who was champion then."""

    policy: GateConfig
    champion: Champion | None


class Decision(BaseModel):
    """The content of ``decision.json``; ``summary`` names what failed and by how much."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    approved: bool
    summary: str
    registered_model: str
    policy: str
    policy_digest: str
    restorer: str
    evaluation: str
    champion: Champion | None
    compares_with_champion: bool
    rules: list[dict[str, Any]]

    def figures(self) -> dict[str, float]:
        """Return the value of every rule that has one, and whether the gate approved."""
        values = {rule["name"]: rule["value"] for rule in self.rules if rule["value"] is not None}
        return values | {"approved": float(self.approved)}

    def as_markdown(self) -> str:
        """Return the decision for people: what was decided, and every rule in a table."""
        lines = [
            f"**{self.summary}**",
            "",
            f"Policy `{self.policy}` ({self.policy_digest}), restorer `{self.restorer}`.",
        ]
        lines += ["", "| rule | value | wanted | verdict |", "|---|---|---|---|"]
        for rule in self.rules:
            value, target = (_figure(rule[name]) for name in ("value", "target"))
            verdict = "holds" if rule["passed"] else f"**fails**: {rule['message']}"
            lines.append(f"| {rule['name']} | {value} | {rule['operator']} {target} | {verdict} |")
        return "\n".join([*lines, ""])


def read_decision(folder: Path) -> Decision:
    """Read ``decision.json`` of a decision that is known to be whole."""
    return Decision.model_validate(read_json(folder / FILE))


def _figure(value: float | None) -> str:
    return "none" if value is None else f"{value:.4f}"


def decide_on(inputs: DecisionInputs, evaluation: Manifest, compares: bool, verdicts: list[Verdict]) -> Decision:
    """Return the decision that ``verdicts`` amount to."""
    failed = refusal(verdicts)
    return Decision(
        approved=not failed,
        summary=f"refused: {failed}" if failed else f"approved: all {len(verdicts)} rules hold",
        registered_model=inputs.policy.registered_model,
        policy=inputs.policy.name,
        policy_digest=inputs.policy.digest(),
        restorer=evaluation.parents["restorer"],
        evaluation=evaluation.digest(),
        champion=inputs.champion,
        compares_with_champion=compares,
        rules=[asdict(verdict) for verdict in verdicts],
    )


def read_approval(restorer: Path, evaluation: Path, decision: Path) -> tuple[Decision, dict[str, Manifest]]:
    """Return the decision and the three manifests, after checking that they belong together.

    Raises:
        ArtifactError: an artifact is altered, or the decision or the evaluation is about another one.
        GateRefused: the decision is a refusal.
    """
    folders = {"restorer": restorer, "evaluation": evaluation, "decision": decision}
    made = {kind: verify(folder, kind) for kind, folder in folders.items()}
    for child, parent in (("decision", "evaluation"), ("evaluation", "restorer")):
        about, given = made[child].parents.get(parent), made[parent].digest()
        if about != given:
            fix = f"Pass the {parent} that this {child} was made from, or make the {child} again."
            raise ArtifactError(f"{article(child)} of {parent} {given}", f"one of {parent} {about}", fix)
    content = read_decision(decision)
    if not content.approved:
        raise GateRefused(
            f"nothing was registered, because the gate refused restorer {content.restorer}: {content.summary}"
        )
    return content, made


def article(kind: str) -> str:
    """Return ``kind`` with its indefinite article."""
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
