"""Connectionist temporal classification (Graves et al., ICML 2006).

Axes: B line, T column, K class (0 = blank), L character.
"""

import torch
import torch.nn.functional as F

from pulih.common.errors import InputError
from pulih.data.charset import BLANK


def columns_of(widths: torch.Tensor, stride: int) -> torch.Tensor:
    """Return how many columns cover lines of ``widths`` pixels (B), the last one possibly in part."""
    return (widths + stride - 1) // stride


def columns_needed(targets: torch.Tensor, target_lengths: torch.Tensor) -> torch.Tensor:
    """Return the fewest columns (B) that can spell each text: its length, and a blank between equal neighbours.

    Args:
        targets: int64 (B, L), padded with anything.
        target_lengths: (B).
    """
    if targets.shape[1] < 2:
        return target_lengths.clone()
    positions = torch.arange(1, targets.shape[1], device=targets.device)
    repeats = (targets[:, 1:] == targets[:, :-1]) & (positions[None, :] < target_lengths[:, None])
    return target_lengths + repeats.sum(1)


def ctc_loss(
    logits_BTK: torch.Tensor, columns: torch.Tensor, targets: torch.Tensor, target_lengths: torch.Tensor
) -> torch.Tensor:
    """Return the mean over lines of the negative log likelihood per character.

    Args:
        logits_BTK: unnormalized scores, float (B, T, K).
        columns: how many of the T columns belong to each line, int64 (B).
        targets: class indices from 1 on, int64 (B, L), padded with 0.
        target_lengths: (B), at least 1.

    Raises:
        InputError: a text needs more columns than its line has; its loss would be infinite.
    """
    check_fit(columns, targets, target_lengths)
    log_probs_TBK = logits_BTK.float().log_softmax(-1).transpose(0, 1)
    return F.ctc_loss(log_probs_TBK, targets, columns, target_lengths, blank=BLANK, reduction="mean")


def check_fit(columns: torch.Tensor, targets: torch.Tensor, target_lengths: torch.Tensor) -> None:
    """Raise InputError when a text is empty or needs more columns than its line has."""
    needed = columns_needed(targets, target_lengths)
    wrong = torch.nonzero((needed > columns) | (target_lengths < 1)).flatten().tolist()
    if wrong:
        first = wrong[0]
        expected = f"a text of 1 to {int(columns[first])} columns in line {first} of the batch"
        found = f"{int(target_lengths[first])} characters, which need {int(needed[first])}"
        raise InputError(expected, found, "Make the line wider, or leave it out.")
