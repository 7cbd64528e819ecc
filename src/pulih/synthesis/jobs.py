"""The units of work of the synthesis stage: one file of lines, or one page, each written as a whole or not at all."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2

from pulih.data.lines import SPLITS, Split, shard_name, write_shard
from pulih.data.pages import FOLDER, TRAINING, scan_path, write_page
from pulih.synthesis.config import SynthesisConfig
from pulih.synthesis.faces import faces_of
from pulih.synthesis.pages import build_page, page_key, page_split
from pulih.synthesis.shards import build_lines
from pulih.synthesis.text import TextSource


@dataclass(frozen=True)
class Material:
    """What every job needs: the config, the folder to write to, and the words of each split."""

    config: SynthesisConfig
    folder: Path
    texts: dict[Split, TextSource]


class Job(Protocol):
    """Something to write that exists once it is whole."""

    def is_done(self, folder: Path) -> bool:
        """Return whether ``folder`` has it."""
        ...

    def write(self, material: Material) -> None:
        """Write it."""
        ...


@dataclass(frozen=True)
class ShardJob:
    """Shard ``number`` of a split."""

    split: Split
    number: int

    def is_done(self, folder: Path) -> bool:
        """Return whether the shard is there."""
        return (folder / shard_name(self.split, self.number)).is_file()

    def write(self, material: Material) -> None:
        """Synthesize and write the shard."""
        config, text = material.config, material.texts[self.split]
        lines = build_lines(config, text, faces_of(config, self.split), self.number)
        write_shard(material.folder / shard_name(self.split, self.number), lines)


@dataclass(frozen=True)
class PageJob:
    """Page ``number``, to judge by or to learn from."""

    number: int
    training: bool = False

    @property
    def split(self) -> Split:
        """Where its words and fonts come from."""
        return "train" if self.training else page_split(self.number)

    @property
    def place(self) -> str:
        """The folder that it is written to."""
        return TRAINING if self.training else FOLDER

    def is_done(self, folder: Path) -> bool:
        """Return whether the page is there."""
        return scan_path(folder, page_key(self.number, self.training), self.place).is_file()

    def write(self, material: Material) -> None:
        """Synthesize and write the page."""
        page = build_page(material.config, material.texts[self.split], self.number)
        write_page(material.folder, page, self.place)


def jobs_of(config: SynthesisConfig) -> list[Job]:
    """Return everything there is to write, pages first: they take longest."""
    shards: list[Job] = [
        ShardJob(split, number) for split in SPLITS for number in range(-(-config.lines_of(split) // config.shard_size))
    ]
    return [*_pages_of(config), *shards]


def _pages_of(config: SynthesisConfig) -> list[PageJob]:
    judged = [PageJob(number) for number in range(config.pages)]
    return [*judged, *(PageJob(number, training=True) for number in range(config.train_pages))]


def gather(config: SynthesisConfig, folder: Path) -> Material:
    """Read the words of every split that is written."""
    with_pages = {job.split for job in _pages_of(config)}
    wanted = [split for split in SPLITS if config.lines_of(split) or split in with_pages]
    return Material(config, folder, {split: TextSource(config, split) for split in wanted})


def carry_out(material: Material, job: Job) -> None:
    """Write one job; one thread per process, so that processes do not compete."""
    cv2.setNumThreads(1)
    job.write(material)
