import pytest
import torch

from pulih.data.lines import read_lines
from pulih.recognizer import stage
from pulih.recognizer.config import RecognizerConfig
from pulih.recognizer.ctc import columns_of
from pulih.recognizer.model import load_recognizer
from pulih.restorer.config import DiscriminatorConfig, RestorerConfig
from pulih.restorer.discriminator import Columns, Discriminator
from pulih.restorer.feed import Feed
from pulih.restorer.judging import SHARES, judge_images, judge_texts
from pulih.restorer.losses import Candidate, weighted_mean


@pytest.fixture
def discriminator(reader):
    torch.manual_seed(0)
    return Discriminator(DiscriminatorConfig(image_width=8, text_width=16), reader).eval()


def seen(discriminator, reader, images):
    features = reader.features(images)[-1]
    return discriminator.text.columns(features, reader.scores(features))


def test_image_branch_decides_per_patch(discriminator):
    assert discriminator.image(torch.rand(2, 1, 64, 96), torch.rand(2, 1, 64, 96)).shape == (2, 1, 8, 12)


def test_image_branch_looks_at_the_degraded_line_too(discriminator):
    candidate = torch.rand(1, 1, 64, 64)
    one, other = (discriminator.image(torch.full((1, 1, 64, 64), tone), candidate) for tone in (0.2, 0.9))
    assert not torch.allclose(one, other)


def test_text_branch_decides_per_character(discriminator, reader):
    columns = seen(discriminator, reader, torch.rand(2, 1, 64, 96))
    assert columns.values.shape == (2, 24, 16)
    assert columns.posteriors.shape == (2, 24, len(reader.charset))
    codes, lengths = torch.randint(1, 20, (2, 7)), torch.tensor([7, 4])
    assert discriminator.text.judge(columns, torch.tensor([24, 15]), codes, lengths).shape == (2, 7)


def test_text_branch_ignores_the_padding_of_a_line(discriminator, reader):
    columns = seen(discriminator, reader, torch.rand(1, 1, 64, 96))
    other = Columns(columns.values.clone(), columns.posteriors.clone())
    other.values[:, 15:] = 5.0
    other.posteriors[:, 15:] = 0.0
    codes, lengths, covered = torch.tensor([[3, 4, 5]]), torch.tensor([3]), torch.tensor([15])
    one, two = (discriminator.text.judge(each, covered, codes, lengths) for each in (columns, other))
    torch.testing.assert_close(one, two)


def test_longer_texts_in_the_batch_change_nothing(discriminator, reader):
    columns = seen(discriminator, reader, torch.rand(1, 1, 64, 96))
    covered, lengths = torch.tensor([24]), torch.tensor([3])
    short = discriminator.text.judge(columns, covered, torch.tensor([[3, 4, 5]]), lengths)
    padded = discriminator.text.judge(columns, covered, torch.tensor([[3, 4, 5, 0, 0]]), lengths)
    torch.testing.assert_close(short, padded[:, :3])


def test_text_branch_looks_near_the_place_of_a_character_first(discriminator):
    bias = discriminator.text._nearness(24, torch.tensor([24]), 4, torch.tensor([4]))
    assert bias.shape == (1, 4, 4, 24)
    assert (bias[0, 0].argmax(-1) - torch.tensor([2.5, 8.5, 14.5, 20.5])).abs().max() <= 1


def test_text_branch_moves_no_weight_of_the_reader_and_the_candidate_feels_it(discriminator, reader):
    images = torch.rand(1, 1, 64, 96, requires_grad=True)
    logits = discriminator.text.judge(
        seen(discriminator, reader, images), torch.tensor([24]), torch.tensor([[3, 4, 5]]), torch.tensor([3])
    )
    logits.sum().backward()
    assert images.grad.abs().max() > 0
    assert all(parameter.grad is None for parameter in reader.parameters())


@pytest.fixture(scope="module")
def literate(tiny_lines, tmp_path_factory):
    """A recognizer that has begun to read the tiny lines."""
    config = {"channels": 16, "hidden": 64, "depth": 2, "steps": 400, "batch_size": 8, "threads": 1, "processes": 1}
    folder = tmp_path_factory.mktemp("literate") / "recognizer"
    stage.train(RecognizerConfig.model_validate(config), tiny_lines, folder)
    return load_recognizer(folder)


@pytest.mark.slow
def test_image_branch_learns_to_see_edges_a_little_too_soft(literate, tiny_lines, alone):
    """Within the steps that the quick profile has for it, on lines that it did not learn from."""
    config = RestorerConfig.model_validate({"schedule": {"line_batch_size": 4, "adversarial": {"start": 0}}})
    torch.manual_seed(0)
    network = Discriminator(config.discriminator, literate)
    optimizer = torch.optim.AdamW(network.parameters(), 2e-3, betas=(0.9, 0.99))
    feed = Feed(read_lines(tiny_lines, "train"), literate.charset, config)
    for step in range(240):
        batch = feed.batch(step, alone)
        optimizer.zero_grad()
        losses, _ = judge_images(network, Candidate(_softened(batch), batch, literate))
        weighted_mean(losses, {name: SHARES[name] for name in losses}).backward()
        optimizer.step()
    network.eval()
    unseen = Feed(read_lines(tiny_lines, "validation"), literate.charset, config)
    right = []
    for step in range(8):
        batch = unseen.batch(step, alone)
        _, accuracies = judge_images(network, Candidate(_softened(batch), batch, literate))
        right += [accuracies["image_real"], accuracies["image_fake"]]
    assert torch.cat(right).mean() >= 0.7


def _softened(batch):
    """Logits of the clean lines, each pixel with a tenth of its neighbourhood."""
    soft = 0.9 * batch.clean + 0.1 * torch.nn.functional.avg_pool2d(batch.clean, 3, 1, 1, count_include_pad=False)
    return torch.logit(soft, 1e-3)


@pytest.mark.slow
def test_text_branch_learns_to_tell_matching_text_from_mismatched_text(tiny_lines, literate, alone):
    """Within the steps that the quick profile has for it, on lines that it did not learn from."""
    config = RestorerConfig.model_validate({"schedule": {"line_batch_size": 4, "adversarial": {"start": 0}}})
    torch.manual_seed(0)
    network = Discriminator(config.discriminator, literate)
    optimizer = torch.optim.AdamW(network.parameters(), config.optimizer.discriminator_rate, betas=(0.9, 0.99))
    shares = {name: SHARES[name] for name in ("text_real", "text_fake", "text_mismatch")}
    feed = Feed(read_lines(tiny_lines, "train"), literate.charset, config)
    for step in range(240):
        batch = feed.batch(step, alone)
        # Lines as they came stand for what a bad generator paints.
        candidate = Candidate(torch.logit(batch.degraded, 1e-3), batch, literate)
        optimizer.zero_grad()
        weighted_mean(judge_texts(network, candidate)[0], shares).backward()
        optimizer.step()
    assert _won(network, literate, Feed(read_lines(tiny_lines, "validation"), literate.charset, config), alone) >= 0.75


def _won(network, reader, feed, alone):
    """The share of 32 lines whose own text scores above a wrong one; by chance 0.5, with a standard error of 0.09."""
    network.eval()
    wins = []
    for step in range(8):
        batch = feed.batch(step, alone)
        columns, covered = seen(network, reader, batch.clean), columns_of(batch.widths, reader.stride)
        scores = [
            text.mean(network.text.judge(columns, covered, text.codes, text.lengths))
            for text in (batch.transcript, batch.mismatch)
        ]
        wins.append((scores[0] > scores[1]).float())
    return torch.cat(wins).mean().item()
