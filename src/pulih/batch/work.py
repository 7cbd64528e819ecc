"""What a worker does with one file: read, judge its pages, and write the answer with its provenance and XML."""

import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from pulih.batch import confidence, outputs, provenance
from pulih.batch.answerxml import answer_xml
from pulih.batch.config import PageConfig
from pulih.batch.judging import Judge
from pulih.batch.pages import Pages, now
from pulih.batch.scribe import Scribe
from pulih.batch.task import Done, FileFacts, Task
from pulih.batch.xmlfiles import read_xml
from pulih.common.errors import InputError
from pulih.common.files import write_bytes, write_json
from pulih.data.manifest import file_sha256
from pulih.data.metadata import has_several


class Workshop:
    """Carries out tasks: files in, answers below ``output`` out."""

    def __init__(self, judge: Judge, config: PageConfig, output: Path, scribe: Scribe | None = None) -> None:
        self._judge, self._config, self._output, self._scribe = judge, config, output, scribe

    def carry_out(self, task: Task) -> Done:
        """Restore one file and write what belongs to it; the image appears last, so that what is there is whole.

        Raises:
            InputError: the file cannot be used, or is not the one that was listed.
            UserError: the disk is full.
        """
        started, clock = now(), time.perf_counter()
        data = _read(task, self._config)
        xml = read_xml(task.xml) if task.xml else None
        several = has_several(data)
        suffix = outputs.suffix_of(task.name, self._config, several)
        target = self._output / f"{task.stem}{suffix}"
        scratch = _scratch(target)
        # A PAGE or ALTO file is of one page.
        scribe = None if several else self._scribe
        pages = Pages(task.name, self._config, self._judge, xml, scribe)
        passed = self._output / f"{task.stem}{PurePosixPath(task.name).suffix}"
        try:
            self._write(scratch, pages, data, suffix)
            facts = pages.file_facts(suffix, started, time.perf_counter() - clock)
            written = target if facts.restored else passed
            answer = answer_xml(task, facts, xml, pages.text, written.name)
            if facts.restored:
                maps = self._write_maps(task.stem, pages.confidence)
                return self._deliver(task, facts, target, scratch.replace, answer, maps)
        finally:
            scratch.unlink(missing_ok=True)
        return self._deliver(task, facts, passed, lambda path: write_bytes(path, data), answer)

    def _write(self, scratch: Path, pages: Pages, data: bytes, suffix: str) -> None:
        if has_several(data):
            outputs.write_image(scratch, pages.shown(data), suffix, self._config)
            return
        (image,) = pages.shown(data)
        if pages.facts[0].restored:
            outputs.write_image(scratch, [image], suffix, self._config)

    def _write_maps(self, stem: str, maps: Sequence[bytes | None]) -> list[Path]:
        """Write where the network was unsure, of each page shown restored, and return the files."""
        files = [self._output / name for name in confidence.names(stem, len(maps))]
        made = [(file, png) for file, png in zip(files, maps, strict=True) if png is not None]
        for file, png in made:
            write_bytes(file, png)
        return [file for file, _ in made]

    def _deliver(
        self,
        task: Task,
        facts: FileFacts,
        target: Path,
        put: Callable[[Path], object],
        xml: bytes | None,
        maps: Sequence[Path] = (),
    ) -> Done:
        written = [target, *maps]
        sha256 = file_sha256(_scratch(target)) if facts.restored else task.key.sha256
        if xml is not None:
            written.append(self._output / f"{task.stem}.xml")
            write_bytes(written[-1], xml)
        written.append(target.with_name(f"{target.name}{provenance.SUFFIX}"))
        write_json(written[-1], provenance.document(task, facts, target.name, sha256))
        put(target)
        relative = tuple(path.relative_to(self._output).as_posix() for path in written)
        return Done("restored" if facts.restored else "passed", relative, facts)


def _scratch(target: Path) -> Path:
    return target.with_name(f".{target.name}.new")


def _read(task: Task, config: PageConfig) -> bytes:
    size = task.path.stat().st_size
    if size > config.limits.max_bytes:
        found = f"{size:,} bytes"
        raise InputError(f"at most {config.limits.max_bytes:,} bytes in {task.name}", found, "Split the file.")
    data = task.path.read_bytes()
    if hashlib.sha256(data).hexdigest() != task.key.sha256:
        raise InputError(f"{task.name} as it was when the batch began", "other content", "Run the batch again.")
    return data
