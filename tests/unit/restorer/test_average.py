import torch

from pulih.restorer.average import Average
from pulih.restorer.config import GeneratorConfig
from pulih.restorer.generator import Generator

TINY = GeneratorConfig(widths=(4,), encoder_blocks=(1,), decoder_blocks=())


def filled(value):
    network = Generator(TINY)
    for parameter in network.parameters():
        torch.nn.init.constant_(parameter, value)
    return network


def values(average):
    return {round(v, 6) for p in average.network.parameters() for v in p.flatten().tolist()}


def test_average_by_hand():
    average = Average(filled(0.0), decay=0.5)
    average.update(filled(1.0), step=0)
    assert values(average) == {0.9}
    average.update(filled(2.0), step=1)
    assert values(average) == {round(0.9 * 2 / 11 + 2.0 * 9 / 11, 6)}
    average.update(filled(0.0), step=1000)
    assert values(average) == {round((0.9 * 2 / 11 + 2.0 * 9 / 11) * 0.5, 6)}


def test_average_is_another_network_that_asks_for_no_gradient():
    network = filled(1.0)
    average = Average(network, decay=0.9)
    network.head.weight.data.add_(1.0)
    assert values(average) == {1.0}
    assert not any(parameter.requires_grad for parameter in average.network.parameters())
