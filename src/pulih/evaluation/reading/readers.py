"""The readers: the recognizer as it is, and one adapted to the other writers for every fold; and what they read."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pulih.common.config import digest_of, read_json
from pulih.common.files import write_json
from pulih.common.logging import get_logger
from pulih.common.progress import track
from pulih.common.version import source_digest
from pulih.data.charset import Charset
from pulih.data.lines import GreyImage, LineSample
from pulih.data.manifest import read_manifest
from pulih.data.transcribed import TranscribedLine
from pulih.evaluation.measure import readings_of
from pulih.evaluation.reading.config import ReadingConfig
from pulih.evaluation.reading.material import Fold, writer_of
from pulih.evaluation.reading.restoring import METHODS, ORIGINAL, RESTORED, SELECTED

if TYPE_CHECKING:
    from pulih.recognizer.config import AdaptationConfig
    from pulih.recognizer.decode import Reading
    from pulih.recognizer.model import Recognizer

log = get_logger(__name__)
# What lies between a crop and its text beside the model: another version may read other texts.
READING_CODE = ("recognizer/model.py", "recognizer/layers.py", "recognizer/decode.py", "evaluation/reading/material.py")
CHUNK = 128  # lines read between two writes of the cache
Views = dict[str, list[GreyImage]]
Readings = dict[str, "Reading"]  # by the line's SHA-256


@dataclass(frozen=True)
class RealLines:
    """All lines and, per method, how each looks to the reader; ``restorer`` identifies what restored them."""

    lines: Sequence[TranscribedLine]
    views: Views
    restorer: str


def samples_of(material: RealLines, writers: frozenset[str], config: ReadingConfig) -> list[LineSample]:
    """Return the lines of ``writers`` as pairs of the restored (``clean``) and the original image (``degraded``).

    Restored images come from both ways of restoring in turn, so that the reader leans to neither.
    """
    samples = []
    for index, line in enumerate(material.lines):
        if writer_of(line.manuscript, config) in writers:
            restored = material.views[RESTORED[index % len(RESTORED)]][index]
            original = material.views[ORIGINAL][index]
            samples.append(LineSample(line.sha256, original, restored, line.text, {"severity": 0.0}))
    return samples


def stopping_samples(samples: Sequence[LineSample]) -> list[LineSample]:
    """Return every line twice, as scanned and restored: what stops the training must lean to neither."""
    as_scanned = [LineSample(f"{s.key}-original", s.degraded, s.degraded, s.text, s.meta) for s in samples]
    return [*as_scanned, *samples]


def adapted_reader(fold: Fold, material: RealLines, initial: Path, config: ReadingConfig, folder: Path) -> Path:
    """Return the recognizer artifact adapted to the writers of ``fold``; made once, then reused."""
    from pulih.recognizer.adapt import Material, adapt

    training = _spellable(samples_of(material, fold.adapted, config), initial, config)
    stopping = stopping_samples(samples_of(material, fold.stopping, config))
    plan = _plan(material, (training, stopping), initial, config)
    output = folder / f"adapted-{digest_of([plan.digest(), plan.initial])}"
    adapt(plan, initial, Material(training, stopping), output)
    return output


def _spellable(samples: list[LineSample], initial: Path, config: ReadingConfig) -> list[LineSample]:
    from pulih.recognizer.adapt import fits
    from pulih.recognizer.model import load_recognizer

    model = load_recognizer(initial)
    charset = Charset(model.charset.characters + config.adaptation.new_characters)
    kept = [sample for sample in samples if fits(sample, charset, model.stride)]
    if len(kept) < len(samples):
        log.info("%d lines have more characters than columns and are not learned from", len(samples) - len(kept))
    return kept


def _plan(
    material: RealLines, used: tuple[list[LineSample], list[LineSample]], initial: Path, config: ReadingConfig
) -> "AdaptationConfig":
    from pulih.recognizer.config import AdaptationConfig

    keys = [[(sample.key, sample.text) for sample in samples] for samples in used]
    return AdaptationConfig(
        seed=config.seed,
        initial=read_manifest(initial).digest(),
        material=digest_of([keys, material.restorer, config.paper_tone]),
        threads=config.threads,
        **config.adaptation.model_dump(exclude={"validation_share"}),
    )


def readings(
    reader: Path, material: RealLines, indices: Sequence[int], config: ReadingConfig, folder: Path
) -> dict[str, Readings]:
    """Return, per method and SHA-256, what the recognizer at ``reader`` reads in the lines ``indices``.

    What was read before is kept by reader, restorer, method, line, and the code of both.
    """
    from pulih.recognizer.model import load_recognizer

    model, name = load_recognizer(reader), read_manifest(reader).digest()
    found = {}
    for method in METHODS:
        source = ORIGINAL if method == ORIGINAL else f"{method}-{material.restorer}"
        path = folder / f"{name}-{source_digest(*READING_CODE)}-{source}-{config.paper_tone}.json"
        found[method] = _read(model, material, indices, method, path, config)
    return found


def selected(found: dict[str, Readings], margin: float) -> dict[str, Readings]:
    """Return for each way of restoring the readings of the restored lines where they are surer, else the originals'."""
    from pulih.recognizer.decode import surer

    original = found[ORIGINAL]
    answers = {}
    for name, method in zip(SELECTED, RESTORED, strict=True):
        restored = [found[method][key] for key in original]
        better = surer(list(original.values()), restored, margin)
        pairs = zip(original, restored, better, strict=True)
        answers[name] = {key: reading if take else original[key] for key, reading, take in pairs}
    return answers


def _read(
    model: "Recognizer", material: RealLines, indices: Sequence[int], method: str, path: Path, config: ReadingConfig
) -> Readings:
    from pulih.recognizer.decode import Reading

    known: dict[str, tuple[str, float]] = read_json(path) if path.is_file() else {}
    missing = [index for index in indices if material.lines[index].sha256 not in known]
    chunks = [missing[start : start + CHUNK] for start in range(0, len(missing), CHUNK)]
    for chunk in track(chunks, f"read {method}", total=len(chunks)):
        read = readings_of(model, [material.views[method][index] for index in chunk], config.batch_lines)
        pairs = zip(chunk, read, strict=True)
        known |= {material.lines[index].sha256: (one.text, one.confidence) for index, one in pairs}
        write_json(path, known)
    return {material.lines[index].sha256: Reading(*known[material.lines[index].sha256]) for index in indices}
