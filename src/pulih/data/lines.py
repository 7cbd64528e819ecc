"""Line artifacts: WebDataset tar shards of degraded and clean line pairs with their text.

A sample ``K`` is four members: ``K.degraded.png``, ``K.clean.png`` (8-bit grey, 255 = paper), ``K.text.txt`` (UTF-8),
``K.meta.json``. Shards are named ``<split>-<number>.tar``; equal samples give equal bytes.
"""

import io
import json
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pulih.common.errors import ArtifactError
from pulih.common.files import atomic_path
from pulih.data import manifest

KIND = "lines"
Split = Literal["train", "validation", "test_seen", "test_unseen"]
SPLITS: tuple[Split, ...] = get_args(Split)
GreyImage = NDArray[np.uint8]


@dataclass(frozen=True)
class LineSample:
    """One line: two 8-bit grey images of shape (height, width), its text, and how it was made.

    ``meta`` has at least ``font`` (str), ``font_seen`` (bool), ``severity`` (0..1) and ``degradations`` (a list of
    ``{"name": ..., parameters}``).
    """

    key: str
    degraded: GreyImage
    clean: GreyImage
    text: str
    meta: dict[str, Any]


def _png(image: GreyImage) -> bytes:
    # Of zlib's strategies, run lengths take half the time of the default on scans and give smaller files.
    options = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]
    return cv2.imencode(".png", image, options)[1].tobytes()


def shard_name(split: Split, number: int) -> str:
    """Return the file name of a shard."""
    return f"{split}-{number:05d}.tar"


def write_shard(path: Path, samples: Iterable[LineSample]) -> None:
    """Write ``samples`` as one tar shard, atomically, with no time or owner in it."""
    with atomic_path(path) as temporary, tarfile.open(temporary, "w", format=tarfile.USTAR_FORMAT) as tar:
        for sample in samples:
            members = {
                "degraded.png": _png(sample.degraded),
                "clean.png": _png(sample.clean),
                "text.txt": sample.text.encode("utf-8"),
                "meta.json": json.dumps(sample.meta, sort_keys=True, ensure_ascii=False).encode("utf-8"),
            }
            for suffix, data in members.items():
                entry = tarfile.TarInfo(f"{sample.key}.{suffix}")
                entry.size, entry.mode = len(data), 0o644
                tar.addfile(entry, io.BytesIO(data))


def read_shard(path: Path) -> Iterator[LineSample]:
    """Yield the samples of one shard in order; raises ArtifactError when it is not a whole shard."""
    parts: dict[str, dict[str, bytes]] = {}
    try:
        with tarfile.open(path, "r:") as tar:
            for member in tar:
                key, _, suffix = member.name.partition(".")
                file = tar.extractfile(member)
                parts.setdefault(key, {})[suffix] = file.read() if file else b""
    except (tarfile.TarError, OSError) as err:
        raise ArtifactError(f"a tar shard at {path}", str(err), "Synthesize the lines again.") from err
    for key, part in parts.items():
        try:
            yield LineSample(
                key=key,
                degraded=np.asarray(Image.open(io.BytesIO(part["degraded.png"]))),
                clean=np.asarray(Image.open(io.BytesIO(part["clean.png"]))),
                text=part["text.txt"].decode("utf-8"),
                meta=json.loads(part["meta.json"]),
            )
        except (KeyError, OSError, ValueError) as err:
            raise ArtifactError(f"a whole sample '{key}' in {path}", str(err), "Synthesize the lines again.") from err


def read_lines(folder: Path, split: Split) -> list[LineSample]:
    """Read all samples of a split of a verified lines artifact, in a fixed order.

    Raises:
        ArtifactError: the artifact is missing or altered, or has no line in this split.
    """
    manifest.verify(folder, KIND)
    samples = [sample for path in sorted(folder.glob(f"{split}-*.tar")) for sample in read_shard(path)]
    if not samples:
        raise ArtifactError(f"lines of the split '{split}' in {folder}", "none", "Synthesize some.")
    return samples
