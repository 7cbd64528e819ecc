"""How long a stage would take and how much it would write: rough figures, from what was measured once.

The rates below are of one idle machine with two cores (AMD EPYC) and no GPU. Training costs follow the number of
multiplications, which here means lines per step and channels squared; networks far from the measured size, and GPUs,
may differ by a factor of three.
"""

from pulih.common.config import StageConfig
from pulih.recognizer.config import RecognizerConfig
from pulih.restorer.config import RestorerConfig
from pulih.synthesis.config import SynthesisConfig

BASIS = "measured on two idle CPU cores without a GPU and scaled; good to a factor of two, on a GPU an upper bound"
CORES = 2
LINES_PER_CORE_SECOND = 60.0
PAGE_SECONDS = 3.0
LINE_KILOBYTES = 21.0
RECOGNIZER_LINE_SECONDS = {"convolutional": 0.006, "recurrent": 0.006}  # per line and step, at the default size
RESTORER_CROP_SECONDS, RESTORER_LINE_SECONDS = 0.01, 0.1  # per crop, and per line with every loss, at the default size
OTHER_SECONDS = {"evaluation": 45.0, "gate": 5.0, "registry": 20.0, "deployment": 30.0, "drift": 60.0}
START_SECONDS = 10.0  # imports and reading


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
    pixels = config.scale**2
    seconds = pixels * (lines / LINES_PER_CORE_SECOND + config.pages * PAGE_SECONDS) / (config.workers or CORES)
    return seconds, pixels * (lines * LINE_KILOBYTES / 1000 + config.pages * 2)


def _recognizer(config: RecognizerConfig) -> tuple[float, float]:
    default = RecognizerConfig()
    size = (config.channels / default.channels) ** 2 + config.depth * (config.hidden / default.hidden) ** 2
    per_line = RECOGNIZER_LINE_SECONDS[config.architecture] * size / (1 + default.depth)
    return config.steps * config.batch_size * per_line, 20.0 * size


def _restorer(config: RestorerConfig) -> tuple[float, float]:
    default, schedule = RestorerConfig(), config.schedule
    size = sum(width**2 for width in config.generator.widths) / sum(width**2 for width in default.generator.widths)
    alone = min(schedule.adversarial.start, schedule.recognition.start)
    crops = alone * schedule.batch_size * schedule.crop_width / default.schedule.crop_width
    lines = (1 - alone) * schedule.line_batch_size
    return schedule.steps * size * (crops * RESTORER_CROP_SECONDS + lines * RESTORER_LINE_SECONDS), 60.0 * size
