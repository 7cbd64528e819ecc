"""The stages that can run on several nodes, by the kind of artifact that they make."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pulih.common.config import StageConfig
from pulih.data.manifest import Manifest
from pulih.recognizer import stage as recognizer
from pulih.recognizer.config import RecognizerConfig
from pulih.restorer import stage as restorer
from pulih.restorer.config import RestorerConfig

Product = Literal["recognizer", "restorer"]


@dataclass(frozen=True)
class Training:
    """The first node calls ``train(config, *sources, output)``, each other one ``assist(config, *sources, folder)``."""

    config: type[StageConfig]
    train: Callable[..., Manifest]
    assist: Callable[..., None]
    sources: tuple[str, ...]


TRAININGS: dict[Product, Training] = {
    "recognizer": Training(RecognizerConfig, recognizer.train, recognizer.assist, ("lines",)),
    "restorer": Training(RestorerConfig, restorer.train, restorer.assist, ("lines", "recognizer")),
}
