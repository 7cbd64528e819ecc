"""The images as built: what they say about themselves, what is in them, and that one commit gives one digest."""

import json
import os
import subprocess

import pytest
from engine.podman import SERVING, TRAINING, USER, until
from engine.surroundings import ROOT

from pulih import __version__

MB = 10**6
IMAGES = pytest.mark.parametrize("image", [SERVING, TRAINING], ids=["serving", "training"])


def inspect(podman, image):
    return json.loads(podman("image", "inspect", image))[0]


@IMAGES
def test_labels_name_source_revision_and_version(podman, image):
    labels = {
        name.removeprefix("org.opencontainers.image."): text for name, text in inspect(podman, image)["Labels"].items()
    }
    assert labels["version"] == __version__
    assert len(labels["revision"].removesuffix("+")) == 40
    assert labels["licenses"] == "Apache-2.0"
    assert {"title", "source"} <= set(labels)


@IMAGES
def test_an_image_runs_as_nobody_without_being_told(podman, image):
    assert inspect(podman, image)["User"] == USER
    code = "import os; print(os.getuid(), os.getgid(), os.access('/opt/pulih', os.W_OK))"
    assert podman("run", "--rm", "--entrypoint=python", image, "-c", code).split() == [*USER.split(":"), "False"]


def test_the_endpoint_has_no_torch_and_is_below_900_mb(podman):
    code = (
        "import importlib.util as u; print([n for n in ('torch', 'kfp', 'mlflow', 'feast', 'pip') if u.find_spec(n)])"
    )
    found = podman("run", "--rm", "--entrypoint=python", SERVING, "-c", code).strip()
    # Debian's pip is in the stand-in for the base image, outside of the environment.
    assert found == "[]"
    assert inspect(podman, SERVING)["Size"] < 900 * MB


def test_the_training_image_has_its_fonts_and_no_node(podman):
    code = "import os, shutil; print(len(os.listdir('/opt/pulih/fonts')), shutil.which('node'), shutil.which('npm'))"
    count, *programs = podman("run", "--rm", "--entrypoint=python", TRAINING, "-c", code).split()
    assert int(count) > 20
    assert programs == ["None", "None"]


def test_the_health_check_of_the_endpoint_tells_a_live_server_from_a_dead_one(podman, tmp_path):
    model = f"--volume={ROOT / 'src' / 'pulih' / 'released' / 'restorer'}:/mnt/models:ro"
    podman("run", "--detach", "--name=live", "--network=none", model, SERVING)
    podman("run", "--detach", "--name=dead", "--network=none", "--entrypoint=sleep", SERVING, "600")
    try:
        until(lambda: podman.try_("healthcheck", "run", "live").returncode == 0, 900, "the health check")
        assert podman.try_("healthcheck", "run", "dead").returncode != 0
    finally:
        podman("rm", "--force", "--time=0", "live", "dead")


def pips_index():
    """Return the index that pip reads, with a planted password before the host."""
    from pip._internal.models import index

    told = subprocess.run(["pip", "config", "get", "global.index-url"], capture_output=True, text=True, check=False)
    scheme, _, rest = (told.stdout.strip() or index.PyPI.simple_url).partition("://")
    return lambda password: f"{scheme}://tests:{password}@{rest.rpartition('@')[2]}"


def test_another_build_of_the_commit_has_the_same_digest_whatever_the_password_of_the_index(podman, planted):
    built = inspect(podman, SERVING)
    commit = {"REVISION": built["Labels"]["org.opencontainers.image.revision"]}
    variables = commit | {"BUILD_FLAGS": "--no-cache", "PIP_INDEX_URL": pips_index()(planted), "REBUILD": "1"}
    environment = {name: text for name, text in os.environ.items() if name != "PULIH_CONTAINERS"} | variables
    done = subprocess.run(
        [ROOT / "scripts" / "container_images.sh", "serving"],
        env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=7200,
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    assert planted not in done.stdout + done.stderr
    assert inspect(podman, SERVING)["Digest"] == built["Digest"]


@IMAGES
def test_no_layer_and_no_history_holds_a_planted_password(podman, image, planted):
    said = json.dumps(inspect(podman, image)) + podman("history", "--no-trunc", "--format=json", image)
    assert planted not in said
    saving = subprocess.Popen(
        ["podman", "save", "--quiet", "--format=docker-archive", image], env=podman.environment, stdout=subprocess.PIPE
    )
    # What every image has must be found, or the search is worth nothing.
    patterns = ["--regexp", planted, "--regexp", "org.opencontainers.image.version"]
    searching = ["grep", "--text", "--only-matching", "--fixed-strings", *patterns]
    found = subprocess.run(searching, stdin=saving.stdout, capture_output=True, text=True, check=False)
    assert saving.wait() == 0
    assert set(found.stdout.split()) == {"org.opencontainers.image.version"}
