import pytest
import torch

from pulih.restorer.balance import gradient_shares, limited


def test_gradient_is_limited_line_by_line_and_never_enlarged():
    reference = torch.ones(2, 1, 4, 4)
    gradient = torch.stack([torch.full((1, 4, 4), 50.0), torch.full((1, 4, 4), 0.25)])
    found = limited(gradient, reference)
    torch.testing.assert_close(found[0], torch.ones(1, 4, 4))
    torch.testing.assert_close(found[1], gradient[1])


def test_shares_follow_the_weights_and_the_slopes():
    leaf = torch.zeros(2, 1, 4, 4, requires_grad=True)
    losses = {"pixel": leaf.sum((1, 2, 3)), "ssim": -2 * leaf.sum((1, 2, 3))}
    shares = gradient_shares(leaf, losses, {"pixel": 1.0, "ssim": 1.5})
    assert shares == pytest.approx({"pixel": 0.25, "ssim": 0.75})


def test_an_exploding_ctc_counts_as_much_as_it_may_move():
    leaf = torch.zeros(2, 1, 4, 4, requires_grad=True)
    losses = {"pixel": leaf.sum((1, 2, 3)), "ctc": 1000 * leaf.sum((1, 2, 3))}
    shares = gradient_shares(leaf, losses, {"pixel": 1.0, "ctc": 0.25})
    assert shares == pytest.approx({"pixel": 0.8, "ctc": 0.2})


def test_losses_without_any_slope_have_no_share():
    leaf = torch.zeros(1, 1, 4, 4, requires_grad=True)
    assert gradient_shares(leaf, {"pixel": 0 * leaf.sum((1, 2, 3))}, {"pixel": 1.0}) == {"pixel": 0.0}
