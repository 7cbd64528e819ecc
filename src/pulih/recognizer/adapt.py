"""Adaptation of a finished recognizer to other hands: training goes on from the weights that the config names."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from pulih.common.config import digest_of, read_json
from pulih.common.dist import Group
from pulih.common.errors import ArtifactError, ConfigError
from pulih.common.files import write_json
from pulih.common.logging import get_logger
from pulih.common.seed import derived_seed
from pulih.data.charset import Charset
from pulih.data.lines import LineSample
from pulih.data.manifest import Manifest, read_manifest
from pulih.data.workspace import run_stage
from pulih.recognizer.config import AdaptationConfig, Curriculum, RecognizerConfig
from pulih.recognizer.ctc import columns_needed
from pulih.recognizer.curves import draw_curves
from pulih.recognizer.model import Recognizer, build, load_recognizer, save_recognizer
from pulih.recognizer.train import fit
from pulih.recognizer.trainer import Trainer

log = get_logger(__name__)
NEW_CLASS_BIAS = -4.0  # log odds of a class that nothing speaks for yet


@dataclass(frozen=True)
class Material:
    """Lines to learn from and lines to stop by, of the recognizer's height and within the extended charset.

    Of a training line ``clean`` is the restored image and ``degraded`` the original (``severity`` 0 in its meta, so
    that nothing is blended); of a validation line ``clean`` is what is read.
    """

    training: Sequence[LineSample]
    validation: Sequence[LineSample]


def extended(model: Recognizer, config: RecognizerConfig, new_characters: str, seed: int) -> Recognizer:
    """Return a trainable copy of ``model`` that knows ``new_characters`` too.

    Rows of known characters keep their weights; a new row starts as the mean of the known characters' rows plus a
    little noise with a low bias, so that the copy at first reads as ``model`` did.

    Raises:
        ConfigError: a character is known already.
    """
    if known := set(new_characters) & set(model.charset.characters):
        fix = "Take them out of new_characters."
        raise ConfigError("new characters outside the recognizer's charset", repr("".join(sorted(known))), fix)
    wider = build(config, Charset(model.charset.characters + new_characters), model.height)
    state = dict(model.state_dict())
    weight, bias = state["classify.weight"], state["classify.bias"]
    random = torch.Generator().manual_seed(derived_seed(seed, "new characters"))
    rows = weight[1:].mean(0) + 0.1 * weight.std() * torch.randn(len(new_characters), weight.shape[1], generator=random)
    state["classify.weight"] = torch.cat([weight, rows])
    state["classify.bias"] = torch.cat([bias, torch.full((len(new_characters),), NEW_CLASS_BIAS)])
    wider.load_state_dict(state)
    return wider


def fits(sample: LineSample, charset: Charset, stride: int) -> bool:
    """Tell whether the line's columns can spell its text; CTC has no path for it otherwise."""
    code = torch.tensor([charset.encode(sample.text)])
    needed = int(columns_needed(code, torch.tensor([code.shape[1]])))
    return bool(1 <= needed <= -(-sample.clean.shape[1] // stride))


def adapt(config: AdaptationConfig, initial: Path, material: Material, output: Path) -> Manifest:
    """Go on training the recognizer at ``initial`` on ``material``; an interrupted adaptation is continued.

    The artifact in ``output`` is a recognizer like any other: the weights that read the validation lines best, those
    of the beginning among them; its facts have the CER on the validation lines before and after.

    Raises:
        ArtifactError: ``initial`` is not the artifact that the config names.
        ConfigError: fewer lines than a batch needs, or new characters that are not new.
    """
    if (found := read_manifest(initial).digest()) != config.initial:
        fix = "Name the artifact's digest in 'initial': no run inherits weights that its config does not name."
        raise ArtifactError(f"the recognizer {config.initial} at {initial}", found, fix)
    return run_stage(
        "recognizer", config, {"initial": initial}, output, lambda at: _work(config, initial, material, at)
    )


def _work(config: AdaptationConfig, initial: Path, material: Material, folder: Path) -> dict[str, Any]:
    torch.set_num_threads(config.threads)
    training = _training_config(config, initial)
    model = extended(load_recognizer(initial), training, config.new_characters, config.seed)
    trainer = Trainer(training, material.training, Group(0, 1, torch.device("cpu")), model)
    checkpoint = folder / "state" / "checkpoint.pt"
    digest = digest_of([config.digest(), config.material])
    if checkpoint.is_file():
        trainer.restore(checkpoint, digest)
    else:
        trainer.validate(material.validation)
    fit(trainer, material.validation, checkpoint, digest)
    trainer.model.load_state_dict(trainer.best)
    return _write(trainer, training, folder)


def _training_config(config: AdaptationConfig, initial: Path) -> RecognizerConfig:
    former = RecognizerConfig.model_validate(read_json(initial / "config.json")["recognizer"])
    own = config.model_dump(exclude={"initial", "material", "new_characters", "original_share"})
    augmentation = former.augmentation.model_copy(update={"degraded_share": config.original_share})
    whole = {"curriculum": Curriculum(start=1.0, steps=0), "augmentation": augmentation, "threads": config.threads}
    return former.model_copy(update=own | whole | {"checkpoint_interval": config.validation_interval})


def _write(trainer: Trainer, training: RecognizerConfig, folder: Path) -> dict[str, Any]:
    progress = trainer.progress
    save_recognizer(trainer.model, training, folder)
    write_json(folder / "metrics.json", {"steps": progress.step, "history": progress.history})
    draw_curves(progress.history, folder / "curves.png")
    before = progress.history["validation"][0]["cer"]
    log.info("adapted: CER %.1f %% -> %.1f %% on held-out writers", 100 * before, 100 * progress.best_cer)
    return {
        "cer_before": before,
        "cer_validation": progress.best_cer,
        "steps": progress.step,
        "best_step": progress.best_step,
        "lines": len(trainer.feed.samples),
    }
