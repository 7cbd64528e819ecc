"""Settings of the search for loss weights and learning rates."""

from typing import Self

from pydantic import Field, model_validator

from pulih.common.config import StageConfig
from pulih.restorer.config import RestorerConfig


class Range(StageConfig):
    """Where a setting is looked for: between ``low`` and ``high``, evenly or evenly in its logarithm."""

    low: float
    high: float
    log: bool = True

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low >= self.high:
            raise ValueError("low must be below high")
        if self.log and self.low <= 0:
            raise ValueError("a logarithmic range begins above 0")
        return self


SPACE = {
    "weights.pixel": Range(low=0.1, high=4),
    "weights.bce": Range(low=0.05, high=4),
    "weights.ssim": Range(low=0.02, high=2),
    "weights.adversarial_image": Range(low=0.001, high=0.1),
    "weights.adversarial_text": Range(low=0.001, high=0.1),
    "weights.features": Range(low=0.005, high=0.5),
    "weights.posterior": Range(low=0.001, high=0.2),
    "weights.ctc": Range(low=0.005, high=0.5),
    "optimizer.generator_rate": Range(low=0.0005, high=0.02),
    "optimizer.discriminator_rate": Range(low=0.0001, high=0.01),
}


class SearchConfig(StageConfig):
    """What is searched, from what base, and within what budget per trial."""

    steps: int = Field(200, ge=2, description="optimizer steps of each trial, the schedule's shape is the base's")
    validations: int = Field(5, ge=1, description="evenly spaced; after each a trial may be given up")
    restorer: RestorerConfig = Field(RestorerConfig(), description="the base; its own values are the first trial")
    space: dict[str, Range] = Field(SPACE, min_length=1, description="settings of the restorer by dotted name")
    startup_trials: int = Field(5, ge=1, description="trials drawn at random and never given up")
    warmup: float = Field(0.3, ge=0, lt=1, description="share of a trial's steps in which it is not given up")
    seed: int = Field(1, ge=0, description="of the draws; every training has the base's own seed")
    threads: int = Field(1, ge=1, exclude=True, description="CPU threads")

    @model_validator(mode="after")
    def _known(self) -> Self:
        for name, limits in self.space.items():
            value = setting(self.restorer, name)
            if not isinstance(value, int | float) or isinstance(value, bool):
                raise ValueError(f"'{name}' is no number of the restorer")  # noqa: TRY004 - pydantic wants ValueError
            if not limits.low <= value <= limits.high:
                raise ValueError(f"the base's {name} = {value:g} lies outside of its range")
        return self


def setting(config: RestorerConfig, name: str) -> object:
    """Return the setting with a dotted name, None when there is none."""
    found: object = config
    for part in name.split("."):
        found = getattr(found, part, None)
    return found
