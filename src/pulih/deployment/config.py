"""Settings of the trial deployment, and of the one on a cluster."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from pulih.common.config import StageConfig

Target = Literal["endpoint", "trial"]
Percent = Annotated[int, Field(ge=1, le=99)]


class DeploymentConfig(StageConfig):
    """How a restorer is served once, and what it must answer."""

    page: str = Field("", description="page scan to send: a file or s3:// address; empty = the first one at hand")
    max_side: int = Field(3000, ge=64, description="a larger page is reduced to this many pixels before it is sent")
    threads: int = Field(0, ge=0, description="CPU threads of the server; 0 = one per core")
    start_seconds: float = Field(300.0, gt=0, description="time the server has to become ready")
    answer_seconds: float = Field(300.0, gt=0, description="time an answer may take")
    stop_seconds: float = Field(30.0, gt=0, description="time from SIGTERM to SIGKILL")
    seed: int = Field(0, ge=0, description="unused: nothing here is drawn")
    page_sha256: str = Field("", description="filled in by the stage: SHA-256 of the page")
    server_digest: str = Field("", description="filled in by the stage: digest of the server's code")


class RolloutConfig(StageConfig):
    """How a registered restorer takes over an endpoint on a cluster."""

    steps: tuple[Percent, ...] = Field((10, 50), description="traffic of the canary, step by step; empty = no canary")
    pause_seconds: float = Field(60.0, ge=0, description="time that each step is watched before the next")
    ready_seconds: float = Field(900.0, gt=0, description="time that the endpoint has to become ready after a change")
    poll_seconds: float = Field(3.0, gt=0, description="time between two looks at the endpoint")
    pages: int = Field(2, ge=1, le=100, description="pages that the model must restore at each step")

    @field_validator("steps")
    @classmethod
    def _grow(cls, steps: tuple[int, ...]) -> tuple[int, ...]:
        if list(steps) != sorted(set(steps)):
            raise ValueError("every step gives the canary more traffic than the one before")
        return steps


class PipelineRollout(RolloutConfig):
    """The rollout as the last act of a pipeline."""

    release: str = Field("pulih", min_length=1, description="name that the Helm chart is installed as")
    namespace: str = Field("", description="where the endpoint is; empty = where the task runs")
    replace_model: bool = Field(False, description="let it take over from a model of another name")


class Takeover(StageConfig):
    """What a pipeline does with an approved restorer."""

    target: Target = "trial"
    rollout: PipelineRollout = PipelineRollout()
