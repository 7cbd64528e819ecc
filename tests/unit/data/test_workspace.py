import shutil

import pytest

from pulih.common.config import StageConfig
from pulih.common.errors import ArtifactError, ConfigError
from pulih.common.lock import FolderBusy, only_process
from pulih.data.manifest import NAME, verify
from pulih.data.workspace import OWNER, publish, run_stage, state_of


class Counting(StageConfig):
    seed: int = 0


class Work:
    """A stage's work that counts how often it ran, and fails when told to."""

    def __init__(self, failing=False):
        self.runs, self.failing = 0, failing

    def __call__(self, folder):
        self.runs += 1
        (folder / "state").mkdir(exist_ok=True)
        (folder / "state" / "checkpoint").write_text("half way")
        if self.failing:
            raise RuntimeError("interrupted")
        (folder / "result.txt").write_text("done")
        return {"answer": 42}


@pytest.fixture(autouse=True)
def no_work_dir(monkeypatch):
    monkeypatch.delenv("PULIH_WORK_DIR", raising=False)


def run(output, work, seed=0, parents=None):
    return run_stage("lines", Counting(seed=seed), parents or {}, output, work)


def test_result_is_sealed_with_the_facts(tmp_path):
    sealed = run(tmp_path, Work())
    assert sealed.facts == {"answer": 42}
    assert verify(tmp_path, "lines") == sealed


def test_finished_stage_is_not_run_again(tmp_path):
    work = Work()
    assert run(tmp_path, work) == run(tmp_path, work)
    assert work.runs == 1


def test_failed_stage_keeps_its_state_and_runs_again(tmp_path):
    with pytest.raises(RuntimeError, match="interrupted"):
        run(tmp_path, Work(failing=True))
    assert (tmp_path / "state" / "checkpoint").read_text() == "half way"
    assert not (tmp_path / NAME).exists()
    run(tmp_path, Work())
    assert (tmp_path / NAME).exists()


def test_folder_of_another_config_is_refused_unfinished_and_finished(tmp_path):
    with pytest.raises(RuntimeError, match="interrupted"):
        run(tmp_path, Work(failing=True))
    with pytest.raises(ConfigError, match="another config"):
        run(tmp_path, Work(), seed=1)
    run(tmp_path, Work())
    with pytest.raises(ConfigError, match="another config"):
        run(tmp_path, Work(), seed=1)


def test_artifact_of_another_config_that_was_copied_here_is_refused(tmp_path):
    run(tmp_path / "first", Work())
    shutil.copytree(tmp_path / "first", tmp_path / "copy", ignore=shutil.ignore_patterns(".*"))
    with pytest.raises(ConfigError, match="another"):
        run(tmp_path / "copy", Work(), seed=1)


def test_folder_of_other_parents_is_refused(tmp_path):
    for name, seed in (("a", 0), ("b", 1)):
        run(tmp_path / name, Work(), seed=seed)
    run(tmp_path / "child", Work(), parents={"lines": tmp_path / "a"})
    with pytest.raises(ConfigError, match="another parents"):
        run(tmp_path / "child", Work(), parents={"lines": tmp_path / "b"})


def test_altered_finished_artifact_is_refused(tmp_path):
    run(tmp_path, Work())
    (tmp_path / "result.txt").write_text("Done")
    with pytest.raises(ArtifactError, match=r"result\.txt"):
        run(tmp_path, Work())


def test_two_processes_never_share_a_folder(tmp_path):
    with only_process(tmp_path), pytest.raises(FolderBusy):
        run(tmp_path, Work())


def test_work_folder_serves_every_output_of_the_same_config(tmp_path, monkeypatch):
    monkeypatch.setenv("PULIH_WORK_DIR", str(tmp_path / "work"))
    work = Work()
    first, second = run(tmp_path / "one", work), run(tmp_path / "two", work)
    assert work.runs == 1
    assert first == second == verify(tmp_path / "two", "lines")
    assert not (tmp_path / "two" / "state").exists()
    run(tmp_path / "three", work, seed=1)
    assert work.runs == 2


def test_state_tells_what_a_run_would_find(tmp_path):
    states = [state_of("lines", Counting(), {}, tmp_path)]
    with pytest.raises(RuntimeError, match="interrupted"):
        run(tmp_path, Work(failing=True))
    states.append(state_of("lines", Counting(), {}, tmp_path))
    with only_process(tmp_path):
        states.append(state_of("lines", Counting(), {}, tmp_path))
    run(tmp_path, Work())
    states += [state_of("lines", Counting(), {}, tmp_path), state_of("lines", Counting(seed=1), {}, tmp_path)]
    assert states == ["new", "unfinished", "busy", "finished", "foreign"]


def test_publishing_replaces_older_files_and_brings_no_private_ones(tmp_path):
    sealed = run(tmp_path / "made", Work())
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "result.txt").write_text("older")
    publish(tmp_path / "made", tmp_path / "out", sealed)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"result.txt", NAME}
    assert (tmp_path / "out" / "result.txt").read_text() == "done"
    assert (tmp_path / "made" / OWNER).exists()
