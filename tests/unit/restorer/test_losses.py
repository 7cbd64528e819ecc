import math

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity
from torch.nn import functional

from pulih.common.errors import PulihError
from pulih.restorer.config import LossWeights
from pulih.restorer.losses import (
    Candidate,
    GeneratorLosses,
    charbonnier,
    check_names,
    feature_distance,
    per_line,
    posterior_divergence,
    spelling,
    structure,
    weighted_mean,
)


@pytest.fixture
def losses(networks):
    return GeneratorLosses(networks.discriminator.eval(), LossWeights.model_fields)


def candidate(networks, batch):
    logits = networks.generator(batch.degraded).detach().requires_grad_()
    return Candidate(logits, batch, networks.recognizer.requires_grad_(False).eval())


def test_names_of_losses_and_weights_must_be_the_same():
    with pytest.raises(PulihError, match=r"\['pixel', 'ssim'\].*\['ctc', 'pixel'\]"):
        check_names({"pixel", "ssim"}, {"pixel", "ctc"})
    with pytest.raises(PulihError, match="same names"):
        weighted_mean({"pixel": torch.ones(2)}, {"pixel": 1.0, "ssim": 1.0})


def test_every_weight_of_the_config_has_its_loss(networks):
    with pytest.raises(PulihError, match="tone"):
        GeneratorLosses(networks.discriminator, [*LossWeights.model_fields, "tone"])


def test_weighted_mean_is_the_sum_of_weights_times_means():
    losses = {"pixel": torch.tensor([1.0, 3.0]), "ssim": torch.tensor([0.5, 0.5])}
    assert weighted_mean(losses, {"pixel": 2.0, "ssim": 10.0}).item() == pytest.approx(2 * 2 + 10 * 0.5)


def test_per_line_counts_pixels_inside_the_line_only():
    values, mask = torch.ones(2, 1, 2, 4), torch.ones(2, 1, 2, 4)
    values[1, ..., 2:], mask[1, ..., 2:] = 100.0, 0.0
    assert per_line(values, mask).tolist() == [1.0, 1.0]


def test_charbonnier_by_hand():
    restored, clean = torch.tensor([[[[0.5, 1.0]]]]), torch.tensor([[[[1.0, 1.0]]]])
    wanted = (math.sqrt(0.25 + 1e-6) + 1e-3) / 2
    assert charbonnier(restored, clean, torch.ones_like(clean)).item() == pytest.approx(wanted, rel=1e-5)


def test_structure_agrees_with_scikit_image():
    random = np.random.default_rng(0)
    one, other = random.random((2, 48, 64)).astype(np.float32)
    pair = structure(torch.from_numpy(one)[None, None], torch.from_numpy(other)[None, None])
    _, image = structural_similarity(
        *(one, other), data_range=1.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, full=True
    )
    assert pair.item() == pytest.approx(1 - image[5:-5, 5:-5].mean(), abs=1e-5)


def test_feature_distance_is_relative_and_ignores_padding():
    wanted, found = torch.full((1, 2, 3, 4), 2.0), torch.full((1, 2, 3, 4), 3.0)
    found[..., 2:] = 50.0
    assert feature_distance(found, wanted, torch.tensor([2])).item() == pytest.approx(0.5, rel=1e-4)


def test_posterior_divergence_by_hand():
    wanted, found = torch.tensor([[[0.0, 0.0]]]), torch.tensor([[[math.log(3.0), 0.0]]])
    by_hand = 0.5 * math.log(0.5 / 0.75) + 0.5 * math.log(0.5 / 0.25)
    assert posterior_divergence(found, wanted, torch.tensor([1])).item() == pytest.approx(by_hand, rel=1e-5)
    assert posterior_divergence(wanted, wanted, torch.tensor([1])).item() == pytest.approx(0, abs=1e-7)


def test_spelling_is_ctc_per_line_and_character(networks, line_batch):
    it = candidate(networks, line_batch)
    text = line_batch.transcript
    log_probs = it.reading.log_softmax(-1).transpose(0, 1)
    wanted = functional.ctc_loss(log_probs, text.codes, it.columns, text.lengths, reduction="mean")
    assert spelling(it.reading, it.columns, text).mean().item() == pytest.approx(wanted.item(), rel=1e-5)


def test_only_the_losses_that_are_asked_for_are_computed(losses, networks, line_batch):
    it = candidate(networks, line_batch)
    found = losses(it, ["pixel", "ssim"])
    assert set(found) == {"pixel", "ssim"}
    assert all(loss.shape == line_batch.widths.shape for loss in found.values())
    assert not {"features", "reading", "clean_features"} & set(vars(it))


@pytest.mark.parametrize("name", sorted(LossWeights.model_fields))
def test_every_loss_reaches_the_generator(name, losses, networks, line_batch):
    it = candidate(networks, line_batch)
    loss = losses(it, [name])[name]
    assert loss.shape == line_batch.widths.shape
    gradient = torch.autograd.grad(loss.mean(), it.logits)[0]
    assert torch.isfinite(gradient).all()
    assert gradient.flatten(1).abs().sum(1).min() > 0
    assert (gradient * (1 - line_batch.mask)).abs().max() == 0


def test_padding_is_paper(networks, line_batch):
    assert (candidate(networks, line_batch).image[line_batch.mask == 0] == 1).all()


@pytest.mark.parametrize("name", ["pixel", "bce", "ssim", "features", "posterior"])
def test_a_perfect_restoration_costs_next_to_nothing(name, losses, networks, line_batch):
    perfect = Candidate(torch.where(line_batch.clean > 0.5, 20.0, -20.0), line_batch, networks.recognizer)
    blank = Candidate(torch.full_like(line_batch.clean, 20.0), line_batch, networks.recognizer)
    assert losses(perfect, [name])[name].mean() < 0.35 * losses(blank, [name])[name].mean()
