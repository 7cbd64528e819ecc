"""Every page by every method, one file of figures each, so that a second run computes only what is new."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
from PIL import Image

from pulih.common.config import digest_of
from pulih.common.files import atomic_path, write_json
from pulih.common.progress import track
from pulih.data.manifest import file_sha256
from pulih.evaluation.benchmark.methods import Family
from pulih.evaluation.benchmark.pairs import Pair, as_image, read_pair
from pulih.evaluation.binary import Agreement, compare, thinned

SCHEMA = 1  # raise it when the measures change
METRICS = ("fm", "pfm", "psnr", "drd")
ANSWERS, FIGURES = "answers", "figures"


def measure(pairs: list[Pair], families: list[Family], folder: Path) -> pd.DataFrame:
    """Return one row per page and method; answers and figures of each stay in ``folder``.

    A figure is computed again when the scan, the ground truth, the model or a parameter has changed.
    Columns: page, group, method, precision, recall, thinned_recall, fm, pfm, psnr, drd, and the facts of the method.

    Raises:
        InputError: a page cannot be read or compared.
    """
    rows: list[dict[str, Any]] = []
    for pair in track(pairs, "pages", total=len(pairs)):
        inputs = {"source": file_sha256(pair.source), "target": file_sha256(pair.target), "schema": SCHEMA}
        keys = {family.name: digest_of(inputs | {family.name: family.identity}) for family in families}
        stored = {family.name: _stored(folder, pair, family, keys[family.name]) for family in families}
        if missing := [family for family in families if stored[family.name] is None]:
            stored |= _computed(pair, missing, keys, folder)
        for family in families:
            rows.extend(_rows(pair, family, stored[family.name] or {}))
    return pd.DataFrame(rows)


def answer_path(folder: Path, method: str, page: str) -> Path:
    """Return where the answer of a method to a page lies."""
    return folder / ANSWERS / method / f"{page}.png"


def _figures_path(folder: Path, family: Family, pair: Pair) -> Path:
    return folder / FIGURES / family.name / f"{pair.name}.json"


def _stored(folder: Path, pair: Pair, family: Family, key: str) -> dict[str, Any] | None:
    try:
        known: dict[str, Any] = json.loads(_figures_path(folder, family, pair).read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    complete = all(answer_path(folder, method, pair.name).is_file() for method in family.methods)
    return known if known.get("key") == key and complete else None


def _computed(pair: Pair, families: list[Family], keys: dict[str, str], folder: Path) -> dict[str, Any]:
    page, truth = read_pair(pair)
    lines = thinned(truth)
    done = {}
    for family in families:
        answer = family.answer(page)
        for method, mask in answer.masks.items():
            _write_png(answer_path(folder, method, pair.name), as_image(mask))
        figures = {method: asdict(compare(truth, mask, lines)) for method, mask in answer.masks.items()}
        done[family.name] = {"key": keys[family.name], "facts": answer.facts, "methods": figures}
        write_json(_figures_path(folder, family, pair), done[family.name])
    return done


def _write_png(target: Path, image: Image.Image) -> None:
    with atomic_path(target) as path:
        image.save(path, format="PNG")


def _rows(pair: Pair, family: Family, known: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for method in family.methods:
        agreement = Agreement(**known["methods"][method])
        about = {"page": pair.name, "group": pair.group, "method": method}
        measures = asdict(agreement) | {"fm": agreement.fm, "pfm": agreement.pfm}
        rows.append(about | measures | dict(sorted(known["facts"].items())))
    return rows
