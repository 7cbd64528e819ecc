"""Which weight and which rate belong to a step."""

import math

from pulih.restorer.config import LossWeights, OptimizerConfig, Ramp, RestorerConfig, ScheduleConfig

ADVERSARIAL = ("adversarial_image", "adversarial_text")
RECOGNITION = ("features", "posterior")
PIXELS = ("pixel", "bce", "ssim")
WHOLE_LINES = (*ADVERSARIAL, *RECOGNITION, "ctc")


def ramp(shape: Ramp, step: int, steps: int) -> float:
    """Return the factor in [0, 1] of a ramp at ``step`` of ``steps``."""
    begin, length = shape.start * steps, shape.length * steps
    if step < begin:
        return 0.0
    return 1.0 if length == 0 else min(1.0, (step - begin + 1) / length)


def active_weights(weights: LossWeights, schedule: ScheduleConfig, step: int) -> dict[str, float]:
    """Return the losses that act at ``step`` with their ramped weights; what is 0 is left out."""
    factors = dict.fromkeys(PIXELS, 1.0)
    factors |= dict.fromkeys(ADVERSARIAL, ramp(schedule.adversarial, step, schedule.steps))
    factors |= dict.fromkeys(RECOGNITION, ramp(schedule.recognition, step, schedule.steps))
    factors["ctc"] = ramp(schedule.ctc, step, schedule.steps)
    scaled = {name: weight * factors[name] for name, weight in weights.model_dump().items()}
    return {name: weight for name, weight in scaled.items() if weight > 0}


def _used_ramps(config: RestorerConfig) -> list[Ramp]:
    schedule, weights = config.schedule, config.weights.model_dump()
    ramps = [(schedule.adversarial, ADVERSARIAL), (schedule.recognition, RECOGNITION), (schedule.ctc, ("ctc",))]
    return [shape for shape, names in ramps if any(weights[name] > 0 for name in names)]


def first_whole_line_step(config: RestorerConfig) -> int:
    """Return the first step on whole lines: where a loss beyond the pixels begins (``steps`` if none does).

    A crop cuts letters and has no text of its own, so crops serve the pixel losses only.
    """
    starts = [shape.start for shape in _used_ramps(config)]
    return math.ceil(min([*starts, 1.0]) * config.schedule.steps)


def settled_step(config: RestorerConfig) -> int:
    """Return the step from which every ramp is up: only from here on is the best model chosen."""
    ends = [min(1.0, shape.start + shape.length) for shape in _used_ramps(config)]
    return math.floor(max([*ends, 0.0]) * config.schedule.steps)


def rate_factor(optimizer: OptimizerConfig, step: int, steps: int) -> float:
    """Return the share of the highest learning rate at ``step``: linear warm-up, then a cosine to ``final``."""
    warm = optimizer.warmup * steps
    if step < warm:
        return (step + 1) / (warm + 1)
    progress = (step - warm) / max(1.0, steps - warm)
    return optimizer.final + (1 - optimizer.final) * 0.5 * (1 + math.cos(math.pi * progress))
