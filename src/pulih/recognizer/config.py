"""Settings of the recognizer stage."""

from typing import Literal

from pydantic import Field

from pulih.common.config import StageConfig


class Curriculum(StageConfig):
    """Short lines first: CTC finds the alignment of a few characters much sooner than that of many."""

    start: float = Field(0.25, gt=0, le=1, description="share of the lines, the shortest ones, used at first")
    steps: int = Field(100, ge=0, description="optimizer steps until every line is used")


class Augmentation(StageConfig):
    """Random changes of every training line, drawn anew each time."""

    degraded_share: float = Field(0.5, ge=0, le=1, description="share of lines shown degraded rather than clean")
    max_severity: float = Field(0.5, ge=0, le=1, description="more severe lines are blended with their clean line")
    scale: float = Field(0.1, ge=0, le=0.5, description="greatest relative change of width and of height")
    shear: float = Field(0.15, ge=0, le=1, description="greatest slant added, pixels per pixel of height")
    shift: float = Field(0.05, ge=0, le=0.5, description="greatest vertical shift, share of the height")
    tone: float = Field(0.15, ge=0, le=0.9, description="greatest loss of contrast")
    blur: float = Field(0.3, ge=0, le=1, description="share of lines smoothed a little")


class RecognizerConfig(StageConfig):
    """What determines a recognizer, beside the lines it learns from; their height sets the image height."""

    seed: int = Field(0, ge=0)
    architecture: Literal["convolutional", "recurrent"] = "convolutional"
    channels: int = Field(32, ge=8, multiple_of=8, description="channels of the first feature map; later ones follow")
    hidden: int = Field(160, ge=16, multiple_of=8, description="channels of the sequence part")
    depth: int = Field(4, ge=1, description="blocks of the sequence part: convolutional blocks or LSTM layers")
    dropout: float = Field(0.0, ge=0, lt=1, description="before the classifier")

    steps: int = Field(1500, ge=1)
    batch_size: int = Field(16, ge=1, description="lines per step over all processes")
    learning_rate: float = Field(3e-3, gt=0)
    warmup_steps: int = Field(60, ge=0)
    weight_decay: float = Field(0.01, ge=0)
    max_gradient_norm: float = Field(1.0, gt=0)
    curriculum: Curriculum = Curriculum()
    augmentation: Augmentation = Augmentation()
    mixed_precision: bool = Field(False, description="bfloat16 on a GPU; no effect on the CPU, where it is slower")

    validation_interval: int = Field(150, ge=1, description="steps between validations")
    validation_lines: int = Field(200, ge=1, description="at most so many lines per validation and final test")
    patience: int = Field(6, ge=1, description="validations without a better CER before training stops")
    checkpoint_interval: int = Field(100, ge=1, description="steps between checkpoints")
    processes: int = Field(0, ge=0, description="0: one per GPU, or one on the CPU")
    threads: int = Field(0, ge=0, description="CPU threads per process; 0: the cores shared out")


class AdaptationConfig(StageConfig):
    """What determines an adapted recognizer; architecture and sizes are those of the artifact it starts from."""

    seed: int = Field(0, ge=0)
    initial: str = Field(
        pattern="^[0-9a-f]{12}$", description="digest of the recognizer artifact that gives the weights"
    )
    material: str = Field(min_length=1, description="digest of the lines it learns from and stops by")
    new_characters: str = Field("", description="characters added to the charset")
    original_share: float = Field(0.5, ge=0, le=1, description="share of lines shown as they were scanned")
    steps: int = Field(400, ge=1)
    batch_size: int = Field(8, ge=1)
    learning_rate: float = Field(1e-3, gt=0)
    warmup_steps: int = Field(20, ge=0)
    validation_interval: int = Field(100, ge=1, description="steps between validations on writers held out")
    patience: int = Field(2, ge=1, description="validations without a better CER before it stops")
    threads: int = Field(1, ge=1, description="CPU threads", exclude=True)
