"""A batch at work: what was finished is kept, what fails is told, and nothing stops the others."""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pulih.batch.config import BatchConfig
from pulih.batch.files import copy_original, remove_stale, sweep
from pulih.batch.intake import Intake, Prepared
from pulih.batch.outputs import possible
from pulih.batch.policies import BatchAborted, check_existing, check_failures
from pulih.batch.pool import Pool
from pulih.batch.progress import Progress
from pulih.batch.sources import Source, printable
from pulih.batch.state import FINISHED, Key, Record, State
from pulih.batch.task import Done, Failed, Task
from pulih.common.errors import Interrupted
from pulih.common.interrupt import StopFlag
from pulih.common.logging import get_logger

log = get_logger(__name__)
LOOK = 0.3  # seconds between looks at the workers


@dataclass(frozen=True)
class Identity:
    """Digests of the model and of the parameters, and the parameters as provenance tells them."""

    model: str
    parameters: str
    told: dict[str, Any]

    def key(self, sha256: str, xml_sha256: str) -> Key:
        """Return the key of a page."""
        return Key(sha256, xml_sha256, self.model, self.parameters)


class Batch:
    """Works off sources with a pool of workers; the state is written by this process alone."""

    def __init__(
        self, config: BatchConfig, sources: Sequence[Source], output: Path, identity: Identity, state: State
    ) -> None:
        self._config, self._sources, self._output, self._identity = config, sources, output, identity
        self._state = state
        self.progress = Progress(len(sources))
        self._again: deque[Task] = deque()
        self._held: Task | None = None

    def work(self, pool: Pool, intake: Intake, stop: StopFlag) -> None:
        """Work off every source.

        Raises:
            Interrupted: a stop was requested; pages in work had their grace.
            BatchAborted: a policy ends the batch, or no page can succeed (a full disk).
        """
        tasks = self._tasks(intake, stop)
        more = True
        while more or self._again or self._held or pool.tasks:
            if stop.requested:
                self._drain(pool, intake)
                raise Interrupted(f"the batch was stopped ({self.progress.sentence()}); run it again to continue")
            more = self._feed(pool, tasks, stop)
            self._hear(pool, intake)
            self.progress.tell()
        self.progress.ended = time.monotonic()
        log.info("%s", self.progress.sentence())

    def _feed(self, pool: Pool, tasks: Iterator[Task], stop: StopFlag) -> bool:
        """Give tasks while workers are idle; returns whether more may come."""
        while not stop.requested:
            self._held = self._held or (self._again.popleft() if self._again else next(tasks, None))
            if self._held is None:
                return False
            pool.start()
            if not pool.idle or not self._fits(self._held, pool):
                return True
            task, self._held = self._held, None
            self._begin(task)
            pool.give(task)
        return True

    def _fits(self, task: Task, pool: Pool) -> bool:
        pixels = [other.pixels for other in pool.tasks]
        return not pixels or sum(pixels) + task.pixels <= self._config.pixels_in_flight

    def _hear(self, pool: Pool, intake: Intake) -> None:
        for task, answer in pool.answers(LOOK):
            self._settle(task, answer, intake)

    def _drain(self, pool: Pool, intake: Intake) -> None:
        until = time.monotonic() + self._config.grace
        while pool.tasks and time.monotonic() < until:
            self._hear(pool, intake)

    def _tasks(self, intake: Intake, stop: StopFlag) -> Iterator[Task]:
        fresh = (source for source in self._sources if not self._is_known(source))
        for prepared in intake.ahead(fresh, count=4):
            if stop.requested:
                return
            task = self._task(prepared)
            if task is not None:
                yield task
            else:
                intake.release(prepared.path, prepared.xml)
            self.progress.tell()

    def _is_known(self, source: Source) -> bool:
        """Whether a store's tag shows, without a download, that the page is finished."""
        record = self._state.get(source.name)
        if record is None or source.tag is None or record.tag != source.tag or self._config.page.takes_xml:
            return False
        known = self._is_finished(record, self._identity.key(record.key.sha256, record.key.xml_sha256))
        self.progress.before += known
        return known

    def _is_finished(self, record: Record, key: Key) -> bool:
        whole = all((self._output / name).is_file() for name in record.outputs)
        return record.key == key and record.status in FINISHED and whole

    def _task(self, prepared: Prepared) -> Task | None:
        source, key = prepared.source, self._identity.key(prepared.sha256, prepared.xml_sha256)
        record = self._state.get(source.name)
        if prepared.problem:
            self._fail(Task(source.name, source.stem, printable(source.place), Path(), None, key), prepared.problem, ())
            return None
        if record and self._is_finished(record, key):
            self.progress.before += 1
            return None
        # What a failed or killed attempt left is nobody's result, whatever the parameters were.
        ours = record is not None and (record.key == key or record.status in ("begun", "failed"))
        former = record.outputs[:1] if record else ()
        names = [*possible(source.name, source.stem, self._config.page), *former]
        if not ours and not check_existing(names, self._output, self._config):
            self.progress.skipped += 1
            log.info("%s: skipped, its output is there and was made from something else", source.name)
            return None
        told = self._identity.told
        return Task(
            source.name,
            source.stem,
            printable(source.place),
            prepared.path,
            prepared.xml,
            key,
            source.tag,
            told,
            prepared.pixels,
            image=source.image,
            answers=source.answers,
        )

    def _begin(self, task: Task) -> None:
        record = self._state.get(task.name)
        if record is not None and record.status == "begun":
            sweep(self._output, task.stem)
        former = record.outputs if record else ()
        self._state.put(Record(task.name, task.key, "begun", task.tag, task.attempt, former))

    def _settle(self, task: Task, answer: Done | Failed, intake: Intake) -> None:
        if isinstance(answer, Failed) and answer.again and task.attempt <= self._config.retries:
            log.warning("%s: %s; tried again", task.name, answer.reason)
            self._again.append(replace(task, attempt=task.attempt + 1))
            return
        if isinstance(answer, Done):
            self._finish(task, answer)
        elif answer.fatal:
            raise BatchAborted("a batch that can go on", answer.reason, "Then run the same command again.")
        else:
            copies = self._config.missing_output == "COPY"
            copied = copy_original(task.path, self._output, task.stem, task.name) if copies else ()
            self._fail(task, answer.reason, copied)
        intake.release(task.path, task.xml)

    def _finish(self, task: Task, done: Done) -> None:
        record = self._state.get(task.name)
        facts = asdict(done.facts)
        self._state.put(Record(task.name, task.key, done.status, task.tag, task.attempt, done.outputs, facts))
        remove_stale(self._output, record.outputs if record else (), done.outputs)
        if done.status == "restored":
            self.progress.restored += 1
        else:
            self.progress.passed += 1
        log.info("%s: %s (%.1f s)", task.name, done.facts.pages[0].decision, done.facts.seconds)

    def _fail(self, task: Task, reason: str, copied: tuple[str, ...]) -> None:
        record = self._state.get(task.name)
        sweep(self._output, task.stem)
        # What an earlier run made of the page stays until there is something better.
        outputs = tuple(dict.fromkeys((*copied, *(record.outputs if record else ()))))
        self._state.put(Record(task.name, task.key, "failed", task.tag, task.attempt, outputs, {}, reason))
        self.progress.failed += 1
        log.error("%s failed: %s", task.name, reason)
        check_failures(self.progress.failed, len(self._sources), f"{task.name}: {reason}", self._config)
