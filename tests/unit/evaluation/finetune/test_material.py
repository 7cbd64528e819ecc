import numpy as np
import pytest

from pulih.evaluation.benchmark.pairs import Suffixes, find_pairs, read_pair
from pulih.evaluation.finetune.material import digest_of_pairs, prepare
from pulih.restorer.pages.material import network_view


@pytest.fixture
def pairs(pages):
    return find_pairs(pages, Suffixes())


def test_scans_and_ground_truths_come_to_the_networks_scale(pairs):
    prepared = prepare(pairs, 64)
    assert list(prepared) == [pair.name for pair in pairs]
    for pair in pairs:
        page, truth = read_pair(pair)
        found = prepared[pair.name]
        assert np.array_equal(found.seen, network_view(page, 64))
        assert (255 - found.wanted).mean() / 255 == pytest.approx(truth.mean(), rel=0.03)


def test_the_digest_follows_scan_and_ground_truth(pairs, pages):
    before = digest_of_pairs(pairs)
    (pages / "P2009_1_target.png").write_bytes((pages / "P2009_2_target.png").read_bytes())
    assert digest_of_pairs(pairs) != before
