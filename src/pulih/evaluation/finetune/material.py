"""Scans with ground truth as pages to learn from."""

from collections.abc import Sequence

import numpy as np

from pulih.common.config import digest_of
from pulih.common.progress import track
from pulih.common.version import source_digest
from pulih.data.manifest import file_sha256
from pulih.evaluation.benchmark.pairs import Pair, read_pair
from pulih.restorer.inference_code import inference_digest
from pulih.restorer.pages.material import PageMaterial, material_of

SOURCES = ("restorer/pages/material.py", "restorer/pages/trainer.py")


def prepare(pairs: Sequence[Pair], height: int) -> dict[str, PageMaterial]:
    """Return the pages by name, for a network of lines ``height`` pixels high."""
    pages = {}
    for pair in track(pairs, "pages to learn from", total=len(pairs)):
        page, truth = read_pair(pair)
        pages[pair.name] = material_of(page, np.where(truth, 0, 255).astype(np.uint8), height)
    return pages


def digest_of_pairs(pairs: Sequence[Pair]) -> str:
    """Return what identifies prepared pages: their files, and the code between them and the network."""
    files = {pair.name: [file_sha256(pair.source), file_sha256(pair.target)] for pair in pairs}
    return digest_of([files, inference_digest(), source_digest(*SOURCES)])
