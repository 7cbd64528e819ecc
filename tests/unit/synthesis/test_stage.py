import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from pulih.common.config import build_config
from pulih.common.errors import ArtifactError, ConfigError, UserError
from pulih.data.lines import SPLITS, read_lines
from pulih.data.manifest import read_manifest
from pulih.data.pages import read_pages
from pulih.synthesis.config import SynthesisConfig
from pulih.synthesis.stage import synthesize

PROGRAM = """
import json, sys
from pathlib import Path
from pulih.common.errors import PulihError
from pulih.synthesis.config import SynthesisConfig
from pulih.synthesis.stage import synthesize
if __name__ == "__main__":
    try:
        synthesize(SynthesisConfig(**json.loads(sys.argv[1])), Path(sys.argv[2]))
    except PulihError as err:
        print(err)
        sys.exit(err.exit_code)
"""


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def visible(folder: Path) -> dict[str, bytes]:
    return {name: data for name, data in contents(folder).items() if not Path(name).name.startswith(".")}


@pytest.fixture
def start(tmp_path, small):
    """Start the stage in a process of its own; it is ended with the test."""
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    processes = []

    def run(config, output):
        values = json.dumps(config.model_dump(mode="json") | {"workers": config.workers})
        command = [sys.executable, str(script), values, str(output)]
        processes.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        return processes[-1]

    yield run
    for process in processes:
        process.kill()
        process.wait()


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.02)


def test_tiny_artifact_has_every_split_and_says_so(tiny_lines):
    facts = read_manifest(tiny_lines).facts
    assert facts["lines"] == {split: len(read_lines(tiny_lines, split)) for split in SPLITS}
    assert facts["pages"] == len(read_pages(tiny_lines)) == 2
    assert set(facts["fonts"]["seen"]).isdisjoint(facts["fonts"]["held_out"])
    light, medium, heavy = facts["psnr_by_severity_third"]
    assert light > medium > heavy > 8


def test_lines_of_the_artifact_are_whole(tiny_lines):
    config = build_config(SynthesisConfig, read_manifest(tiny_lines).config)
    for split in SPLITS:
        samples = read_lines(tiny_lines, split)
        assert len({sample.key for sample in samples}) == len(samples)
        assert all(sample.text and sample.clean.shape == sample.degraded.shape for sample in samples)
        assert max(sample.clean.shape[1] for sample in samples) <= config.max_width


def test_number_of_workers_and_shared_folders_change_no_byte(small, tmp_path):
    synthesize(small(workers=1, pages=1), tmp_path / "one")
    synthesize(small(workers=2, pages=1), tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_other_seed_gives_other_lines(small, tmp_path):
    few = {"train": 2, "validation": 0, "test_seen": 0, "test_unseen": 0}
    for seed in (1, 2):
        synthesize(small(seed=seed, **few), tmp_path / str(seed))
    first, second = (read_lines(tmp_path / str(seed), "train") for seed in (1, 2))
    assert [line.text for line in first] != [line.text for line in second]


def test_missing_shards_are_made_again_and_finished_ones_left_alone(small, tmp_path):
    config = small()
    sealed = synthesize(config, tmp_path / "lines")
    kept, lost = tmp_path / "lines" / "train-00000.tar", tmp_path / "lines" / "train-00001.tar"
    before = kept.stat().st_mtime_ns
    (tmp_path / "lines" / "manifest.json").unlink()
    lost.unlink()
    (tmp_path / "lines" / ".train-00001.tar.abc").write_bytes(b"half a shard")
    assert synthesize(config, tmp_path / "lines") == sealed
    assert kept.stat().st_mtime_ns == before
    assert not (tmp_path / "lines" / ".train-00001.tar.abc").exists()


def test_finished_artifact_is_reused(small, tmp_path):
    first = synthesize(small(), tmp_path)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.tar")}
    assert synthesize(small(workers=2), tmp_path) == first
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.tar")} == times


def test_folder_of_another_config_is_refused(small, tmp_path):
    synthesize(small(), tmp_path)
    with pytest.raises(ConfigError, match="another config"):
        synthesize(small(seed=9), tmp_path)


def test_altered_shard_is_refused_by_name(small, tmp_path):
    synthesize(small(), tmp_path)
    shard = tmp_path / "test_seen-00000.tar"
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(data)
    with pytest.raises(ArtifactError, match=r"test_seen-00000\.tar"):
        read_lines(tmp_path, "train")


@pytest.mark.parametrize("workers", [1, 2])
def test_full_disk_is_said_and_what_was_finished_stays(small, small_disk, workers):
    config = small(train=400, shard_size=10, max_width=400, min_width=300, workers=workers)
    with pytest.raises(UserError, match="full disk") as caught:
        synthesize(config, small_disk / "lines")
    assert "what was finished stays" in caught.value.fix
    shards = sorted((small_disk / "lines").glob("*.tar"))
    assert shards
    assert not (small_disk / "lines" / "manifest.json").exists()
    assert not list((small_disk / "lines").glob(".*.tar.*"))


@pytest.mark.slow
def test_killed_run_leaves_no_process_and_continues_to_the_same_bytes(small, start, tmp_path):
    config = small(train=240, shard_size=4, pages=1, workers=2)
    process = start(config, tmp_path / "killed")
    wait_for(lambda: len(list((tmp_path / "killed").glob("train-*.tar"))) >= 3)
    children = psutil.Process(process.pid).children(recursive=True)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert children
    assert psutil.wait_procs(children, timeout=20)[1] == []
    finished = {path.name for path in (tmp_path / "killed").glob("*.tar")}
    assert 0 < len(finished) < 60 + 3
    synthesize(config, tmp_path / "killed")
    synthesize(config, tmp_path / "whole")
    assert visible(tmp_path / "killed") == visible(tmp_path / "whole")


@pytest.mark.slow
def test_sigterm_ends_cleanly_with_its_exit_code(small, start, tmp_path):
    process = start(small(train=2000, shard_size=4, workers=2), tmp_path / "lines")
    wait_for(lambda: list((tmp_path / "lines").glob("train-*.tar")))
    process.terminate()
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 143
    assert "run the same command again to continue" in said
    assert not list((tmp_path / "lines").glob(".*.tar.*"))
    assert not (tmp_path / "lines" / "manifest.json").exists()
