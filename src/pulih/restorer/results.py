"""What a finished training leaves behind: weights, metrics, curves and the model card.

None of these files holds a time, so that an interrupted training ends with the same bytes as another.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pulih.common.files import write_json, write_text
from pulih.common.logging import get_logger
from pulih.data.lines import LineSample
from pulih.restorer.alignment import draw_alignment, readings
from pulih.restorer.artifact import save_generator
from pulih.restorer.card import model_card
from pulih.restorer.curves import draw_curves
from pulih.restorer.step import Networks
from pulih.restorer.trainer import Trainer
from pulih.restorer.validation import is_white_page

log = get_logger(__name__)


def write_results(trainer: Trainer, validation: Sequence[LineSample], folder: Path, pages: dict[str, Any]) -> None:
    """Write the best averaged generator and everything that tells how it came about (rank 0).

    Args:
        pages: what ``learn_pages`` returned.
    """
    progress = trainer.progress
    trainer.average.network.load_state_dict(trainer.best)
    recognizer = trainer.step.recognizer
    save_generator(trainer.average.network, trainer.config, recognizer.height, folder)
    recognizer.charset.save(folder / "charset.json")
    metrics = _metrics(trainer, pages)
    write_json(folder / "metrics.json", metrics)
    draw_curves({**progress.history, "pages": pages.get("history", [])}, folder / "curves.png")
    if trainer.config.weights.adversarial_text > 0:
        networks = Networks(trainer.generator, trainer.step.discriminator, recognizer)
        line = validation[len(validation) // 2]
        draw_alignment(readings(networks, line, trainer.config.seed, trainer.group.device), folder / "alignment.png")
    write_text(folder / "MODEL_CARD.md", model_card(trainer.config, metrics))
    log.info("%d steps took %.0f s (%.0f s of CPU)", progress.step, progress.seconds, progress.cpu_seconds)
    if metrics["white_page"]:
        log.warning("the restorer paints white pages: raise weights.bce, or train longer")


def _metrics(trainer: Trainer, pages: dict[str, Any]) -> dict[str, Any]:
    progress = trainer.progress
    best = next(row for row in progress.history["validation"] if row["step"] == progress.best_step)
    chosen = pages.get("validation", best)
    return {
        "steps": progress.step,
        "best_step": progress.best_step,
        "validation": {name: value for name, value in chosen.items() if name != "step"},
        "white_page": is_white_page(chosen),
        "parameters": {
            "generator": sum(p.numel() for p in trainer.generator.parameters()),
            "discriminator": sum(p.numel() for p in trainer.step.discriminator.parameters()),
        },
        "training_lines": len(trainer.feed.samples),
        "processes": trainer.group.world,
        "history": progress.history,
        "pages": pages,
    }
