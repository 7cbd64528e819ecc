"""The last part of a restorer's training: patches of whole pages, with crops of lines beside them.

A line is sharp and fills its image. On a page there are margins, edges, neighbouring lines and what the scan and the
normalisation of its scale did to the strokes; a network that never saw such draws margins and edges as ink.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pulih.common.errors import ConfigError
from pulih.common.logging import get_logger
from pulih.common.progress import track
from pulih.data.lines import LineSample
from pulih.data.pages import TRAINING, PageSample, page_keys, read_pages
from pulih.restorer.config import RestorerConfig
from pulih.restorer.feed import TrainingBatch
from pulih.restorer.generator import Generator
from pulih.restorer.pages.material import PageMaterial, Patches, material_of
from pulih.restorer.pages.trainer import PatchTraining
from pulih.restorer.trainer import Trainer
from pulih.restorer.validation import validate

log = get_logger(__name__)
STATE = "pages.pt"


def require_pages(config: RestorerConfig, lines: Path) -> None:
    """Raise ConfigError when a training is to learn from pages and the artifact ``lines`` has none of the training."""
    if config.pages.steps and not page_keys(lines, TRAINING):
        raise ConfigError(f"training pages in {lines}", "none", "Set synthesis.train_pages, or pages.steps to 0.")


def learn_pages(
    trainer: Trainer, lines: Path, validation: Sequence[LineSample], folder: Path, digest: str
) -> dict[str, Any]:
    """Let the best averaged generator of ``trainer`` go on learning from the training pages of the artifact ``lines``.

    Does nothing without ``pages.steps``. ``trainer.best`` is the result. Returns what the metrics tell of it, with the
    scores of the lines ``validation`` afterwards.

    Raises:
        Interrupted: SIGTERM; the state is in ``folder/state``.
        TrainingFailed: a loss is not finite.
    """
    config, group = trainer.config.pages, trainer.group
    if config.steps == 0:
        return {}
    pages = _materials(read_pages(lines, TRAINING), trainer.step.recognizer.height, group.is_main)
    patches = Patches(pages, config, trainer.config.seed)

    def batches(step: int) -> list[TrainingBatch]:
        crops = [trainer.feed.crops(step, config.lines, group)] if config.lines else []
        return [patches.batch(step, group), *crops]

    training = PatchTraining(_best(trainer), batches, config, group)
    log.info("%d pages, %d steps", len(pages), config.steps)
    training.fit(folder / "state" / STATE, digest, "restorer: pages")
    result = training.average.network
    trainer.best = {name: value.clone() for name, value in result.state_dict().items()}
    scores = validate(result, validation, group)
    log.info("after the pages: PSNR %.2f dB, SSIM %.3f on the validation lines", scores["psnr"], scores["ssim"])
    history = training.progress.history["training"]
    return {"pages": len(pages), "steps": training.progress.step, "validation": scores, "history": history}


def _materials(samples: list[PageSample], height: int, shown: bool) -> list[PageMaterial]:
    pages = track(samples, "restorer: reading pages", total=len(samples)) if shown else samples
    return [material_of(sample.degraded, sample.clean, height) for sample in pages]


def _best(trainer: Trainer) -> Generator:
    generator = Generator(trainer.config.generator).to(trainer.group.device)
    generator.load_state_dict(trainer.best)
    return generator
