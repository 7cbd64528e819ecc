"""What a finished training leaves behind: weights, metrics and curves."""

from pathlib import Path
from typing import Any

from pulih.common.files import write_json
from pulih.common.logging import get_logger
from pulih.data.lines import SPLITS, read_lines
from pulih.recognizer.checkpoint import Progress
from pulih.recognizer.config import RecognizerConfig
from pulih.recognizer.curves import draw_curves
from pulih.recognizer.model import Recognizer, save_recognizer
from pulih.recognizer.validate import split_scores, spread

log = get_logger(__name__)


def write_results(model: Recognizer, progress: Progress, config: RecognizerConfig, lines: Path, folder: Path) -> None:
    """Write the best weights, ``metrics.json`` and ``curves.png``.

    The metrics hold the history and, per split that ``lines`` has, CER and WER on clean and degraded lines with 95 %
    bootstrap intervals; no times, so that an interrupted training ends with the same bytes as another.
    """
    splits: dict[str, Any] = {}
    for split in SPLITS:
        if split != "train" and next(lines.glob(f"{split}-*.tar"), None):
            samples = spread(read_lines(lines, split), config.validation_lines)
            splits[split] = split_scores(model, samples, config.seed, config.batch_size)
            log.info("%s: CER %.2f %% on clean lines", split, 100 * splits[split]["clean"]["cer"]["value"])
    if progress.history["validation"][-1]["empty"] > 0.5:
        log.warning("the recognizer reads most lines as empty: train it longer, or with a lower learning_rate")
    save_recognizer(model, config, folder)
    write_json(
        folder / "metrics.json",
        {
            "best_step": progress.best_step,
            "steps": progress.step,
            "parameters": sum(parameter.numel() for parameter in model.parameters()),
            "splits": splits,
            "history": progress.history,
        },
    )
    draw_curves(progress.history, folder / "curves.png")
