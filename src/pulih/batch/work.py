"""What a worker does with one file: read, judge its pages, and write the answer with its provenance and XML."""

import hashlib
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from pulih import __version__
from pulih.batch import outputs, provenance
from pulih.batch.config import PageConfig
from pulih.batch.judging import Judge
from pulih.batch.task import Done, FileFacts, PageFacts, Task
from pulih.batch.xmlfiles import XmlFile, read_xml
from pulih.common.errors import InputError
from pulih.common.files import write_bytes, write_json
from pulih.common.logging import get_logger
from pulih.data.images import DecodedImage, decode_pages
from pulih.data.layout import RestoredImage
from pulih.data.manifest import file_sha256
from pulih.data.metadata import has_several

log = get_logger(__name__)


def now() -> str:
    """Return the time as ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Workshop:
    """Carries out tasks: files in, answers below ``output`` out."""

    def __init__(self, judge: Judge, config: PageConfig, output: Path) -> None:
        self._judge, self._config, self._output = judge, config, output

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
        scratch = target.with_name(f".{target.name}.new")
        pages = _Pages(data, task.name, self._config, self._judge, xml)
        try:
            self._write(scratch, pages, suffix, several)
            facts = pages.file_facts(suffix, started, time.perf_counter() - clock)
            if facts.restored:
                return self._deliver(task, facts, target, scratch.replace, file_sha256(scratch), xml)
        finally:
            scratch.unlink(missing_ok=True)
        passed = self._output / f"{task.stem}{PurePosixPath(task.name).suffix}"
        return self._deliver(task, facts, passed, lambda path: write_bytes(path, data), task.key.sha256, xml)

    def _write(self, scratch: Path, pages: "_Pages", suffix: str, several: bool) -> None:
        if several:
            outputs.write_image(scratch, pages.shown(), suffix, self._config)
            return
        (image,) = pages.shown()
        if pages.facts[0].restored:
            outputs.write_image(scratch, [image], suffix, self._config)

    def _deliver(
        self,
        task: Task,
        facts: FileFacts,
        target: Path,
        put: Callable[[Path], object],
        sha256: str,
        xml: XmlFile | None,
    ) -> Done:
        written = [target]
        if xml is not None:
            written.append(self._output / f"{task.stem}.xml")
            write_bytes(written[-1], _xml(xml, task, facts, target.name))
        written.append(target.with_name(f"{target.name}{provenance.SUFFIX}"))
        write_json(written[-1], provenance.document(task, facts, target.name, sha256))
        put(target)
        relative = tuple(path.relative_to(self._output).as_posix() for path in written)
        return Done("restored" if facts.restored else "passed", relative, facts)


class _Pages:
    """The pages of one file, judged one at a time; ``facts`` grows as they are taken."""

    def __init__(self, data: bytes, name: str, config: PageConfig, judge: Judge, xml: XmlFile | None) -> None:
        self._data, self._name, self._config, self._judge, self._xml = data, name, config, judge, xml
        self.facts: list[PageFacts] = []
        self._first: DecodedImage | None = None

    def shown(self) -> Iterator[DecodedImage]:
        for page in decode_pages(self._data, self._name, self._config.limits):
            if self._first is None:
                self._first = page
                self._warn_of_other_size(page)
            image, facts = self._judge.page(page, self._xml.layout if self._xml else None)
            self.facts.append(facts)
            yield image

    def _warn_of_other_size(self, page: DecodedImage) -> None:
        height, width = page.pixels.shape[:2]
        if self._xml and (self._xml.layout.width, self._xml.layout.height) != (width, height):
            size = f"{self._xml.layout.width:g} x {self._xml.layout.height:g}"
            log.warning("%s: its XML file is for %s, the image has %d x %d pixels", self._name, size, width, height)

    def file_facts(self, suffix: str, started: str, seconds: float) -> FileFacts:
        assert self._first is not None, "a file has a page, or decoding raised"
        restored = any(page.restored for page in self.facts)
        height, width = self._first.pixels.shape[:2]
        bits = self._first.bits
        written = (1 if self._config.mode == "binary" else 8) if restored else bits
        kept = outputs.kept_of(self._first, suffix, self._config) if restored else ("every byte",)
        note = f"{bits} bits per channel came in, {written} were written" if bits > written else ""
        pages = tuple(self.facts)
        return FileFacts(restored, width, height, bits, written, pages, kept, note, started, now(), seconds)


def _read(task: Task, config: PageConfig) -> bytes:
    size = task.path.stat().st_size
    if size > config.limits.max_bytes:
        found = f"{size:,} bytes"
        raise InputError(f"at most {config.limits.max_bytes:,} bytes in {task.name}", found, "Split the file.")
    data = task.path.read_bytes()
    if hashlib.sha256(data).hexdigest() != task.key.sha256:
        raise InputError(f"{task.name} as it was when the batch began", "other content", "Run the batch again.")
    return data


def _xml(xml: XmlFile, task: Task, facts: FileFacts, filename: str) -> bytes:
    if not facts.restored:
        return xml.markup.data
    settings = f"mode {task.parameters['mode']}, parameters {task.key.parameters}"
    image = RestoredImage(filename, task.key.model, settings, "Pulih", __version__, facts.ended)
    return xml.with_restored(image)
