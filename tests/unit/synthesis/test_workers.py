import os

import pytest

from pulih.common.errors import InputError, Interrupted
from pulih.common.interrupt import StopFlag
from pulih.synthesis.jobs import gather, jobs_of
from pulih.synthesis.workers import resolved_workers, run_jobs


def test_zero_workers_means_one_per_core():
    assert resolved_workers(0) == len(os.sched_getaffinity(0))
    assert resolved_workers(3) == 3


@pytest.mark.parametrize("workers", [1, 2])
def test_every_job_is_done_and_reported(small, tmp_path, workers):
    config = small()
    jobs = jobs_of(config)
    done = list(run_jobs(gather(config, tmp_path), jobs, workers, StopFlag()))
    assert sorted(map(str, done)) == sorted(map(str, jobs))
    assert all(job.is_done(tmp_path) for job in jobs)


@pytest.mark.parametrize("workers", [1, 2])
def test_stop_leaves_finished_jobs_and_raises(small, tmp_path, workers):
    config, stop = small(train=400), StopFlag()
    jobs = jobs_of(config)
    running = run_jobs(gather(config, tmp_path), jobs, workers, stop)
    first = next(running)
    stop.request()
    with pytest.raises(Interrupted, match="same command again"):
        list(running)
    finished = [job for job in jobs if job.is_done(tmp_path)]
    assert first in finished
    assert len(finished) < len(jobs) / 2
    assert not list(tmp_path.glob(".*"))


def test_error_in_a_worker_reaches_the_user_as_it_is(small, tmp_path, monkeypatch):
    config = small(held_out_fonts=["bilbo", "kristi"])
    material = gather(config, tmp_path)
    monkeypatch.setenv("PULIH_FONTS_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(InputError) as caught:
        list(run_jobs(material, jobs_of(config), 2, StopFlag()))
    assert "pulih.synthesis.fonts" in caught.value.fix
