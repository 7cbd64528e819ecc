import pytest
import torch

from pulih.common.dist import Group
from pulih.common.errors import ConfigError, InputError
from pulih.data.charset import Charset
from pulih.restorer.feed import Feed

CPU = torch.device("cpu")


@pytest.fixture
def feed(samples, small):
    return Feed(samples, Charset(), small)


def test_the_same_step_gives_the_same_batch_whatever_came_before(feed, samples, small, alone):
    late = Feed(samples, Charset(), small)
    for step in (0, 1, 2, 5, 9, 4):
        feed.batch(step, alone)
    for step in (4, 9, 1):
        one, other = feed.batch(step, alone), late.batch(step, alone)
        assert torch.equal(one.degraded, other.degraded)
        assert (one.texts is None) == (other.texts is None)


def test_crops_come_first_and_have_no_text(feed, small, alone):
    batch = feed.batch(0, alone)
    assert batch.degraded.shape == (4, 1, 64, small.schedule.crop_width)
    assert batch.texts is None
    with pytest.raises(AssertionError):
        _ = batch.transcript


def test_a_crop_shows_the_same_place_of_both_images(feed, samples, alone):
    batch = feed.batch(1, alone)
    clean = {sample.clean[:, left : left + 64].tobytes(): sample.degraded[:, left : left + 64]
             for sample in samples for left in range(max(1, sample.clean.shape[1] - 63))}  # fmt: skip
    for row in range(4):
        width = int(batch.widths[row])
        cut = (batch.clean[row, 0, :, :width] * 255).round().byte().numpy()
        found = (batch.degraded[row, 0, :, :width] * 255).round().byte().numpy()
        assert (clean[cut.tobytes()] == found).all()


def test_whole_lines_come_with_right_and_wrong_texts(feed, alone):
    batch = feed.batch(9, alone)
    assert batch.degraded.shape[-1] % 32 == 0
    for row, width in enumerate(batch.widths.tolist()):
        assert batch.mask[row].sum() == 64 * width
        assert (batch.clean[row, ..., width:] == 1).all()
        right = feed.charset.decode(batch.transcript.codes[row].tolist())
        wrong = feed.charset.decode(batch.mismatch.codes[row].tolist())
        assert right in feed.texts
        assert wrong != right
        assert int(batch.mismatch.lengths[row]) == len(wrong)
        assert batch.mismatch.shown[row].sum() < len(wrong)


@pytest.mark.parametrize("step", [0, 9])
def test_ranks_share_the_very_batch_of_one_process(feed, alone, step):
    whole = feed.batch(step, alone)
    halves = [feed.batch(step, Group(rank, 2, CPU)) for rank in (0, 1)]
    for rank, half in enumerate(halves):
        assert torch.equal(whole.degraded[rank::2], half.degraded)
        if half.texts is not None:
            length = int(half.mismatch.lengths.max())
            assert torch.equal(whole.mismatch.codes[rank::2][:, :length], half.mismatch.codes)


def test_every_line_is_used_before_one_comes_again(samples, small, alone):
    config = small.model_copy(update={"schedule": small.schedule.model_copy(update={"line_batch_size": 5})})
    feed = Feed(samples, Charset(), config)
    texts = [
        feed.charset.decode(codes.tolist())
        for step in (feed.whole_from, feed.whole_from + 1)
        for codes in feed.batch(step, alone).transcript.codes
    ]
    assert sorted(texts) == sorted(feed.texts)


def test_too_few_lines_for_a_batch_are_refused(samples, small):
    with pytest.raises(ConfigError, match="at least 4"):
        Feed(samples[:3], Charset(), small)


def test_text_outside_the_charset_is_refused_before_training(samples, small):
    with pytest.raises(InputError, match="dek"):
        Feed(samples, Charset("abc"), small)


def test_a_training_without_wrong_texts_gets_none_and_the_same_lines(samples, reader, small, alone):
    config = small.model_copy(update={"discriminator": small.discriminator.model_copy(update={"mismatches": False})})
    feeds = [Feed(samples, reader.charset, one) for one in (small, config)]
    step = feeds[0].whole_from
    usual, without = (feed.batch(step, alone) for feed in feeds)
    assert without.mismatched is None
    assert torch.equal(usual.degraded, without.degraded)
