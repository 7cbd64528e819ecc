"""Podman with the image store that scripts/container_images.sh fills, and how a cluster would hold containers."""

import os
import re
import secrets
import subprocess
import time
from importlib.metadata import distributions
from pathlib import Path

from engine.janitor import Janitor
from pulih import __version__

SERVING = f"localhost/pulih/serving:{__version__}"
TRAINING = f"localhost/pulih/training:{__version__}-python3.11"
SITE = "/opt/pulih/lib/python3.11/site-packages"
USER = "65532:65532"
# As in scripts/container_images.sh: what is left out of the training image for the tests.
SHARED = re.compile("torch|triton|nvidia-.*|cuda-.*")
# What Pod Security `restricted` asks for, a root that cannot be written to, and limits.
HELD = (
    f"--user={USER}",
    "--read-only",
    "--read-only-tmpfs=false",
    "--tmpfs=/tmp:rw,size=2g,mode=1777",
    "--cap-drop=all",
    "--security-opt=no-new-privileges",
    "--memory=4g",
    "--pids-limit=512",
)

CLEANING = """
podman pod ps --quiet --filter "label=$1" | xargs -r podman pod rm --force --time=0
podman ps --all --quiet --filter "label=$1" | xargs -r podman rm --force --time=0
podman network ls --quiet --filter "label=$1" | xargs -r podman network rm --force
"""


def shared_packages():
    """Return the folders of torch and CUDA in this environment, by their name in an environment."""
    files = (file for dist in distributions() if SHARED.fullmatch(dist.name.lower()) for file in dist.files or ())
    names = {file.parts[0] for file in files} - {"..", "__pycache__"}
    site = Path(next(dist for dist in distributions() if dist.name == "torch").locate_file(""))
    return {name: (site / name).resolve() for name in sorted(names) if (site / name).exists()}


class Podman:
    """The commands of podman; ``folder`` is what scripts/container_images.sh prints."""

    def __init__(self, folder):
        settings = {"CONTAINERS_CONF": folder / "containers.conf", "CONTAINERS_STORAGE_CONF": folder / "storage.conf"}
        self.environment = os.environ | {name: str(path) for name, path in settings.items()}
        self.janitor = Janitor(self.environment)
        # Another run of the tests may be at work in the same store.
        self.label = ("pulih.tests", secrets.token_hex(8))
        self.janitor.will_run("sh", "-c", CLEANING, "sh", "=".join(self.label))

    def try_(self, *arguments, timeout=1800, **variables):
        """Run a command and return what became of it; ``variables`` are added to its environment."""
        own = [f"--label={'='.join(self.label)}"] if arguments[0] == "run" else []
        command = ["podman", arguments[0], *own, *map(str, arguments[1:])]
        environment = self.environment | variables
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, errors="replace", check=False, timeout=timeout
        )

    def __call__(self, *arguments, **options):
        """Run a command and return its output."""
        done = self.try_(*arguments, **options)
        assert done.returncode == 0, f"podman {arguments[0]}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout

    def needs_packages(self):
        """Whether the training image was built without torch."""
        code = "import importlib.util, sys; sys.exit(importlib.util.find_spec('torch') is None)"
        return self.try_("run", "--rm", "--entrypoint=python", TRAINING, "-c", code).returncode != 0

    def logs(self, name):
        done = self.try_("logs", name)
        return done.stdout + done.stderr

    def wait(self, name, seconds):
        """Wait for a container and return its exit code."""
        return int(self("wait", name, timeout=seconds))


def until(condition, seconds, what):
    """Wait for a true value and return it."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.2)
    return found
