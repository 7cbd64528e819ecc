"""How long a stage would take and how much it would write: rough figures, from what the quick profile took.

The rates were measured with `make run` on an idle machine of two cores without a GPU (November 2026); another of two
newer cores took half as long. What other sizes of a network cost follows from single training steps of eight sizes.
"""

from pulih.common.config import StageConfig
from pulih.recognizer.config import RecognizerConfig
from pulih.restorer.config import GeneratorConfig, RestorerConfig
from pulih.synthesis.config import SynthesisConfig

BASIS = "scaled from the quick profile on two idle CPU cores; good to a factor of two, with a GPU an upper bound"
CORES = 2
LINES_PER_CORE_SECOND = 110.0
PAGE_SECONDS = 0.8
LINE_KILOBYTES, PAGE_MEGABYTES = 20.0, 2.1
# Seconds per line and step with 24 channels and 4 blocks of 128 (convolutional), 32 and one layer of 128 (recurrent).
RECOGNIZER_LINE_SECONDS = {"convolutional": 0.006, "recurrent": 0.0125}
# Seconds per step of the default generator for a crop of 192 columns, and of the other networks for a whole line.
CROP_SECONDS, CROP_COLUMNS = 0.02, 192
JUDGING_SECONDS, LINE_COLUMNS, LINE_HEIGHT = 0.04, 400, 64
OTHER_SECONDS = {"evaluation": 21.0, "gate": 1.0, "registry": 6.0, "deployment": 16.0, "drift": 51.0}
START_SECONDS = 5.0  # imports and reading


def estimate(section: str, config: StageConfig) -> dict[str, int]:
    """Return the seconds and megabytes that a stage would cost."""
    if isinstance(config, SynthesisConfig):
        seconds, megabytes = _synthesis(config)
    elif isinstance(config, RecognizerConfig):
        seconds, megabytes = _recognizer(config)
    elif isinstance(config, RestorerConfig):
        seconds, megabytes = _restorer(config)
    else:
        seconds, megabytes = OTHER_SECONDS[section], 10.0
    return {"seconds": round(START_SECONDS + seconds), "disk_mb": round(megabytes)}


def _synthesis(config: SynthesisConfig) -> tuple[float, float]:
    lines = sum((config.train, config.validation, config.test_seen, config.test_unseen))
    pages = config.pages + config.train_pages
    pixels = config.scale**2
    seconds = pixels * (lines / LINES_PER_CORE_SECOND + pages * PAGE_SECONDS) / (config.workers or CORES)
    return seconds, pixels * (lines * LINE_KILOBYTES / 1000 + pages * PAGE_MEGABYTES)


def _recognizer(config: RecognizerConfig) -> tuple[float, float]:
    sequence = config.depth * (config.hidden / 128) ** 2
    if config.architecture == "convolutional":
        size = 0.83 * config.channels / 24 + 0.17 * sequence / 4
    else:
        size = 0.86 * (config.channels / 32) ** 2 + 0.14 * sequence
    per_line = RECOGNIZER_LINE_SECONDS[config.architecture] * size
    return config.steps * config.batch_size * per_line, 7.0 * size


def _restorer(config: RestorerConfig) -> tuple[float, float]:
    schedule = config.schedule
    size = _cost(config.generator) / _cost(GeneratorConfig())
    alone = min(schedule.adversarial.start, schedule.recognition.start)
    column = size * CROP_SECONDS / CROP_COLUMNS
    crops = alone * schedule.batch_size * schedule.crop_width * column
    lines = (1 - alone) * schedule.line_batch_size * (LINE_COLUMNS * column + JUDGING_SECONDS)
    seconds = schedule.steps * (crops + lines) + _on_pages(config, column)
    return seconds, 16.0 * size


def _on_pages(config: RestorerConfig, column: float) -> float:
    patches = config.pages.batch_size * config.pages.patch**2 / LINE_HEIGHT
    return config.pages.steps * (patches + config.pages.lines * config.schedule.crop_width) * column


def _cost(generator: GeneratorConfig) -> float:
    """Return what a generator costs per pixel: less than by the square of its widths, and a quarter per level."""
    decoder = (*generator.decoder_blocks, 0)
    levels = zip(generator.widths, generator.encoder_blocks, decoder, strict=True)
    return float(sum((down + up) * width**1.4 / 4**level for level, (width, down, up) in enumerate(levels)))
