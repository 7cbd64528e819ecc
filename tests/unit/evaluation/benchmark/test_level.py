import numpy as np

from pulih.evaluation.benchmark.level import choose_cut
from pulih.evaluation.benchmark.pairs import Suffixes, find_pairs, read_pair
from pulih.evaluation.binary import psnr
from pulih.restorer.infer import Restorer


def test_no_other_level_and_doubt_have_a_higher_mean_psnr(pages, blur_restorer):
    restorer, pairs = Restorer.load(blur_restorer, threads=1), find_pairs(pages, Suffixes())
    seen, means = [read_pair(pair) for pair in pairs], {}
    for doubt in (0, 4):
        restorer.keep_unsure = doubt
        answers = [(restorer.restore_page(page).luminance, truth) for page, truth in seen]
        for level in range(1, 256):
            means[level, doubt] = np.mean([psnr(truth, answer < level) for answer, truth in answers])
    cut = choose_cut(restorer, pairs, (0, 4))
    assert np.isclose(means[cut.level, cut.keep_unsure], max(means.values()))
    assert len({round(mean, 6) for mean in means.values()}) > 2
