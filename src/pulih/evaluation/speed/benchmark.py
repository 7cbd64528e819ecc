"""The benchmark of speed as a whole: make lines, a page and networks, time them together, write the results."""

import platform
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import torch

from pulih.common.errors import ConfigError
from pulih.common.files import write_bytes, write_json, write_text
from pulih.common.lock import only_process
from pulih.common.logging import get_logger
from pulih.common.version import git_commit
from pulih.data.encoding import encode_png
from pulih.data.lines import GreyImage, LineSample, read_lines
from pulih.data.manifest import read_manifest
from pulih.data.pages import read_pages
from pulih.evaluation.speed import networks, tasks
from pulih.evaluation.speed.config import OURS, SpeedConfig
from pulih.evaluation.speed.memory import measured_in_child
from pulih.evaluation.speed.sessions import Contender, installed, open_restorer
from pulih.evaluation.speed.tables import draw, latex, markdown
from pulih.evaluation.speed.timing import interleaved, ratio, spread
from pulih.restorer.infer import RgbImage
from pulih.restorer.validation import likeness
from pulih.synthesis import stage as synthesis

log = get_logger(__name__)
SCHEMA = 1
MODELS, PAGE = "models", "page.png"
Tree = dict[str, Any]


def benchmark(config: SpeedConfig, restorer: Path | None, output: Path) -> Tree:
    """Time everything and write ``results.json``, ``.md``, ``.tex``, ``.png`` and ``rounds.csv`` into ``output``.

    Args:
        restorer: an artifact whose network is timed; without one our network has random weights, which take as long.

    Raises:
        ArtifactError: the restorer is missing or altered.
        ConfigError: the output folder has lines of another config.
    """
    torch.set_num_threads(config.threads)
    with only_process(output):
        synthesis.synthesize(config.lines, output / "lines")
        samples = read_lines(output / "lines", "train")
        page = _page(config, output)
        names = _write_networks(config, restorer, output / MODELS)
        contenders = contenders_of(config)
        rows = _timed(config, names, contenders, samples, page, output)
        results = {
            "schema": SCHEMA,
            "about": _about(config, restorer, page, output / MODELS),
            "timings": timings(rows),
            "quality": _quality(config, contenders, output),
            "memory": _memory(config, contenders, output),
        }
        _write(results, rows, output)
    return results


def contenders_of(config: SpeedConfig) -> list[Contender]:
    """Return every network in every installed runtime and precision; PyTorch runs in single precision only.

    ONNX's convolution with ranges found on the fly is run by ONNX Runtime alone.
    """
    return [
        Contender(network, runtime, precision)
        for network in (OURS, *config.unets)
        for runtime in config.runtimes
        for precision in config.precisions
        if installed(runtime) and (precision == "fp32" or (runtime, precision) in _QUANTIZED)
    ]


_QUANTIZED = {("onnxruntime", "int8-static"), ("onnxruntime", "int8-dynamic"), ("openvino", "int8-static")}


def _page(config: SpeedConfig, output: Path) -> RgbImage:
    pages = read_pages(output / "lines")
    if not pages:
        raise ConfigError("lines.pages of at least 1", "0", "Let one page be synthesized.")
    rows, columns = config.page_size
    page = np.asarray(cv2.resize(pages[0].degraded, (columns, rows), interpolation=cv2.INTER_CUBIC), np.uint8)
    write_bytes(output / PAGE, encode_png(page))
    return page


def _write_networks(config: SpeedConfig, restorer: Path | None, models: Path) -> list[str]:
    networks.write_ours(config, restorer, models / OURS)
    for name, unet in config.unets.items():
        networks.write_unet(unet, models / OURS, config.seed, models / name)
    names = [OURS, *config.unets]
    lines = [sample.degraded for sample in read_lines(models.parent / "lines", "validation")]
    for name in names:
        for precision in config.precisions:
            if precision != "fp32":
                log.info("%s: %s", name, precision)
                networks.quantize(models / name, precision, lines)
    return names


