"""Settings of the comparison of restorers: methods, budget, seeds, and the peers' networks and losses."""

from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from pulih.common.config import StageConfig
from pulih.evaluation.config import EvaluationConfig
from pulih.recognizer.config import RecognizerConfig
from pulih.restorer.config import RestorerConfig

PeerName = Literal["erb", "erb-no-recognizer", "unet"]
OwnName = Literal["pulih", "pulih-no-gan", "pulih-image-only", "pulih-pixel"]
AblationName = Literal[
    "pulih-no-pixel", "pulih-no-bce", "pulih-no-ssim", "pulih-text-only", "pulih-no-mismatch", "pulih-no-features",
    "pulih-no-posterior", "pulih-no-ctc", "pulih-no-recognition", "pulih-erb-losses",
]  # fmt: skip
FixedName = Literal["degraded", "white-page", "background-division", "otsu", "sauvola", "wolf"]
PEERS: tuple[PeerName, ...] = get_args(PeerName)
OWN: tuple[OwnName, ...] = get_args(OwnName)
ABLATIONS: tuple[AblationName, ...] = get_args(AblationName)
FIXED: tuple[FixedName, ...] = get_args(FixedName)
OURS = "pulih"


class UNetConfig(StageConfig):
    """Size of the U-Net; five levels make 23 convolutions."""

    widths: tuple[int, ...] = Field((64, 128, 256, 512, 512), min_length=2, max_length=6, description="finest first")
    dropout: float = Field(0.5, ge=0, lt=1, description="in the deepest level")


class PeerOptimizer(StageConfig):
    """Adam for all networks; every rate warms up and follows a cosine to ``final``, as the restorer's own does."""

    generator_rate: float = Field(4e-3, gt=0)
    discriminator_rate: float = Field(2e-4, gt=0)
    recognizer_rate: float = Field(3e-3, gt=0)
    beta1: float = Field(0.5, ge=0, lt=1)
    beta2: float = Field(0.999, ge=0, lt=1)
    warmup: float = Field(0.05, ge=0, lt=1, description="share of the steps in which the rates rise")
    final: float = Field(0.02, ge=0, le=1, description="last rate as a share of the highest")
    clip_norm: float = Field(1.0, gt=0, description="largest gradient norm of the recognizer, as in its own stage")


class PeerConfig(StageConfig):
    """One training of a peer: the losses of Jemni et al. (Pattern Recognition 123, 2022), or a part of them.

    A weight of 0 switches the loss and its network off.
    """

    adversarial: float = Field(1.0, ge=0, description="least-squares GAN, image only")
    bce: float = Field(10.0, gt=0, description="binary cross-entropy with the clean line")
    ctc: float = Field(1.0, ge=0, description="CTC per character of a recognizer that learns on the clean lines (S1)")
    unet: UNetConfig = UNetConfig()
    discriminator: tuple[int, ...] = Field((64, 128, 256, 512), min_length=1, max_length=5)
    recognizer: RecognizerConfig = Field(RecognizerConfig(), description="architecture only; rates are below")
    optimizer: PeerOptimizer = PeerOptimizer()
    seed: int = Field(1, ge=0)
    steps: int = Field(2000, ge=1)
    batch_size: int = Field(4, ge=1, description="whole lines per step")
    validation_lines: int = Field(32, ge=1)
    threads: int = Field(1, ge=1)


class Budget(StageConfig):
    """What every trained method may spend: the same optimizer steps, or the same seconds of processor time."""

    steps: int | None = Field(None, ge=1)
    cpu_seconds: float | None = Field(None, gt=0, description="of training; validation is not counted")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.steps is None) == (self.cpu_seconds is None):
            raise ValueError("give either steps or cpu_seconds")
        return self


class RestorationBenchmark(StageConfig):
    """The whole comparison."""

    methods: tuple[FixedName | PeerName | OwnName | AblationName, ...] = (*FIXED, *PEERS, *OWN)
    seeds: tuple[int, ...] = Field((1, 2, 3), min_length=1)
    budget: Budget = Budget(cpu_seconds=3600)
    peer: PeerConfig = PeerConfig()
    restorer: RestorerConfig = RestorerConfig()
    evaluation: EvaluationConfig = EvaluationConfig(resamples=10_000)
    wolf_k: float = Field(0.5, gt=0, lt=1, description="Wolf's sensitivity to contrast")
    test_lines: int | None = Field(None, ge=1, description="lines per test split, evenly spread; null = all")
    strip_lines: int = Field(2, ge=1, le=6, description="lines shown in strips.png")
    threads: int = Field(1, ge=1, description="CPU threads of training and evaluation")

    @model_validator(mode="after")
    def _ours_takes_part(self) -> Self:
        if OURS not in self.methods or "degraded" not in self.methods:
            raise ValueError(f"must hold '{OURS}' and 'degraded', which the others are compared with")
        if len(set(self.methods)) < len(self.methods) or len(set(self.seeds)) < len(self.seeds):
            raise ValueError("no method and no seed may stand twice")
        return self
