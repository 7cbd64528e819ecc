import pytest
import torch

from pulih.restorer.config import GeneratorConfig
from pulih.restorer.generator import Generator


def generator(**values):
    torch.manual_seed(0)
    return Generator(GeneratorConfig(**{"widths": (8, 12, 16), "encoder_blocks": (1, 1, 2), **values}))


@pytest.mark.parametrize("stem", [1, 2, 4])
@pytest.mark.parametrize("size", [(1, 64, 32), (3, 64, 160), (2, 128, 96)])
def test_restored_image_has_the_size_of_the_degraded_one(stem, size):
    batch, height, width = size
    restored = generator(stem=stem, decoder_blocks=(1, 1)).restore(torch.rand(batch, 1, height, width))
    assert restored.shape == (batch, 1, height, width)
    assert restored.min() >= 0
    assert restored.max() <= 1


def test_a_line_does_not_depend_on_the_others_of_its_batch():
    model, lines = generator(decoder_blocks=(1, 1)), torch.rand(4, 1, 64, 96)
    together, alone = model(lines), torch.cat([model(line[None]) for line in lines])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


def test_far_pixels_change_nothing_here():
    model = generator(decoder_blocks=(1, 1))
    line = torch.rand(1, 1, 64, 640)
    other = line.clone()
    other[..., 512:] = 0
    torch.testing.assert_close(model(line)[..., :256], model(other)[..., :256])
    assert not torch.allclose(model(line)[..., 500:512], model(other)[..., 500:512])


def test_every_weight_gets_a_gradient():
    model = generator(decoder_blocks=(1, 1))
    model(torch.rand(2, 1, 64, 64)).square().mean().backward()
    assert [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()] == []
