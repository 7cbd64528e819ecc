"""A rollout from end to end: opened by names, stopped by signals without harm, and as the last act of a pipeline."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pulih.common.config import read_json
from pulih.common.errors import ArtifactError, Interrupted
from pulih.common.files import write_json
from pulih.common.logging import get_logger
from pulih.common.settings import Settings
from pulih.data import manifest
from pulih.deployment.config import PipelineRollout, RolloutConfig, Takeover
from pulih.deployment.endpoint import read_pattern
from pulih.deployment.ledger import Ledger, served
from pulih.deployment.probe import drawn_page, prober
from pulih.deployment.release import resolved
from pulih.deployment.rollout import Rollout
from pulih.registry.promote import ALIAS
from pulih.stores.cluster import Cluster
from pulih.stores.s3 import ObjectStore
from pulih.stores.tracking import Tracking

log = get_logger(__name__)
RECORD = "endpoint.json"


def open_rollout(cluster: Cluster, release: str, config: RolloutConfig, page: Path | None = None) -> Rollout:
    """Read what the chart says of its endpoint; nothing is changed.

    Args:
        page: page scan that a model must restore; by default a drawn one.

    Raises:
        ClusterError, StoreError: one of them is not there, not complete, or refuses.
    """
    pattern = read_pattern(cluster, release)
    store = ObjectStore.from_settings(Settings())
    ledger = Ledger(store, pattern.models / f"ledger/{cluster.namespace}")
    sent = page.read_bytes() if page else drawn_page()
    return Rollout(cluster, store, pattern, ledger, config, prober(cluster, pattern, sent, config.pages))


@contextmanager
def stoppable() -> Iterator[None]:
    """Let SIGTERM end the block like an error, so that the endpoint is put back first."""

    def stop(_number: int, _frame: object) -> None:
        raise Interrupted("the deployment was stopped")

    former = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)


def take_over(config: Takeover, registration: Path, output: Path) -> dict[str, Any]:
    """Let the version that ``registration`` tells of take over the endpoint, and write down in ``output`` what came.

    With the target ``trial`` nothing outside of ``output`` is touched.

    Raises:
        ArtifactError: another version is champion by now, or the endpoint serves a model of another name.
        RolloutFailed: the version did not become fit to serve; the endpoint is as it was.
        ClusterError, StoreError, GateRefused: as ``pulih deploy``.
    """
    facts: dict[str, Any] = {"target": config.target}
    if config.target == "endpoint":
        facts |= _rolled_out(config.rollout, registration)
    write_json(output / RECORD, facts)
    return facts


def _rolled_out(config: PipelineRollout, registration: Path) -> dict[str, Any]:
    manifest.verify(registration, "registration")
    registered = read_json(registration / "registration.json")
    model = str(registered["registered_model"])
    rollout = open_rollout(Cluster.connect(namespace=config.namespace or None), config.release, config)
    _check_name(rollout, model, config)
    with resolved(Tracking(Settings()), model, ALIAS, rollout.pattern.models) as candidate:
        if str(candidate.release.version) != str(registered["version"]):
            fix = "Another run was promoted meanwhile: its own deployment serves it, or `pulih deploy` does."
            found = f"version {candidate.release.version}"
            raise ArtifactError(f"version {registered['version']} of {model} as champion", found, fix)
        with stoppable():
            entry = rollout.deploy(candidate, rollout.plan(candidate.release))
    place = {"endpoint": rollout.pattern.name, "namespace": rollout.cluster.namespace}
    log.info("%s in %s serves version %s", *place.values(), entry.release.version)
    return place | {"entry": entry.sequence, "release": entry.release.model_dump()}


def _check_name(rollout: Rollout, model: str, config: PipelineRollout) -> None:
    standing = served(rollout.ledger.entries())
    if standing and standing[-1].release.model != model and not config.replace_model:
        fix = (
            "A trial must not take over: set cluster.target=trial, or cluster.rollout.replace_model=true if it should."
        )
        found = f"one of {standing[-1].release.model}"
        raise ArtifactError(f"an endpoint {rollout.pattern.name} of the model {model}", found, fix)
