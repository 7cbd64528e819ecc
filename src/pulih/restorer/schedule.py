"""Which weight and which rate belong to a step."""

import math

from pulih.restorer.config import LossWeights, OptimizerConfig, Ramp, RestorerConfig, ScheduleConfig

ADVERSARIAL = ("adversarial_image", "adversarial_text")
RECOGNITION = ("features", "posterior")
PIXELS = ("pixel", "bce", "ssim")


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


def first_whole_line_step(config: RestorerConfig) -> int:
    """Return the first step on whole lines: where a loss beyond the pixels begins (``steps`` if none does).

    A crop has no text of its own, and patches of lines say more about a hand than patches of crops; so crops serve
    the pixel losses only.
    """
    starts = [
        (config.schedule.adversarial.start, ADVERSARIAL),
        (config.schedule.recognition.start, RECOGNITION),
        (config.schedule.ctc.start, ("ctc",)),
    ]
    weights = config.weights.model_dump()
    used = [start for start, names in starts if any(weights[name] > 0 for name in names)]
    return math.ceil(min([*used, 1.0]) * config.schedule.steps)


def settled_step(config: RestorerConfig) -> int:
    """Return the step from which every ramp is up: only from here on is the best model chosen."""
    ramps = (config.schedule.adversarial, config.schedule.recognition, config.schedule.ctc)
    ends = [min(1.0, shape.start + shape.length) for shape in ramps if shape.start < 1]
    if first_whole_line_step(config) >= config.schedule.steps:
        return 0
    return math.floor(max([*ends, 0.0]) * config.schedule.steps)


def rate_factor(optimizer: OptimizerConfig, step: int, steps: int) -> float:
    """Return the share of the highest learning rate at ``step``: linear warm-up, then a cosine to ``final``."""
    warm = optimizer.warmup * steps
    if step < warm:
        return (step + 1) / (warm + 1)
    progress = (step - warm) / max(1.0, steps - warm)
    return optimizer.final + (1 - optimizer.final) * 0.5 * (1 + math.cos(math.pi * progress))
