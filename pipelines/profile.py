"""A profile: one JSON file with one section per stage, and optionally what a single stage reads and writes."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from pipelines.cluster import ClusterConfig
from pulih.batch.config import ArchiveConfig
from pulih.common.config import StageConfig, build_config, digest_of, read_json
from pulih.common.errors import ConfigError
from pulih.common.version import source_digest
from pulih.deployment.config import DeploymentConfig
from pulih.drift.config import DriftConfig
from pulih.evaluation.config import EvaluationConfig
from pulih.recognizer.config import RecognizerConfig
from pulih.registry.config import GateConfig, RegistryConfig
from pulih.restorer.config import RestorerConfig
from pulih.synthesis.config import SynthesisConfig

SECTIONS = ("synthesis", "recognizer", "evaluator", "restorer", "evaluation", "gate", "registry", "deployment", "drift")

PipelineName = Literal["training", "drift", "batch"]
# The two short pipelines: what they are told, and what their pods may use.
SHORT: dict[str, tuple[str, ...]] = {"drift": ("synthesis", "drift"), "batch": ("archive",)}
EVERY_TASK = ("cpu", "memory", "storage_secret", "storage_config", "store_ca", "pull_secret")

MISSING = {
    "gate": (
        "a gate policy as 'gate' in the profile",
        "none",
        "Name a file of configs/gates there (relative to the profile), or write the policy out.",
    ),
    "archive": (
        "an archive to restore as 'archive' in the profile",
        "none",
        "Give --set archive.input=s3://BUCKET/SCANS --set archive.output=s3://BUCKET/RESTORED.",
    ),
}


class Inputs(StageConfig):
    """Folders of finished artifacts that a single stage command reads; its options go before these."""

    lines: Path | None = None
    recognizer: Path | None = None
    evaluator: Path | None = None
    restorer: Path | None = None
    evaluation: Path | None = None
    decision: Path | None = None


class Profile(StageConfig):
    """Everything a run is told; a missing section is that stage's defaults."""

    name: str = Field("profile", pattern=r"^[a-z0-9][a-z0-9-]*$", description="part of the run's name")
    synthesis: SynthesisConfig = SynthesisConfig()
    recognizer: RecognizerConfig = RecognizerConfig()
    evaluator: RecognizerConfig = Field(RecognizerConfig(), description="the second recognizer, in no loss")
    restorer: RestorerConfig = RestorerConfig()
    evaluation: EvaluationConfig = EvaluationConfig()
    gate: GateConfig | None = Field(None, description="the policy, or the name of its file beside the profile")
    registry: RegistryConfig = RegistryConfig()
    deployment: DeploymentConfig = DeploymentConfig()
    drift: DriftConfig = DriftConfig()
    cluster: ClusterConfig = Field(ClusterConfig(), exclude=True, description="what tasks may use on a cluster")
    archive: ArchiveConfig | None = Field(None, exclude=True, description="of `pulih submit --pipeline batch`")
    inputs: Inputs = Inputs()
    output: Path | None = Field(None, description="folder of the artifact that a single stage command makes")

    def arguments(self, on_cluster: bool = False) -> dict[str, Any]:
        """Return the training pipeline's arguments: every section, resolved, what separates the caches, and where.

        Args:
            on_cluster: as the section ``cluster`` says; else all of it on this machine.
        """
        sections = {name: self.section(name).resolved() for name in SECTIONS}
        where = self.cluster.resolved() if on_cluster else self.cluster.here()
        return sections | {"code_version": source_digest()} | where

    def arguments_for(self, pipeline: PipelineName) -> dict[str, Any]:
        """Return the arguments of a pipeline on a cluster; raises ConfigError when the profile lacks a section."""
        if pipeline not in SHORT:
            return self.arguments(on_cluster=True)
        where = self.cluster.resolved()
        sections = {name: self.section(name).resolved() for name in SHORT[pipeline]}
        return sections | {"code_version": source_digest()} | {name: where[name] for name in EVERY_TASK}

    def digest_for(self, pipeline: PipelineName) -> str:
        """Return what tells runs of a pipeline with different settings apart."""
        if pipeline not in SHORT:
            return self.digest()
        return digest_of({name: self.section(name).resolved() for name in SHORT[pipeline]})

    def section(self, name: str) -> StageConfig:
        """Return a stage's config; raises ConfigError when the profile has none and the stage has no default."""
        config: StageConfig | None = getattr(self, name)
        if config is None:
            raise ConfigError(*MISSING[name])
        return config


def load_profile(path: Path | None, overrides: Iterable[str] = ()) -> Profile:
    """Read a profile and lay ``a.b=c`` overrides over it; without a file every section has its defaults.

    Raises:
        ConfigError: no JSON, an unknown key (the nearest valid name is given), or a wrong type or range.
    """
    if path is None:
        return build_config(Profile, {}, overrides)
    values = {"name": path.stem.lower()} | read_json(path)
    if isinstance(values.get("gate"), str):
        values["gate"] = read_json(path.parent / values["gate"])
    return build_config(Profile, values, overrides)
