"""The model that comes with Pulih: a restorer artifact and the figures it was released with."""

import shutil
from pathlib import Path
from typing import Any

from pulih.common.config import read_json
from pulih.common.errors import ArtifactError
from pulih.common.files import write_json, write_text
from pulih.data import manifest
from pulih.released.card import released_card

HERE = Path(__file__).parent
RESTORER, FIGURES, CARD = "restorer", "figures.json", "MODEL_CARD.md"
LARGEST = 8_000_000  # bytes of weights and ONNX model together: they live in the repository
EVALUATED = ("about", "test_seen", "test_unseen")
# What is needed to run it and to judge it; strips and the history of the training would fill the repository.
SHIPPED = (
    "model.safetensors",
    "model.onnx",
    "config.json",
    "charset.json",
    "curves.png",
    "alignment.png",
    "MODEL_CARD.md",
)


def released_restorer(place: Path = HERE) -> Path:
    """Return the folder of the released restorer, a verified artifact.

    Raises:
        ArtifactError: this copy of Pulih has none, or its files were altered.
    """
    folder = place / RESTORER
    manifest.verify(folder, "restorer")
    return folder


def released_figures(place: Path = HERE) -> dict[str, Any]:
    """Return the evaluation's figures of the released restorer, as in its ``metrics.json``; raises ArtifactError."""
    path = place / FIGURES
    if not path.is_file():
        raise ArtifactError(f"the figures of the released model at {path}", "no such file", "Install Pulih again.")
    return read_json(path)


def release(run: Path, place: Path = HERE) -> list[Path]:
    """Copy the restorer of a finished run, and the figures of its evaluation, to where Pulih finds them.

    The copy is an artifact of its own, without the training's history; its facts name the digest it was ``trained_as``.

    Raises:
        ArtifactError: the run is unfinished, its artifacts do not belong together, or the model is too large to ship.
    """
    made = manifest.verify(run / RESTORER, "restorer")
    judged = manifest.verify(run / "evaluation", "evaluation")
    if judged.parents["restorer"] != made.digest():
        found, fix = f"one of {judged.parents['restorer']}", "Evaluate this restorer first: pulih evaluate."
        raise ArtifactError(f"an evaluation of the restorer {made.digest()}", found, fix)
    size = sum((run / RESTORER / name).stat().st_size for name in made.files if name.startswith("model."))
    if size > LARGEST:
        raise ArtifactError(f"a model of at most {LARGEST:,} bytes", f"{size:,} bytes", "Train a smaller generator.")
    figures = read_json(run / "evaluation" / "metrics.json")
    shutil.rmtree(place / RESTORER, ignore_errors=True)
    files = {name: digest for name, digest in made.files.items() if name in SHIPPED}
    (place / RESTORER).mkdir(parents=True)
    for name in files:
        shutil.copyfile(run / RESTORER / name, place / RESTORER / name)
    sealed = made.model_copy(update={"files": files, "facts": made.facts | {"trained_as": made.digest()}})
    write_text(place / RESTORER / manifest.NAME, sealed.model_dump_json(indent=2) + "\n")
    write_json(place / FIGURES, {name: figures[name] for name in EVALUATED})
    write_text(place / CARD, render_card(place))
    return [released_restorer(place), place / FIGURES, place / CARD]


def render_card(place: Path = HERE) -> str:
    """Return the model card of the release in ``place``; raises ArtifactError when there is none."""
    folder = released_restorer(place)
    height = int(read_json(folder / "config.json")["height"])
    return released_card(manifest.read_manifest(folder), released_figures(place), height)
