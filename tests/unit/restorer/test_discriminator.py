import pytest
import torch

from pulih.data.lines import read_lines
from pulih.restorer.config import DiscriminatorConfig, RestorerConfig
from pulih.restorer.discriminator import Discriminator
from pulih.restorer.feed import Feed
from pulih.restorer.judging import SHARES, judge_texts
from pulih.restorer.losses import weighted_mean


@pytest.fixture
def discriminator():
    torch.manual_seed(0)
    return Discriminator(DiscriminatorConfig(image_width=8, text_width=16), 20, 64).eval()


def test_image_branch_decides_per_patch(discriminator):
    assert discriminator.image(torch.rand(2, 1, 64, 96), torch.rand(2, 1, 64, 96)).shape == (2, 1, 8, 12)


def test_image_branch_looks_at_the_degraded_line_too(discriminator):
    candidate = torch.rand(1, 1, 64, 64)
    one, other = (discriminator.image(torch.full((1, 1, 64, 64), tone), candidate) for tone in (0.2, 0.9))
    assert not torch.allclose(one, other)


def test_text_branch_decides_per_character(discriminator):
    columns = discriminator.text.columns(torch.rand(2, 1, 64, 96))
    assert columns.shape == (2, 24, 16)
    codes, lengths = torch.randint(1, 20, (2, 7)), torch.tensor([7, 4])
    assert discriminator.text.judge(columns, torch.tensor([96, 60]), codes, lengths).shape == (2, 7)


def test_text_branch_ignores_the_padding_of_a_line(discriminator):
    columns = discriminator.text.columns(torch.rand(1, 1, 64, 96))
    other = columns.clone()
    other[:, 15:] = 5.0
    codes, lengths, widths = torch.tensor([[3, 4, 5]]), torch.tensor([3]), torch.tensor([60])
    one, two = (discriminator.text.judge(seen, widths, codes, lengths) for seen in (columns, other))
    torch.testing.assert_close(one, two)


def test_longer_texts_in_the_batch_change_nothing(discriminator):
    columns, widths, lengths = (
        discriminator.text.columns(torch.rand(1, 1, 64, 96)),
        torch.tensor([96]),
        torch.tensor([3]),
    )
    short = discriminator.text.judge(columns, widths, torch.tensor([[3, 4, 5]]), lengths)
    padded = discriminator.text.judge(columns, widths, torch.tensor([[3, 4, 5, 0, 0]]), lengths)
    torch.testing.assert_close(short, padded[:, :3])


def test_text_branch_looks_near_the_place_of_a_character_first(discriminator):
    bias = discriminator.text._nearness(24, torch.tensor([96]), 4, torch.tensor([4]))
    assert bias.shape == (1, 4, 4, 24)
    assert (bias[0, 0].argmax(-1) - torch.tensor([2.5, 8.5, 14.5, 20.5])).abs().max() <= 1


def test_a_line_of_128_pixels_has_columns_of_the_same_size():
    branch = Discriminator(DiscriminatorConfig(image_width=8, text_width=16), 20, 128).text
    assert branch.columns(torch.rand(1, 1, 128, 96)).shape == (1, 24, 16)


@pytest.mark.slow
def test_text_branch_learns_to_tell_matching_text_from_mismatched_text(tiny_lines, reader, alone):
    config = RestorerConfig.model_validate({"schedule": {"line_batch_size": 8, "adversarial": {"start": 0}}})
    torch.manual_seed(0)
    network = Discriminator(config.discriminator, len(reader.charset), 64)
    optimizer = torch.optim.AdamW(network.parameters(), 2e-3, betas=(0.9, 0.99))
    shares = {name: SHARES[name] for name in ("text_real", "text_fake", "text_mismatch")}
    feed = Feed(read_lines(tiny_lines, "train"), reader.charset, config)
    for step in range(300):
        batch = feed.batch(step, alone)
        # White pages stand for what a bad generator paints: with any text they are not real.
        losses, _ = judge_texts(network, batch, torch.ones_like(batch.clean))
        optimizer.zero_grad()
        weighted_mean(losses, shares).backward()
        optimizer.step()
    assert _won(network, Feed(read_lines(tiny_lines, "validation"), reader.charset, config), alone) >= 0.85


def _won(network, feed, alone):
    """The share of lines whose own text scores above a wrong one, on lines that were not learned from."""
    network.eval()
    wins = []
    for step in range(4):
        batch = feed.batch(step, alone)
        columns = network.text.columns(batch.clean)
        scores = [
            text.mean(network.text.judge(columns, batch.widths, text.codes, text.lengths))
            for text in (batch.transcript, batch.mismatch)
        ]
        wins.append((scores[0] > scores[1]).float())
    return torch.cat(wins).mean().item()
