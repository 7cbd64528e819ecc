"""A look into the text branch: where it looks for each character of a text, and what it decides.

Axes: B line, T character, K image column.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pulih.common.files import write_bytes
from pulih.common.seed import generator
from pulih.data.charset import Charset
from pulih.data.lines import GreyImage, LineSample
from pulih.restorer.feed import images_of, transcript_of
from pulih.restorer.losses import Candidate
from pulih.restorer.negatives import Mismatch, edited
from pulih.restorer.step import Networks

SHOWN, ABSENT = "tab:blue", "tab:red"


@dataclass(frozen=True)
class Reading:
    """A clean line with a text under judgement.

    ``attention`` (T, K) tells where each character is looked for, ``logits`` (T) what is decided, positive = shown;
    ``stride`` is the width of a column in pixels.
    """

    image: GreyImage
    text: Mismatch
    attention: NDArray[np.float32]
    logits: NDArray[np.float32]
    stride: int


def read_text(networks: Networks, sample: LineSample, text: Mismatch, device: torch.device) -> Reading:
    """Let the text branch judge whether a clean line shows ``text``."""
    reader, branch = networks.recognizer, networks.discriminator.text.eval()
    width = sample.clean.shape[1]
    batch = images_of([(sample.degraded, sample.clean)], -(-width // 32) * 32).to(device)
    codes = transcript_of([text], reader.charset).to(device)
    candidate = Candidate(batch.clean, batch, reader)
    with torch.no_grad():
        columns = branch.columns(candidate.clean_features[-1], candidate.clean_reading)
        logits = branch.judge(columns, candidate.columns, codes.codes, codes.lengths)[0]
        attention = branch.alignment(columns, candidate.columns, codes.codes, codes.lengths)[0]
    covered = int(candidate.columns[0])
    return Reading(sample.clean, text, attention[:, :covered].cpu().numpy(), logits.cpu().numpy(), reader.stride)


def readings(networks: Networks, sample: LineSample, seed: int, device: torch.device) -> list[Reading]:
    """Return what the text branch says of a line with its own text, and with a few characters of it edited."""
    charset: Charset = networks.recognizer.charset
    right = charset.normalize(sample.text)
    wrong = edited(right, sorted(set(right) | {"a", "e", "n"}), generator(seed, "alignment"))
    texts = [Mismatch(right, (True,) * len(right)), wrong]
    return [read_text(networks, sample, text, device) for text in texts]


def draw_alignment(shown: Sequence[Reading], target: Path) -> None:
    """Write a PNG: per text the line, the attention of its characters to the line, and the decision on each.

    Characters that the line does not show are red, and so should be their bars, to the left.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    tallest = max(len(reading.text.text) for reading in shown)
    size = (7.5 * len(shown), 1.5 + 0.19 * tallest)
    layout = {"width_ratios": [4, 1] * len(shown), "height_ratios": [1, 0.13 * tallest]}
    figure, panels = plt.subplots(2, 2 * len(shown), figsize=size, gridspec_kw=layout, layout="constrained")
    for number, reading in enumerate(shown):
        _draw_one(reading, panels[:, 2 * number], panels[1, 2 * number + 1])
        panels[0, 2 * number + 1].axis("off")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100)
    plt.close(figure)
    write_bytes(target, buffer.getvalue())


def _draw_one(reading: Reading, panels: Sequence[Any], bars: Any) -> None:
    line, where = panels
    characters, covered = reading.attention.shape
    colours = [SHOWN if shown else ABSENT for shown in reading.text.shown]
    line.imshow(reading.image, cmap="gray", aspect="auto", vmin=0, vmax=255)
    line.axis("off")
    edits = reading.text.shown.count(False)
    line.set_title(f"{edits} characters edited" if edits else "the line's own text", fontsize=10)
    where.imshow(reading.attention, cmap="magma", aspect="auto", extent=(0, covered * reading.stride, characters, 0))
    where.set_yticks(np.arange(characters) + 0.5, [c if c != " " else "\u2423" for c in reading.text.text], fontsize=8)
    for label, colour in zip(where.get_yticklabels(), colours, strict=True):
        label.set_color(colour)
    where.set_xlabel("pixels along the line")
    bars.barh(np.arange(characters) + 0.5, reading.logits, color=colours)
    bars.axvline(0, color="black", linewidth=0.8)
    bars.set(ylim=(characters, 0), yticks=[], xlabel="logit")
