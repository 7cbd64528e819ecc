"""Podman for the whole session, with the images that scripts/container_images.sh has built."""

import os
import secrets
import shutil
from pathlib import Path

import pytest
from engine.here import RunHere
from engine.podman import Podman, shared_packages

SECRET = "planted-" + secrets.token_hex(16)


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.containers)
            item.add_marker(pytest.mark.timeout(10_800))


@pytest.fixture(scope="session")
def podman():
    """The engine; every container and pod of these tests is gone afterwards, also when the tests are killed."""
    folder = os.environ.get("PULIH_CONTAINERS")
    if not folder:
        pytest.skip("PULIH_CONTAINERS names no image store; `make test-containers` fills one and sets it")
    if not shutil.which("podman"):
        pytest.skip("no podman on the PATH; install it: apt-get install podman buildah netavark aardvark-dns")
    engine = Podman(Path(folder))
    try:
        yield engine
    finally:
        engine.janitor.clean()


@pytest.fixture(scope="session", autouse=True)
def run_here(request, podman, tmp_path_factory):
    """The run that is compared with, begun before the first test if one of them asks for it."""
    if any("local_run" in item.fixturenames for item in request.session.items):
        return RunHere(tmp_path_factory.mktemp("local"), podman.janitor)
    return None


@pytest.fixture(scope="session")
def packages(podman):
    """Torch and CUDA as ``name: folder`` to mount where the training image has none; empty where it has them."""
    return shared_packages() if podman.needs_packages() else {}


@pytest.fixture(scope="session")
def planted():
    """The secret key of the store; no image, log, pipeline or MLflow database may have it."""
    return SECRET
