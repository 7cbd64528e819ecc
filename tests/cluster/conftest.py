"""A control plane for the whole session, with the definitions that the chart needs."""

import os
from pathlib import Path

import pytest
import yaml
from checks import custom_resources
from plane.api import Api, until
from plane.control_plane import ControlPlane

from pulih.stores.cluster import Resource

DEFINITIONS = Resource("apiextensions.k8s.io", "v1", "customresourcedefinitions", namespaced=False)
# Those of the other projects are large, and nothing here makes their objects.
WANTED = (
    "kserve_inferenceservices",
    "kserve_servingruntimes",
    "prom_servicemonitors",
    "prom_prometheusrules",
    "trainer_trainingruntimes",
)

FOR_THE_CONTROLLER = (
    "kserve_clusterservingruntimes",
    "kserve_clusterstoragecontainers",
    "kserve_inferencegraphs",
    "kserve_trainedmodels",
)


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.cluster)
            item.add_marker(pytest.mark.timeout(3600))


@pytest.fixture(scope="session")
def plane(tmp_path_factory):
    """A running control plane, as ``make test-cluster`` builds it."""
    tools = os.environ.get("PULIH_CLUSTER_TOOLS")
    if not tools:
        pytest.skip("PULIH_CLUSTER_TOOLS names no control plane; `make test-cluster` builds one and sets it")
    started = ControlPlane(tmp_path_factory.mktemp("plane"), Path(tools))
    try:
        started.start()
        yield started
    finally:
        started.stop()


@pytest.fixture(scope="session")
def bare_api(plane):
    """The API server without any definition of others."""
    return Api(plane)


@pytest.fixture(scope="session")
def api(bare_api):
    """The API server with the definitions of KServe and of the Prometheus operator."""
    define(bare_api, WANTED)
    return bare_api


@pytest.fixture(scope="session")
def more_definitions(api):
    """Those that KServe's controller watches besides."""
    define(api, FOR_THE_CONTROLLER)


def define(api, names):
    folder = custom_resources.folder()
    if folder is None:
        pytest.skip("no custom resource definitions; PULIH_CRDS names their folder")
    admin = api.cluster()
    for name in names:
        text = (folder / f"{name}.yaml").read_text()
        definition = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        definition.pop("status", None)
        admin.apply(DEFINITIONS, definition)
        until(lambda name=definition["metadata"]["name"]: established(admin, name), 200, f"the definition {name}")


def established(admin, name):
    conditions = admin.get(DEFINITIONS, name).get("status", {}).get("conditions") or []
    return any(c["type"] == "Established" and c["status"] == "True" for c in conditions)