def _timed(
    config: SpeedConfig, names: list[str], contenders: list[Contender], samples: list[LineSample], page: RgbImage,
    output: Path,
) -> pd.DataFrame:  # fmt: skip
    models = output / MODELS
    lines = [sample.degraded for sample in read_lines(output / "lines", "test_unseen")]
    with tempfile.TemporaryDirectory(prefix="pulih-speed-") as scratch:
        quick = [
            tasks.synthesis_task(config, Path(scratch)),
            *(tasks.training_task(name, models / name, samples, config) for name in names),
            *(tasks.line_task(contender, models, lines, config) for contender in contenders),
        ]
        rows = interleaved(quick, config.rounds, config.seed)
    slow = [tasks.page_task(one, models, page, config) for one in contenders if one.precision in config.page_precisions]
    return pd.concat([rows, interleaved(slow, config.page_rounds, config.seed)], ignore_index=True)


def timings(rows: pd.DataFrame) -> list[Tree]:
    """Return, per kind and name, seconds per item (wall and processor) and how many times as long as ours it takes.

    Ours is the same kind of task by our network, for lines and pages as it is served: in ONNX Runtime, fp32.
    """
    found = []
    for (kind, name), part in rows.groupby(["kind", "name"], sort=False):
        own = OURS if kind in (tasks.SYNTHESIS, tasks.TRAINING) else f"{OURS} onnxruntime fp32"
        reference = rows[(rows["kind"] == kind) & (rows["name"] == own)]
        tree: Tree = {"kind": str(kind), "name": str(name), "rounds": len(part)}
        for column in ("wall", "cpu"):
            tree[column] = asdict(spread(part, column))
            tree[f"{column}_ratio"] = asdict(ratio(part, reference, column))
        found.append(tree)
    kinds = list(dict.fromkeys(rows["kind"]))
    return sorted(found, key=lambda one: (kinds.index(one["kind"]), one["wall"]["median"]))


def _quality(config: SpeedConfig, contenders: list[Contender], output: Path) -> list[Tree]:
    """Return the mean PSNR of lines by each ONNX model, to the clean line and to the fp32 answer of ONNX Runtime."""
    samples = read_lines(output / "lines", "test_unseen")
    degraded = [sample.degraded for sample in samples]
    found: list[Tree] = []
    for network in (OURS, *config.unets):
        wanted = _answers(config, Contender(network, "onnxruntime", "fp32"), degraded, output)
        for one in contenders:
            if one.network == network and one.runtime != "pytorch":
                images = _answers(config, one, degraded, output)
                clean = [likeness(image, s.clean)[0] for image, s in zip(images, samples, strict=True)]
                same = [likeness(image, other)[0] for image, other in zip(images, wanted, strict=True)]
                found.append(one.as_tree() | {"psnr": float(np.mean(clean)), "psnr_to_fp32": float(np.mean(same))})
    return found


def _answers(config: SpeedConfig, one: Contender, lines: list[GreyImage], output: Path) -> list[GreyImage]:
    restorer = open_restorer(one, output / MODELS, config.threads)
    if one.network != OURS:
        # An untrained network is in doubt everywhere: the input would be shown, whatever the precision.
        restorer.keep_unsure = 0
    return restorer.restore_lines(lines)


def _memory(config: SpeedConfig, contenders: list[Contender], output: Path) -> list[Tree]:
    found = []
    for one in contenders:
        if one.precision in config.page_precisions:
            measured = measured_in_child(one, output / MODELS, output / PAGE, config.threads)
            found.append({"name": tasks.name_of(one)} | measured)
    return found


def _about(config: SpeedConfig, restorer: Path | None, page: RgbImage, models: Path) -> Tree:
    served = open_restorer(Contender(OURS, "onnxruntime", "fp32"), models, config.threads)
    return {
        "commit": git_commit(),
        "machine": f"{platform.machine()}, {config.threads} thread(s), PyTorch {torch.__version__}",
        "restorer": read_manifest(restorer).digest() if restorer else None,
        "parameters": {name: networks.parameters(models / name) for name in (OURS, *config.unets)},
        "page_scale": served.restore_page(page).scale,
        "missing": [runtime for runtime in config.runtimes if not installed(runtime)],
        "config": config.model_dump(mode="json"),
    }


def _write(results: Tree, rows: pd.DataFrame, output: Path) -> None:
    write_json(output / "results.json", results)
    write_text(output / "rounds.csv", rows.to_csv(index=False))
    write_text(output / "results.md", markdown(results))
    write_text(output / "results.tex", latex(results))
    write_bytes(output / "results.png", draw(results))
