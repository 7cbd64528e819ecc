"""The whole benchmark on a folder of real lines; what was done before is reused."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pulih.common.errors import ArtifactError
from pulih.common.files import atomic_path, write_bytes
from pulih.common.lock import only_process
from pulih.common.logging import get_logger
from pulih.common.version import git_commit
from pulih.data.charset import Charset
from pulih.data.encoding import encode_png
from pulih.data.manifest import verify
from pulih.data.transcribed import Collection, read_collection
from pulih.evaluation.reading.config import ReadingConfig
from pulih.evaluation.reading.material import choose_lines, contrast, make_folds, writer_of
from pulih.evaluation.reading.outputs import write_results
from pulih.evaluation.reading.readers import Readings, RealLines, adapted_reader, readings, selected
from pulih.evaluation.reading.restoring import MEASURED, METHODS, ORIGINAL, identity, restored_crops
from pulih.evaluation.reading.sheet import chosen_lines, sheet
from pulih.evaluation.reading.tables import READERS, Tree, rows_of, summarize, thirds
from pulih.recognizer.view import reader_view

log = get_logger(__name__)


def benchmark(config: ReadingConfig, data: Path, restorer: Path, recognizer: Path, output: Path) -> Tree:
    """Read the lines in ``data`` before and after restoration and write the results into ``output``.

    Args:
        recognizer: an artifact that took no part in the restorer's training.

    Raises:
        ArtifactError: an artifact is missing or altered, or the recognizer is the one of the restorer's loss.
        InputError: the folder of lines cannot be used; the error says why.
        ConfigError: too few writers or lines for the folds.
    """
    import torch

    torch.set_num_threads(config.threads)
    about = _about(restorer, recognizer)
    with only_process(output):
        charset = Charset(Charset.load(recognizer / "charset.json").characters + config.adaptation.new_characters)
        collection = read_collection(data, charset)
        material, table = _prepare(config, collection, restorer, recognizer, output)
        rows = _read_all(config, material, table, recognizer, output)
        about |= {"changes": collection.changes, "left_out": collection.left_out, "level": config.level}
        results = {"about": about, "config": config.model_dump(mode="json"), "figures": summarize(rows, config)}
        write_results(results, output)
        _write_lines(rows, material, config, output)
    return results


def _about(restorer: Path, recognizer: Path) -> dict[str, Any]:
    made, judge = verify(restorer, "restorer"), verify(recognizer, "recognizer").digest()
    if judge in made.parents.values():
        fix = "Give the profile's 'evaluator'."
        raise ArtifactError("a recognizer that took no part in the restorer's loss", f"its own ({judge})", fix)
    return {"commit": git_commit(), "restorer": made.digest(), "recognizer": judge}


def _prepare(
    config: ReadingConfig, collection: Collection, restorer: Path, recognizer: Path, output: Path
) -> tuple[RealLines, pd.DataFrame]:
    """Return the lines as the reader sees them, and what is known of each."""
    from pulih.recognizer.model import load_recognizer
    from pulih.restorer.infer import Restorer

    lines = choose_lines(collection.lines, config)
    log.info(
        "%d lines of %d usable ones, %d left out", len(lines), len(collection.lines), sum(collection.left_out.values())
    )
    network, height = Restorer.load(restorer, config.threads), load_recognizer(recognizer).height
    crops = {method: restored_crops(method, lines, network, output / "restored") for method in METHODS}
    views = {m: [reader_view(crop, height, config.paper_tone) for crop in crops[m]] for m in METHODS}
    contrasts = np.array([contrast(crop) for crop in crops[ORIGINAL]])
    table = pd.DataFrame(
        {
            "sha256": [line.sha256 for line in lines],
            "file": [line.path.name for line in lines],
            "manuscript": [line.manuscript for line in lines],
            "writer": [writer_of(line.manuscript, config) for line in lines],
            "text": [line.text for line in lines],
            "contrast": contrasts,
            "third": thirds(contrasts),
        }
    )
    return RealLines(lines, views, identity(network)), table


def _read_all(
    config: ReadingConfig, material: RealLines, table: pd.DataFrame, recognizer: Path, output: Path
) -> pd.DataFrame:
    """Return the rows of both readers; the adapted one reads every line in the fold that tests its writer."""
    cache = output / "readings"
    found: dict[str, dict[str, Readings]] = {
        "zero_shot": readings(recognizer, material, range(len(table)), config, cache),
        "adapted": {method: {} for method in METHODS},
    }
    for number, fold in enumerate(make_folds(material.lines, config)):
        log.info("fold %d of %d: %d writers to test", number + 1, config.folds, len(fold.tested))
        reader = adapted_reader(fold, material, recognizer, config, output / "readers")
        tested = np.flatnonzero(table["writer"].isin(fold.tested)).tolist()
        for method, read in readings(reader, material, tested, config, cache).items():
            found["adapted"][method] |= read
    found = {reader: read | selected(read, config.selection_margin) for reader, read in found.items()}
    parts = [
        rows_of(table, reader, method, [found[reader][method][key].text for key in table["sha256"]])
        for reader in READERS
        for method in MEASURED
    ]
    return pd.concat(parts, ignore_index=True)


def _write_lines(rows: pd.DataFrame, material: RealLines, config: ReadingConfig, output: Path) -> None:
    with atomic_path(output / "per_line.parquet") as path:
        rows.to_parquet(path, index=False)
    adapted = rows[rows["reader"] == "adapted"]
    order = {line.sha256: index for index, line in enumerate(material.lines)}
    for method in METHODS[1:]:
        chosen = chosen_lines(adapted, method, config.examples)
        write_bytes(output / f"strips_{method}.png", encode_png(sheet(adapted, chosen, material.views, order)))
