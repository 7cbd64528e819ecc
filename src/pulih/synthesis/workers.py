"""Jobs in parallel processes that end with their parent and leave signals to it."""

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait

from pulih.common.children import leave_signals_to_parent
from pulih.common.errors import Interrupted
from pulih.common.interrupt import StopFlag
from pulih.synthesis.jobs import Job, Material, carry_out


def resolved_workers(wanted: int) -> int:
    """Return ``wanted`` processes, or with 0 as many as this process may use cores."""
    return wanted or len(os.sched_getaffinity(0))


def run_jobs(material: Material, jobs: Sequence[Job], workers: int, stop: StopFlag) -> Iterator[Job]:
    """Write every job and yield it when it is done, in any order; one worker is this very process.

    Raises:
        Interrupted: a stop was requested; jobs already begun are finished first.
    """
    workers = min(workers, len(jobs))
    if workers <= 1:
        yield from _run_here(material, jobs, stop)
        return
    # Spawned, because forking a process that holds the threads of torch or OpenCV may lock up.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, initializer=_begin_worker, initargs=(material,)) as pool:
        futures = {pool.submit(_run, job): job for job in jobs}
        try:
            yield from _completed(futures, stop)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _run_here(material: Material, jobs: Sequence[Job], stop: StopFlag) -> Iterator[Job]:
    for job in jobs:
        if stop.requested:
            raise _interrupted()
        carry_out(material, job)
        yield job


def _completed(futures: "dict[Future[None], Job]", stop: StopFlag) -> Iterator[Job]:
    pending = set(futures)
    while pending:
        done, pending = wait(pending, timeout=0.3, return_when=FIRST_COMPLETED)
        for future in done:
            future.result()
            yield futures[future]
        if stop.requested and pending:
            raise _interrupted()


def _interrupted() -> Interrupted:
    return Interrupted("synthesis was stopped; what is finished stays: run the same command again to continue")


_received: list[Material] = []


def _begin_worker(material: Material) -> None:
    leave_signals_to_parent()
    _received[:] = [material]


def _run(job: Job) -> None:
    carry_out(_received[0], job)
