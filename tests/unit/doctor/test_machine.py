import importlib.metadata
import os
import sys
from collections import namedtuple

import psutil
import pytest

from pulih.doctor import machine, needs

Usage = namedtuple("Usage", "total used free")


def test_this_python_is_the_one_supported(clean):
    assert machine.check_python(clean()).state == "ok"


def test_another_python_fails_with_the_one_to_install(clean, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 13, 0))
    finding = machine.check_python(clean())
    assert (finding.state, "Install Python 3.11" in finding.repair) == ("fail", True)


def test_another_system_is_a_warning(clean, monkeypatch):
    monkeypatch.setattr(machine.platform, "system", lambda: "Darwin")
    assert machine.check_python(clean()).state == "warn"


def test_the_locked_environment_is_as_tested(clean):
    finding = machine.check_packages(clean())
    assert finding.state == "ok", finding.found


def test_a_package_of_another_version_or_missing_is_named(clean, monkeypatch):
    pins = ["numpy (==0.0.1)", "no-such-package (==1.0)", 'pillow (==1) ; extra == "x"', "jinja2 (>=1)"]
    monkeypatch.setattr(importlib.metadata, "requires", lambda _: pins)
    finding = machine.check_packages(clean())
    assert finding.state == "fail"
    assert f"numpy is {importlib.metadata.version('numpy')}, not 0.0.1, no-such-package is missing" in finding.found
    assert "jinja2" not in finding.found


def test_the_processor_computes(clean):
    finding = machine.check_devices(clean())
    assert finding.state in {"ok", "warn"}
    assert f"{len(os.sched_getaffinity(0))} CPU cores" in finding.found


def test_a_device_that_computes_wrongly_or_not_at_all_is_named(monkeypatch):
    import torch

    monkeypatch.setattr(torch.nn.functional, "conv2d", lambda image, _: image)
    assert "computes wrongly" in machine._trial(torch.device("cpu"))
    assert "cuda:7 does not compute" in machine._trial(torch.device("cuda", 7))


@pytest.mark.parametrize(
    ("free", "state"), [(needs.DISK + 1, "ok"), (needs.DISK - 1, "warn"), (needs.DISK_LEAST - 1, "fail")]
)
def test_the_disk_is_judged_by_what_a_run_needs(clean, monkeypatch, free, state):
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: Usage(10**12, 0, free))
    assert machine.check_disk(clean()).state == state


def test_the_disk_of_the_runs_folder_is_looked_at(clean, small_disk):
    finding = machine.check_disk(clean(runs_dir=small_disk / "not" / "yet"))
    assert (finding.state, str(small_disk) in finding.found) == ("fail", True)
    assert list(small_disk.iterdir()) == []


def test_a_folder_that_cannot_be_written_fails(clean):
    finding = machine.check_disk(clean(runs_dir="/proc/runs"))
    assert (finding.state, "PULIH_RUNS_DIR" in finding.repair) == ("fail", True)


@pytest.mark.parametrize(
    ("free", "limit", "state"),
    [
        (needs.MEMORY + 1, "max", "ok"),
        (needs.MEMORY - 1, "max", "warn"),
        (needs.MEMORY + 1, str(needs.MEMORY_LEAST - 1), "fail"),
    ],
)
def test_memory_is_what_is_free_within_the_container(clean, monkeypatch, tmp_path, free, limit, state):
    (tmp_path / "memory.max").write_text(limit)
    monkeypatch.setattr(machine, "CGROUP_LIMITS", (tmp_path / "none", tmp_path / "memory.max"))
    monkeypatch.setattr(psutil, "virtual_memory", lambda: namedtuple("M", "available")(free))
    finding = machine.check_memory(clean())
    assert finding.state == state
    assert ("container" in finding.found) == (state == "fail")
