"""The drift check alone, for a recurring run against finished lines."""

from kfp import dsl

from components.drift.component import drift as detect_drift
from components.synthesize.component import synthesize
from pipelines.cluster import ClusterConfig, explained
from pipelines.place import Place

CLUSTER = ClusterConfig()


@dsl.pipeline(name="pulih-drift", description="Compare the synthetic reference with the archive")
@explained("synthesis", "drift")
def watch(  # noqa: PLR0913, PLR0917 - what a person sets in the form of a run
    synthesis: dict,
    drift: dict,
    code_version: str,
    cpu: str = CLUSTER.cpu,
    memory: str = CLUSTER.memory,
    storage_secret: str = CLUSTER.storage_secret,
    storage_config: str = CLUSTER.storage_config,
    store_ca: str = CLUSTER.store_ca,
    pull_secret: str = CLUSTER.pull_secret,
) -> None:
    """Check for drift; equal ``synthesis`` and ``code_version`` take the reference from the cache."""
    place = Place(cpu, memory, storage_secret, storage_config, store_ca, pull_secret)
    made = place.settle(synthesize(config=synthesis, code_version=code_version), 12)
    checked = detect_drift(config=drift, lines=made.outputs["lines"], code_version=code_version)
    place.settle_fresh(checked)
