"""Settings of the benchmark of speed."""

from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from pulih.common.config import StageConfig
from pulih.evaluation.peers.config import UNetConfig
from pulih.restorer.config import GeneratorConfig
from pulih.synthesis.config import SynthesisConfig

Runtime = Literal["pytorch", "onnxruntime", "openvino"]
Precision = Literal["fp32", "int8-static", "int8-dynamic"]
RUNTIMES: tuple[Runtime, ...] = get_args(Runtime)
OURS = "pulih"


class SpeedConfig(StageConfig):
    """What is timed; every task is timed once per round, in an order drawn anew for each round."""

    seed: int = Field(0, ge=0, description="of the order, the crops and untrained weights")
    rounds: int = Field(5, ge=1, description="rounds of synthesis, training steps and lines")
    page_rounds: int = Field(3, ge=1)
    threads: int = Field(1, ge=1, description="CPU threads of training and inference; more need an idle machine")
    generator: GeneratorConfig = Field(GeneratorConfig(), description="ours, where no restorer is given")
    unets: dict[str, UNetConfig] = Field(
        {"erb-unet": UNetConfig(), "erb-unet-narrow": UNetConfig(widths=(16, 32, 64, 128, 128))},
        description="the published baseline's generator, as in the paper and as narrow as other benchmarks train it",
    )
    precisions: tuple[Precision, ...] = ("fp32", "int8-static", "int8-dynamic")
    page_precisions: tuple[Precision, ...] = ("fp32",)
    runtimes: tuple[Runtime, ...] = Field(RUNTIMES, description="one that is not installed is left out and named")
    lines: SynthesisConfig = SynthesisConfig(
        train=32, validation=16, test_seen=0, test_unseen=24, pages=1, shard_size=32, workers=1
    )
    batch_size: int = Field(4, ge=1, description="crops per training step")
    crop_width: int = Field(192, ge=32, multiple_of=32)
    page_size: tuple[int, int] = Field((3508, 2480), description="rows and columns: A4 at 300 dpi")

    @model_validator(mode="after")
    def _names(self) -> Self:
        if OURS in self.unets:
            raise ValueError(f"'{OURS}' is the name of our own network")
        if "fp32" not in self.precisions or "onnxruntime" not in self.runtimes:
            raise ValueError("fp32 in ONNX Runtime, which serves pages, must take part: the ratios refer to it")
        if min(self.page_size) < 64:
            raise ValueError("a page has at least 64 rows and columns")
        return self
