"""What is timed: synthesizing lines, training steps, restoring lines, restoring pages."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch.nn import functional

from pulih.common.seed import generator
from pulih.data.batches import stack
from pulih.data.lines import GreyImage, LineSample
from pulih.evaluation.speed.config import SpeedConfig
from pulih.evaluation.speed.networks import read_network
from pulih.evaluation.speed.sessions import Contender, open_restorer
from pulih.evaluation.speed.timing import Task
from pulih.restorer.infer import RgbImage

SYNTHESIS, TRAINING, LINES, PAGES = "synthesis", "training", "lines", "pages"


def synthesis_task(config: SpeedConfig, scratch: Path) -> Task:
    """Return the making of one shard of lines, in one thread, as the stage does it."""
    from pulih.synthesis.jobs import ShardJob, carry_out, gather

    material = gather(config.lines, scratch)
    return Task(SYNTHESIS, "pulih", config.lines.train, lambda: carry_out(material, ShardJob("train", 0)))


def training_task(name: str, folder: Path, samples: Sequence[LineSample], config: SpeedConfig) -> Task:
    """Return one step of a generator: forward, cross-entropy, backward, AdamW, on the same crops for every network.

    Discriminators and recognizers are left out: what is compared is the network.
    """
    degraded_BCHW, clean_BCHW = _crops(samples, config)
    network = read_network(folder).train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-5)

    def step() -> None:
        optimizer.zero_grad()
        functional.binary_cross_entropy_with_logits(network(degraded_BCHW), clean_BCHW).backward()
        optimizer.step()

    return Task(TRAINING, name, config.batch_size, step)


def _crops(samples: Sequence[LineSample], config: SpeedConfig) -> tuple[torch.Tensor, torch.Tensor]:
    width, random = config.crop_width, generator(config.seed, "crops")
    chosen = [samples[int(random.integers(len(samples)))] for _ in range(config.batch_size)]
    images = [[sample.degraded[:, :width] for sample in chosen], [sample.clean[:, :width] for sample in chosen]]
    degraded, clean = (stack(part, width) for part in images)
    return degraded, clean


def line_task(contender: Contender, models: Path, lines: list[GreyImage], config: SpeedConfig) -> Task:
    """Return the restoration of all lines, in batches as in serving."""
    restorer = open_restorer(contender, models, config.threads)
    return Task(LINES, name_of(contender), len(lines), lambda: restorer.restore_lines(lines))


def page_task(contender: Contender, models: Path, page: RgbImage, config: SpeedConfig) -> Task:
    """Return the restoration of one page from pixels to pixels."""
    restorer = open_restorer(contender, models, config.threads)
    return Task(PAGES, name_of(contender), 1, lambda: restorer.restore_page(page))


def name_of(contender: Contender) -> str:
    """Return a contender's name in tables: network, runtime, precision."""
    return f"{contender.network} {contender.runtime} {contender.precision}"
