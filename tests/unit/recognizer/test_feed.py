from itertools import islice

import pytest
import torch

from pulih.common.dist import Group
from pulih.common.errors import ConfigError, InputError
from pulih.data.charset import Charset
from pulih.data.lines import LineSample
from pulih.recognizer.config import Curriculum
from pulih.recognizer.feed import LineFeed, Position, admitted_lines


def feed_of(samples, config, charset=None):
    return LineFeed(samples, charset or Charset(), 4, config)


def test_curriculum_starts_with_a_share_and_ends_with_all():
    curriculum = Curriculum(start=0.25, steps=100)
    assert [admitted_lines(curriculum, step, 400) for step in (0, 50, 100, 999)] == [100, 250, 400, 400]


def test_first_epoch_has_only_the_shortest_lines(samples, small):
    feed = feed_of(samples, small)
    first = {index for position, batch in islice(feed.batches(Position(), 0), 1) for index in batch}
    shortest = sorted(sample.clean.shape[1] for sample in samples)[: len(samples) // 2]
    assert {feed.widths[index] for index in first} <= set(shortest)


def test_every_admitted_line_comes_once_per_epoch(samples, small):
    feed = feed_of(samples, small)
    batches = [batch for position, batch in islice(feed.batches(Position(1), 100), 3)]
    assert sorted(index for batch in batches for index in batch) == list(range(len(samples)))


@pytest.mark.parametrize("done", [1, 2, 5, 9])
def test_batches_go_on_from_a_position_as_if_never_stopped(samples, small, done):
    feed = feed_of(samples, small)
    whole = list(islice(feed.batches(Position(), 0), 14))
    rest = list(islice(feed.batches(whole[done - 1][0], done), 14 - done))
    assert rest == whole[done:]


def test_ranks_get_disjoint_lines_of_one_width_as_one_process_does(samples, small):
    feed = feed_of(samples, small)
    cpu = torch.device("cpu")
    whole = feed.tensors([3, 1, 11, 7], 5, Group(0, 1, cpu))
    parts = [feed.tensors([3, 1, 11, 7], 5, Group(rank, 2, cpu)) for rank in (0, 1)]
    for rank, part in enumerate(parts):
        assert torch.equal(part.images, whole.images[rank::2])
        assert torch.equal(part.columns, whole.columns[rank::2])


def test_a_line_looks_different_at_every_step_and_the_same_when_repeated(samples, small, alone):
    feed = feed_of(samples, small)
    first, again, later = (feed.tensors([0], step, alone).images for step in (3, 3, 4))
    assert torch.equal(first, again)
    assert first.shape != later.shape or not torch.equal(first, later)


def test_text_outside_the_charset_is_refused_by_character(samples, small):
    with pytest.raises(InputError, match="'B'"):
        feed_of(samples, small, Charset("abcdefghijklmnopqrstuvwxyz"))


def test_text_that_its_columns_cannot_spell_is_refused_by_key(samples, small):
    narrow = LineSample("narrow-1", samples[0].degraded[:, :12], samples[0].clean[:, :12], "peper", samples[0].meta)
    with pytest.raises(InputError, match=r"1 to 3 columns in line narrow-1.*5 characters"):
        feed_of([*samples, narrow], small)


def test_fewer_lines_than_a_batch_are_refused(samples, small):
    with pytest.raises(ConfigError, match="batch_size = 4"):
        feed_of(samples[:3], small)
