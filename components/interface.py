"""Between KFP and the stages: configs on the way in, figures and pages on the way out."""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from kfp import dsl

from pulih.common.config import StageConfig, build_config
from pulih.common.files import write_json, write_text

Config = TypeVar("Config", bound=StageConfig)


def read_config(cls: type[Config], values: Mapping[str, Any]) -> Config:
    """Validate what a task was handed as a ``cls``; KFP has turned every number into a float on the way.

    Raises:
        ConfigError: as ``build_config``.
    """
    return build_config(cls, {name: _whole_again(value) for name, value in values.items()})


def _whole_again(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _whole_again(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_whole_again(part) for part in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def show_figures(metrics: dsl.Metrics, facts: Mapping[str, Any]) -> None:
    """Log the numbers among ``facts``; the file beside them is what the local cache looks for."""
    figures = {name: float(value) for name, value in facts.items() if isinstance(value, int | float)}
    metrics.metadata.update(figures)
    write_json(Path(metrics.path), figures)


def show_page(page: dsl.Artifact, source: Path) -> None:
    """Copy a self-contained HTML page to the artifact that the interface renders."""
    Path(page.path).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, page.path)


def show_text(page: dsl.Artifact, text: str) -> None:
    """Write Markdown to the artifact that the interface renders."""
    write_text(Path(page.path), text)


def show_confusion(shown: dsl.ClassificationMetrics, categories: list[str], matrix: list[list[int]]) -> None:
    """Log a confusion matrix; the file beside it is what the local cache looks for."""
    shown.log_confusion_matrix(categories, matrix)
    write_json(Path(shown.path), {"categories": categories, "matrix": matrix})


def paths_of(artifacts: Iterable[dsl.Artifact]) -> list[Path]:
    """Return the local folders of artifacts that parallel tasks made."""
    return [Path(artifact.path) for artifact in artifacts]
