"""Gate policies and settings of the registry."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from pulih.common.config import StageConfig

MetricPath = Annotated[
    str, Field(min_length=1, description="where metrics.json holds the figure, e.g. test_unseen/all/restored/psnr")
]
Operator = Literal[">=", ">", "<=", "<"]


class Bound(StageConfig):
    """A figure against a fixed target."""

    kind: Literal["bound"]
    name: str = Field(min_length=1)
    metric: MetricPath
    operator: Operator
    target: float


class Comparison(StageConfig):
    """A figure against another figure of the same evaluation."""

    kind: Literal["comparison"]
    name: str = Field(min_length=1)
    metric: MetricPath
    operator: Operator
    reference: MetricPath


class NotWorseThanChampion(StageConfig):
    """A figure against the interval that the current champion reached; without a champion the rule holds."""

    kind: Literal["not_worse_than_champion"]
    name: str = Field(min_length=1)
    metric: MetricPath
    better: Literal["higher", "lower"]


Rule = Annotated[Bound | Comparison | NotWorseThanChampion, Field(discriminator="kind")]


class GateConfig(StageConfig):
    """A policy: the rules that all have to hold, and the registered model that it guards."""

    name: str = Field(min_length=1)
    registered_model: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    rules: tuple[Rule, ...] = Field(min_length=1)

    @field_validator("rules")
    @classmethod
    def _names_differ(cls, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
        names = [rule.name for rule in rules]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"every rule needs a name of its own; repeated: {', '.join(sorted(twice))}")
        return rules


class RegistryConfig(StageConfig):
    """Where a restorer is registered; its model name comes from the policy that approved it."""

    experiment: str = Field("pulih", min_length=1, description="MLflow experiment that holds the run")
