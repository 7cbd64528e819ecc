"""Checks of the machine: Python, packages, devices, disk and memory."""

import importlib.metadata
import os
import platform
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pulih.common.settings import Settings
from pulih.doctor import needs
from pulih.doctor.finding import Finding

if TYPE_CHECKING:
    import torch

CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def check_python(_: Settings) -> Finding:
    """Check the Python version and say on what system it runs."""
    found = f"Python {platform.python_version()} on {platform.system()} {platform.release()} {platform.machine()}"
    if sys.version_info[:2] != needs.PYTHON:
        wanted = ".".join(map(str, needs.PYTHON))
        return Finding("Python", "fail", found, f"Install Python {wanted}, then `make setup PYTHON=python{wanted}`.")
    if platform.system() != "Linux":
        return Finding("Python", "warn", found, "Pulih is tested on Linux: a container or WSL behaves as tested.")
    return Finding("Python", "ok", found)


def check_packages(_: Settings) -> Finding:
    """Check that every dependency is installed in the version that was tested."""
    try:
        pins = [pin for pin in importlib.metadata.requires("pulih") or [] if "==" in pin]
    except importlib.metadata.PackageNotFoundError:
        return Finding("packages", "fail", "pulih itself is not installed", "Run `make setup`.")
    wrong = [problem for pin in pins if (problem := _difference(pin))]
    if wrong:
        more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        return Finding("packages", "fail", ", ".join(wrong[:5]) + more, "Run `make setup`: it installs the lock file.")
    return Finding("packages", "ok", f"{len(pins)} pinned dependencies as tested")


def _difference(pin: str) -> str:
    name, _, version = pin.partition(";")[0].replace("(", "").replace(")", "").replace(" ", "").partition("==")
    try:
        installed = importlib.metadata.version(name.partition("[")[0])
    except importlib.metadata.PackageNotFoundError:
        return f"{name} is missing"
    return "" if installed.partition("+")[0] == version else f"{name} is {installed}, not {version}"


def check_devices(_: Settings) -> Finding:
    """Check every GPU, or else the CPU, with a trial computation."""
    cores = len(os.sched_getaffinity(0))
    import torch

    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    broken = [reason for number in range(gpus) if (reason := _trial(torch.device("cuda", number)))]
    if broken:
        repair = "Check the driver with `nvidia-smi`, or set CUDA_VISIBLE_DEVICES= to train on the CPU."
        return Finding("devices", "fail", "; ".join(broken), repair)
    if reason := _trial(torch.device("cpu")):
        return Finding("devices", "fail", reason, "Run `make clean setup`: torch does not work on this processor.")
    names = ", ".join(torch.cuda.get_device_name(number) for number in range(gpus)) or "no GPU"
    found = f"{cores} CPU cores, {names}, torch {torch.__version__}"
    if not gpus and cores < needs.CORES:
        return Finding("devices", "warn", found, f"Give it {needs.CORES} cores: the quick run takes longer with fewer.")
    return Finding("devices", "ok", found)


def _trial(device: "torch.device") -> str:
    import torch

    try:
        image = torch.arange(64.0, device=device).reshape(1, 1, 8, 8)
        summed = torch.nn.functional.conv2d(image, torch.ones(1, 1, 3, 3, device=device)).sum().item()
    except RuntimeError as err:
        return f"{device} does not compute ({str(err).splitlines()[0]})"
    # The 36 inner pixels of 0..63 have the mean 31.5, each window sums 9 of them.
    return "" if summed == 36 * 9 * 31.5 else f"{device} computes wrongly ({summed} for {36 * 9 * 31.5})"


def check_disk(settings: Settings) -> Finding:
    """Check the room where the runs go."""
    folder = settings.runs_dir.absolute()
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not os.access(existing, os.W_OK):
        return Finding("disk", "fail", f"{existing} cannot be written", "Set PULIH_RUNS_DIR to a folder of yours.")
    free = shutil.disk_usage(existing).free
    found = f"{free / needs.GB:.1f} GB free at {existing}"
    repair = f"Free some space or set PULIH_RUNS_DIR to a larger disk: {needs.DISK / needs.GB:.0f} GB hold some runs."
    if free < needs.DISK:
        return Finding("disk", "fail" if free < needs.DISK_LEAST else "warn", found, repair)
    return Finding("disk", "ok", found)


def check_memory(_: Settings) -> Finding:
    """Check the memory that is free, within the container's limit if there is one."""
    import psutil

    free, limit = psutil.virtual_memory().available, _container_limit()
    usable = min(free, limit)
    bound = " (the container's limit)" if limit < free else ""
    found = f"{usable / needs.GB:.1f} GB free{bound}"
    repair = f"Close other programs or raise the limit: the quick run needs up to {needs.MEMORY / needs.GB:.0f} GB."
    if usable < needs.MEMORY:
        return Finding("memory", "fail" if usable < needs.MEMORY_LEAST else "warn", found, repair)
    return Finding("memory", "ok", found)


def _container_limit() -> float:
    for path in CGROUP_LIMITS:
        try:
            return float(path.read_text())
        except (OSError, ValueError):
            continue
    return float("inf")
