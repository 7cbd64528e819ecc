import numpy as np
import pytest
import torch

from pulih.common.errors import InputError
from pulih.data.batches import WIDTH_STEP, collate, epoch_order, padded_width, stack
from pulih.data.charset import Charset
from pulih.data.lines import LineSample


def sample(width, text="ab"):
    return LineSample("k", np.full((64, width), 100, np.uint8), np.full((64, width), 200, np.uint8), text, {})


def test_images_are_scaled_and_padded_with_paper():
    stacked = stack([np.zeros((64, 40), np.uint8), np.full((64, 70), 51, np.uint8)])
    assert stacked.shape == (2, 1, 64, 96)
    assert stacked.dtype == torch.float32
    assert stacked[0, 0, :, :40].max() == 0
    assert stacked[0, 0, :, 40:].min() == 1
    assert stacked[1, 0, 0, 0] == pytest.approx(0.2)


@pytest.mark.parametrize(("widths", "padded"), [([1], 32), ([32], 32), ([33, 5], 64), ([512], 512)])
def test_width_is_the_next_multiple_of_the_step(widths, padded):
    assert padded_width(widths) == padded


def test_mask_covers_the_line_and_not_the_padding():
    batch = collate([sample(40), sample(64)], Charset())
    assert batch.mask.shape == batch.degraded.shape == batch.clean.shape == (2, 1, 64, 64)
    assert batch.mask[0].sum() == 40 * 64
    assert batch.mask[0, 0, 0, 40:].max() == 0
    assert batch.widths.tolist() == [40, 64]


def test_targets_are_padded_with_blanks():
    charset = Charset()
    batch = collate([sample(40, "a"), sample(40, " een  schip ")], charset)
    assert batch.target_lengths.tolist() == [1, 9]
    assert batch.targets[0].tolist() == charset.encode("a") + [0] * 8
    assert batch.texts == ("a", "een schip")


def test_text_outside_the_charset_is_refused():
    with pytest.raises(InputError, match="€"):
        collate([sample(40, "€")], Charset())


def test_moving_a_batch_keeps_everything():
    batch = collate([sample(40)], Charset())
    moved = batch.to(torch.device("cpu"))
    assert moved.texts == batch.texts
    assert torch.equal(moved.targets, batch.targets)


def test_epoch_has_each_line_at_most_once_in_whole_batches():
    widths = np.random.default_rng(0).integers(100, 500, 103).tolist()
    batches = list(epoch_order(widths, 8, seed=1, epoch=0))
    used = [index for batch in batches for index in batch]
    assert len(batches) == 12
    assert all(len(batch) == 8 for batch in batches)
    assert len(set(used)) == len(used) == 96


def test_order_depends_on_seed_and_epoch_only():
    widths = list(range(100, 200))
    order = [list(epoch_order(widths, 10, seed, epoch)) for seed, epoch in ((1, 0), (1, 0), (1, 1), (2, 0))]
    assert order[0] == order[1]
    assert order[0] != order[2]
    assert order[0] != order[3]


def test_lines_of_like_width_are_batched_together():
    widths = np.random.default_rng(0).integers(100, 500, 400)
    spread = [np.ptp(widths[batch]) for batch in epoch_order(widths.tolist(), 16, seed=0, epoch=0)]
    assert np.mean(spread) < 0.35 * np.ptp(widths)
    assert WIDTH_STEP == 32
