"""Submission of the training pipeline to a Kubeflow Pipelines server."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.compile import compile_pipelines
from pipelines.profile import Profile
from pulih.common.errors import ConfigError, StoreError
from pulih.common.settings import Settings
from pulih.doctor.connections import check_kfp

EXPERIMENT = "pulih"


def submit(profile: Profile, settings: Settings) -> str:
    """Submit a run of the training pipeline and return its address in the server's interface.

    Raises:
        ConfigError: no host is known.
        StoreError: the host does not answer, is not a Kubeflow Pipelines API, or refuses the token.
    """
    if settings.kfp_host is None:
        raise ConfigError("the address of a Kubeflow Pipelines API", "none", "Give --host URL or set PULIH_KFP_HOST.")
    # The client itself would try for half a minute before it gave up, and not say why.
    answer = check_kfp(settings)
    if answer.state == "fail":
        raise StoreError(f"a Kubeflow Pipelines API at {settings.kfp_host}", answer.found, answer.repair)
    from kfp import Client

    token = settings.kfp_token.get_secret_value() if settings.kfp_token else None
    name = f"{profile.name}-{profile.digest()}"
    with tempfile.TemporaryDirectory() as folder, _explained(settings.kfp_host):
        package = compile_pipelines(Path(folder))[0]
        client = Client(host=settings.kfp_host, existing_token=token, namespace=settings.kfp_namespace or "kubeflow")
        run = client.create_run_from_pipeline_package(
            str(package),
            arguments=profile.arguments(on_cluster=True),
            run_name=name,
            experiment_name=EXPERIMENT,
            namespace=settings.kfp_namespace,
            service_account=settings.kfp_service_account,
        )
    return f"{settings.kfp_host}/#/runs/details/{run.run_id}"


@contextmanager
def _explained(host: str) -> Iterator[None]:
    from kfp_server_api import ApiException  # type: ignore[import-untyped]

    try:
        yield
    except ApiException as err:
        fix = "Check PULIH_KFP_NAMESPACE, and that the token may create experiments and runs there."
        raise StoreError(f"a new run at {host}", f"the answer {err.status} {err.reason}: {err.body}", fix) from err
