"""Submission of the pipelines to a Kubeflow Pipelines server, once or on a schedule."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.compile import compile_pipelines
from pipelines.profile import PipelineName, Profile
from pulih.common.errors import ConfigError, StoreError
from pulih.common.settings import Settings
from pulih.doctor.connections import check_kfp

if TYPE_CHECKING:
    from kfp import Client

EXPERIMENT = "pulih"
CRON_FIELDS = 6


@dataclass(frozen=True)
class Order:
    """Which pipeline is submitted under which names; ``cron`` makes a recurring run of it."""

    pipeline: PipelineName = "training"
    experiment: str = EXPERIMENT
    run_name: str | None = None
    cron: str | None = None

    def name(self, profile: Profile) -> str:
        """Return the run's name: as ordered, else profile, pipeline, and the digest of what it is told."""
        parts = (profile.name, *([] if self.pipeline == "training" else [self.pipeline]))
        return self.run_name or "-".join((*parts, profile.digest_for(self.pipeline)))


@dataclass(frozen=True)
class Submitted:
    """A run, or a recurring one, and where the server's interface shows it."""

    run_id: str
    address: str


def submit(profile: Profile, settings: Settings, order: Order | None = None) -> Submitted:
    """Submit a run of a pipeline, by default of the training.

    Raises:
        ConfigError: no host is known, the profile lacks what the pipeline needs, or the schedule has other fields.
        StoreError: the host does not answer, is not a Kubeflow Pipelines API, or refuses the token.
    """
    order = order or Order()
    if settings.kfp_host is None:
        raise ConfigError("the address of a Kubeflow Pipelines API", "none", "Give --host URL or set PULIH_KFP_HOST.")
    if order.cron is not None and len(order.cron.split()) != CRON_FIELDS:
        fix = "For instance '0 0 3 * * *': at three every night."
        raise ConfigError("a schedule of six fields, seconds first", f"'{order.cron}'", fix)
    arguments = profile.arguments_for(order.pipeline)
    # The client itself would try for half a minute before it gave up, and not say why.
    answer = check_kfp(settings)
    if answer.state == "fail":
        raise StoreError(f"a Kubeflow Pipelines API at {settings.kfp_host}", answer.found, answer.repair)
    with tempfile.TemporaryDirectory() as folder, _explained(settings.kfp_host):
        compile_pipelines(Path(folder))
        package = Path(folder) / f"{order.pipeline}.yaml"
        begin = _begin if order.cron is None else _schedule
        return begin(_client(settings), settings, order, order.name(profile), package, arguments)


class _Bearer:
    """The token, looked up for every request: one that is kept in a file is renewed there."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def refresh_api_key_hook(self, config: Any) -> None:
        config.api_key["authorization"] = self._settings.kfp_bearer()


def _client(settings: Settings) -> "Client":
    from kfp import Client

    bearer = _Bearer(settings) if settings.kfp_bearer() else None
    return Client(host=settings.kfp_host, credentials=bearer, namespace=settings.kfp_namespace or "kubeflow")


def _begin(
    client: "Client", settings: Settings, order: Order, name: str, package: Path, arguments: dict[str, Any]
) -> Submitted:
    run = client.create_run_from_pipeline_package(
        str(package),
        arguments=arguments,
        run_name=name,
        experiment_name=order.experiment,
        namespace=settings.kfp_namespace,
        service_account=settings.kfp_service_account,
    )
    return Submitted(run.run_id, f"{_shown(settings)}/#/runs/details/{run.run_id}")


def _schedule(
    client: "Client", settings: Settings, order: Order, name: str, package: Path, arguments: dict[str, Any]
) -> Submitted:
    experiment = client.create_experiment(order.experiment, namespace=settings.kfp_namespace)
    made = client.create_recurring_run(
        experiment.experiment_id,
        name,
        cron_expression=order.cron,
        # A check that was missed is not made up for: the next one sees the same archive.
        no_catchup=True,
        params=arguments,
        pipeline_package_path=str(package),
        service_account=settings.kfp_service_account,
    )
    return Submitted(made.recurring_run_id, f"{_shown(settings)}/#/recurringrun/details/{made.recurring_run_id}")


def _shown(settings: Settings) -> str:
    return str(settings.kfp_host).rstrip("/")


@contextmanager
def _explained(host: str) -> Iterator[None]:
    from kfp_server_api import ApiException  # type: ignore[import-untyped]

    try:
        yield
    except ApiException as err:
        fix = "Check PULIH_KFP_NAMESPACE, and that the token may create experiments and runs there."
        raise StoreError(f"a new run at {host}", f"the answer {err.status} {err.reason}: {err.body}", fix) from err
