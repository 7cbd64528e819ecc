"""The methods that answer a scan with ink and paper; a family shares its work: one restoration, two thresholds."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pulih.common.version import source_digest
from pulih.evaluation import baselines
from pulih.evaluation.benchmark.config import BenchmarkConfig
from pulih.evaluation.binary import Mask
from pulih.restorer import colour, resample
from pulih.restorer.inference_code import inference_digest

if TYPE_CHECKING:
    from pulih.restorer.infer import Restorer

GreyImage = colour.GreyImage
PULIH, OURS_OTSU, SAUVOLA = "pulih", "pulih_otsu", "sauvola"
FINETUNED, PEER = "pulih_finetuned", "erb"
RESIZED = {f"{PULIH}_half": 0.5, f"{PULIH}_double": 2.0}  # the page scanned at another resolution
TITLES = {
    "otsu": "Otsu",
    SAUVOLA: "Sauvola",
    "wolf": "Wolf",
    "background_division": "background division + Otsu",
    PULIH: "Pulih, fixed level",
    OURS_OTSU: "Pulih + Otsu",
    f"{PULIH}_half": "Pulih, page at half its size, fixed level",
    f"{PULIH}_double": "Pulih, page at double size, fixed level",
    PEER: "ERB re-implemented, zero-shot, fixed level",
    f"{PEER}_otsu": "ERB re-implemented, zero-shot + Otsu",
    FINETUNED: "Pulih fine-tuned on the other groups, fixed level",
    f"{FINETUNED}_otsu": "Pulih fine-tuned on the other groups + Otsu",
}


@dataclass(frozen=True)
class Answer:
    """What a family makes of a page: a mask per method, True = ink, and facts that explain it."""

    masks: dict[str, Mask]
    facts: dict[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Family:
    """Methods that share their work; ``identity`` is all that decides their answers to a page."""

    name: str
    methods: tuple[str, ...]
    identity: dict[str, Any]
    answer: Callable[[colour.RgbImage], Answer]


def classical(config: BenchmarkConfig) -> list[Family]:
    """Return the methods without learning."""
    window, height = config.window, config.line_height
    local = {"window": window}
    return [
        _of_grey("otsu", {}, baselines.otsu),
        _of_grey(SAUVOLA, local | {"k": config.sauvola_k}, lambda g: baselines.sauvola(g, window, config.sauvola_k)),
        _of_grey("wolf", local | {"k": config.wolf_k}, lambda g: baselines.wolf(g, window, config.wolf_k)),
        _of_grey(
            "background_division",
            {"line_height": height},
            lambda grey: baselines.otsu(baselines.background_division(grey, height)),
        ),
    ]


def restored(restorer: "Restorer", level: int, name: str = PULIH) -> Family:
    """Return a restorer as it serves pages, its luminance cut at a level in 1..255 and at Otsu's."""

    def answer(page: colour.RgbImage) -> Answer:
        result = restorer.restore_page(page)
        masks = {name: result.luminance < level, f"{name}_otsu": baselines.otsu(result.luminance) == 0}
        return Answer(masks, {"x_height": result.x_height, "scale": result.scale, "seconds": result.seconds})

    identity = _identity(restorer, level)
    return Family(name, (name, f"{name}_otsu"), identity, answer)


def resized(restorer: "Restorer", level: int) -> list[Family]:
    """Return the restorer on pages of half and of double size; its luminance is brought back and cut."""
    return [_at_size(restorer, level, name, factor) for name, factor in RESIZED.items()]


def _at_size(restorer: "Restorer", level: int, name: str, factor: float) -> Family:
    def answer(page: colour.RgbImage) -> Answer:
        result = restorer.restore_page(resample.resized(page, factor))
        luminance = resample.fitted(result.luminance, page.shape)
        return Answer({name: luminance < level}, {"x_height": result.x_height, "scale": result.scale})

    identity = _identity(restorer, level) | {"factor": factor}
    return Family(name, (name,), identity, answer)


def _identity(restorer: "Restorer", level: int) -> dict[str, Any]:
    return {
        "model": restorer.digest,
        "keep_unsure": restorer.keep_unsure,
        "threshold": level,
        "code": inference_digest(),
    }


def _of_grey(name: str, parameters: dict[str, Any], binarize: Callable[[GreyImage], GreyImage]) -> Family:
    def answer(page: colour.RgbImage) -> Answer:
        return Answer({name: binarize(colour.luminance(page)) == 0})

    code = source_digest("evaluation/baselines.py", "restorer/confidence.py")
    return Family(name, (name,), parameters | {"code": code}, answer)
