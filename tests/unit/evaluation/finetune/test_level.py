import numpy as np

from pulih.evaluation.benchmark.pairs import Suffixes, find_pairs, read_pair
from pulih.evaluation.binary import psnr
from pulih.evaluation.finetune.level import choose_level
from pulih.restorer.infer import Restorer


def test_no_other_level_has_a_higher_mean_psnr(pages, initial):
    restorer, pairs = Restorer.load(initial, threads=1), find_pairs(pages, Suffixes())
    seen = [read_pair(pair) for pair in pairs]
    answers = [(restorer.restore_page(page).luminance, truth) for page, truth in seen]
    means = [np.mean([psnr(truth, answer < level) for answer, truth in answers]) for level in range(1, 256)]
    assert np.isclose(means[choose_level(restorer, pairs) - 1], max(means))
    assert max(means) > means[0]
