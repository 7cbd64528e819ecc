"""How well a recognizer reads the lines of a split."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import torch

from pulih.common.dist import Group
from pulih.data.batches import stack
from pulih.data.lines import LineSample
from pulih.recognizer.decode import read
from pulih.recognizer.metrics import character_edits, interval, word_edits
from pulih.recognizer.model import Recognizer


def spread(samples: Sequence[LineSample], count: int) -> list[LineSample]:
    """Return at most ``count`` samples, evenly spread over the sequence."""
    step = max(1.0, len(samples) / count)
    return [samples[math.floor(index * step)] for index in range(min(count, len(samples)))]


def read_all(model: Recognizer, images: Sequence[Any], batch_size: int, device: torch.device) -> list[str]:
    """Read 8-bit grey images (H, w), in batches of like width, and return their texts in the given order."""
    order = sorted(range(len(images)), key=lambda index: images[index].shape[1])
    texts = [""] * len(images)
    model.eval()
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        widths = torch.tensor([images[index].shape[1] for index in chosen])
        for index, text in zip(chosen, read(model, stack([images[i] for i in chosen]).to(device), widths), strict=True):
            texts[index] = text
    return texts


def validation_scores(
    model: Recognizer, samples: Sequence[LineSample], batch_size: int, group: Group
) -> dict[str, float]:
    """Return ``cer`` and ``empty`` (the share of lines read as nothing) on clean lines, shared out among the ranks."""
    mine = group.share(samples)
    texts = read_all(model, [sample.clean for sample in mine], batch_size, group.device)
    edits = character_edits([model.charset.normalize(sample.text) for sample in mine], texts)
    counts = {
        "errors": float(edits.errors.sum()),
        "characters": float(edits.lengths.sum()),
        "empty": float(sum(not text for text in texts)),
        "lines": float(len(mine)),
    }
    mean = group.mean(counts)
    return {"cer": mean["errors"] / mean["characters"], "empty": mean["empty"] / mean["lines"]}


def split_scores(model: Recognizer, samples: Sequence[LineSample], seed: int, batch_size: int) -> dict[str, Any]:
    """Return CER and WER with bootstrap intervals on the clean and on the degraded lines of a split."""
    device = next(model.parameters()).device
    references = [model.charset.normalize(sample.text) for sample in samples]
    scores: dict[str, Any] = {"lines": len(samples)}
    for kind in ("clean", "degraded"):
        texts = read_all(model, [getattr(sample, kind) for sample in samples], batch_size, device)
        scores[kind] = {
            "cer": asdict(interval(character_edits(references, texts), seed)),
            "wer": asdict(interval(word_edits(references, texts), seed)),
        }
    return scores
