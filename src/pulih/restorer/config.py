"""Settings of the restorer training: networks, losses, schedule, optimizers."""

from typing import Self

from pydantic import Field, model_validator

from pulih.common.config import StageConfig


class GeneratorConfig(StageConfig):
    """Size of the residual encoder-decoder."""

    stem: int = Field(2, ge=1, le=8, description="side of the pixel blocks that the stem folds into channels")
    widths: tuple[int, ...] = Field((16, 32, 64, 96), min_length=1, description="channels per level, finest first")
    encoder_blocks: tuple[int, ...] = Field((1, 1, 1, 1), description="blocks per level on the way down")
    decoder_blocks: tuple[int, ...] = Field((1, 1, 1), description="blocks per level on the way up, finest first")

    @model_validator(mode="after")
    def _levels_agree(self) -> Self:
        levels = len(self.widths)
        if len(self.encoder_blocks) != levels or len(self.decoder_blocks) != levels - 1:
            raise ValueError("encoder_blocks needs one entry per width, decoder_blocks one less")
        if self.stem * 2 ** (levels - 1) > 32:
            raise ValueError("stem * 2 ** (levels - 1) must not exceed 32, the step of the line width")
        return self


class DiscriminatorConfig(StageConfig):
    """Size of the dual-modal discriminator."""

    image_width: int = Field(32, ge=4, description="channels of the first layer of the image branch")
    text_width: int = Field(64, ge=8, multiple_of=4, description="channels of image columns and characters")
    mismatches: bool = Field(True, description="wrong texts are negatives too; false only to measure what they give")
    edited_share: float = Field(0.5, ge=0, le=1, description="mismatched texts made by few edits, not from other lines")


class LossWeights(StageConfig):
    """Weight of every loss of the generator; 0 switches a loss and its cost off."""

    pixel: float = Field(1.0, ge=0, description="Charbonnier distance to the clean line")
    bce: float = Field(0.5, ge=0, description="binary cross-entropy of ink against the clean line, on logits")
    ssim: float = Field(0.15, ge=0, description="1 - SSIM to the clean line")
    adversarial_image: float = Field(0.01, ge=0, description="patch decisions of the discriminator's image branch")
    adversarial_text: float = Field(0.01, ge=0, description="character decisions of the discriminator's text branch")
    features: float = Field(0.05, ge=0, description="distance in the recognizer's middle layers")
    posterior: float = Field(0.01, ge=0, description="divergence from the recognizer's reading of the clean line")
    ctc: float = Field(0.05, ge=0, description="CTC; its gradient is at most this share of the others' spread")


class Ramp(StageConfig):
    """A weight that is 0 until ``start``, then rises linearly to 1 at ``start + length`` (shares of all steps)."""

    start: float = Field(ge=0, le=1)
    length: float = Field(0.05, ge=0, le=1)


class ScheduleConfig(StageConfig):
    """What happens when. Pixel losses first, on crops; then whole lines with every loss."""

    steps: int = Field(2000, ge=1, description="generator updates")
    batch_size: int = Field(4, ge=1, description="crops per step over all processes, while pixel losses act alone")
    crop_width: int = Field(192, ge=32, multiple_of=32, description="width of a crop in pixels")
    line_batch_size: int = Field(4, ge=1, description="whole lines per step over all processes, afterwards")
    adversarial: Ramp = Ramp(start=0.75)
    recognition: Ramp = Ramp(start=0.75)
    ctc: Ramp = Ramp(start=0.9)
    validate_every: int = Field(250, ge=1, description="steps between validations, checkpoints and strips")
    validation_lines: int = Field(32, ge=1)
    checkpoint_every: int = Field(100, ge=1, description="steps between checkpoints")
    patience: int = Field(8, ge=1, description="validations without a better PSNR, all ramps being up, before the end")


class OptimizerConfig(StageConfig):
    """AdamW for both networks; the generator's rate warms up, then follows a cosine to ``final``."""

    generator_rate: float = Field(5e-3, gt=0)
    discriminator_rate: float = Field(5e-4, gt=0)
    warmup: float = Field(0.05, ge=0, lt=1, description="share of the steps in which the rate rises")
    final: float = Field(0.02, ge=0, le=1, description="last rate as a share of the highest")
    beta1: float = Field(0.9, ge=0, lt=1)
    beta2: float = Field(0.99, ge=0, lt=1)
    weight_decay: float = Field(1e-4, ge=0)
    clip_norm: float = Field(1.0, gt=0, description="largest gradient norm of either network")
    ema_decay: float = Field(0.998, ge=0, lt=1, description="decay of the averaged generator, which is the result")


class PatchConfig(StageConfig):
    """How a generator goes on learning from patches of pages: with pixel losses alone."""

    steps: int = Field(ge=0)
    batch_size: int = Field(8, ge=1, description="patches per step over all processes")
    patch: int = Field(128, ge=64, le=512, multiple_of=32, description="side of a patch at the normalised text scale")
    bce: float = Field(1.0, ge=0, description="cross-entropy with the ink coverage")
    pixel: float = Field(1.0, ge=0, description="Charbonnier distance")
    ssim: float = Field(0.15, ge=0, description="1 - SSIM")
    largest_zoom: float = Field(1.25, ge=1, le=2, description="patches are enlarged or reduced by up to this factor")
    palest: float = Field(0.7, gt=0, le=1, description="ink is made paler by up to this factor")
    optimizer: OptimizerConfig = OptimizerConfig(generator_rate=1e-3, ema_decay=0.99)
    checkpoint_every: int = Field(50, ge=1, description="steps between checkpoints")


class PagesConfig(PatchConfig):
    """The last part of a training: whole pages show margins, edges, several lines and what a scan does to them."""

    steps: int = Field(0, ge=0, description="steps on patches of the training pages; 0 = none")
    batch_size: int = Field(6, ge=1, description="patches per step over all processes")
    lines: int = Field(12, ge=0, description="crops of lines per step beside them, lest lines be forgotten")
    optimizer: OptimizerConfig = OptimizerConfig(generator_rate=3e-4, ema_decay=0.99)


class RestorerConfig(StageConfig):
    """All settings of ``restorer.stage.train``."""

    generator: GeneratorConfig = GeneratorConfig()
    discriminator: DiscriminatorConfig = DiscriminatorConfig()
    weights: LossWeights = LossWeights()
    schedule: ScheduleConfig = ScheduleConfig()
    optimizer: OptimizerConfig = OptimizerConfig()
    pages: PagesConfig = PagesConfig()
    keep_unsure: float = Field(6.0, ge=0, le=20, description="share of the input kept = this times the network's doubt")
    seed: int = Field(1, ge=0)
    processes: int = Field(0, ge=0, description="training processes; 0 = one per GPU, else one")
    threads: int = Field(0, ge=0, description="CPU threads per process; 0 = the cores shared out among the processes")
    mixed_precision: bool = Field(True, description="bfloat16 on GPUs that have it; never on the CPU")
