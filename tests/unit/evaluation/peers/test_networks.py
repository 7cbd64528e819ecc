import pytest
import torch
from torch import nn

from pulih.evaluation.peers.config import UNetConfig
from pulih.evaluation.peers.networks import PatchDiscriminator, UNet, parameters_of


def test_the_default_unet_has_23_convolutions_of_64_to_512_channels():
    convolutions = [m for m in UNet(UNetConfig()).modules() if isinstance(m, nn.Conv2d)]
    assert len(convolutions) == 23
    assert {m.out_channels for m in convolutions[:-1]} == {64, 128, 256, 512}
    assert sum(isinstance(m, nn.BatchNorm2d) for m in UNet(UNetConfig()).modules()) == 18


def test_parameters_are_counted_as_by_hand():
    # Two levels of 2 and 3 channels: (weights + scale and shift) per convolution.
    down = (9 * 1 * 2 + 4) + (9 * 2 * 2 + 4) + (9 * 2 * 3 + 6) + (9 * 3 * 3 + 6)
    up = (9 * 3 * 2 + 2) + (9 * 4 * 2 + 4) + (9 * 2 * 2 + 4) + (2 + 1)
    assert parameters_of(UNet(UNetConfig(widths=(2, 3)))) == down + up


def test_restored_lines_have_the_size_of_the_degraded_and_lie_between_ink_and_paper():
    network = UNet(UNetConfig(widths=(2, 4, 8))).eval()
    restored = network.restore(torch.rand(2, 1, 64, 96))
    assert restored.shape == (2, 1, 64, 96)
    assert 0 <= restored.min() <= restored.max() <= 1


def test_skip_connections_carry_single_pixels_past_the_deepest_level():
    network = UNet(UNetConfig(widths=(2, 4, 8))).eval()
    lines = torch.ones(1, 1, 32, 32)
    lines[0, 0, 10, 10] = 0
    with torch.no_grad():
        for parameter in network.up.parameters():
            parameter.zero_()
        change = (network(lines) - network(torch.ones(1, 1, 32, 32))).abs()
    assert change[0, 0, 10, 10] > 0
    assert change[0, 0, 25:, 25:].max() == 0


@pytest.mark.parametrize(("widths", "patch"), [((4,), 2), ((4, 8, 8), 8)])
def test_discriminator_judges_patches_and_sees_both_images(widths, patch):
    discriminator = PatchDiscriminator(widths).eval()
    degraded, candidate = torch.rand(2, 1, 64, 96), torch.rand(2, 1, 64, 96)
    scores = discriminator(degraded, candidate)
    assert scores.shape == (2, 1, 64 // patch, 96 // patch)
    assert discriminator.patch == patch
    assert not torch.equal(scores, discriminator(1 - degraded, candidate))
    assert not torch.equal(scores, discriminator(degraded, 1 - candidate))
