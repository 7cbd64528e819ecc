import numpy as np
import pytest

from pulih.evaluation.benchmark import methods
from pulih.evaluation.benchmark.config import BenchmarkConfig
from pulih.evaluation.benchmark.pairs import Suffixes, find_pairs, read_pair
from pulih.evaluation.binary import compare
from pulih.restorer.infer import Restorer


@pytest.fixture
def first(pages):
    return read_pair(find_pairs(pages, Suffixes())[0])


def test_every_classical_method_finds_dark_strokes(first):
    page, truth = first
    for family in methods.classical(BenchmarkConfig()):
        (mask,) = family.answer(page).masks.values()
        assert compare(truth, mask).fm > 75, family.name


def test_the_restorer_answers_as_it_serves_pages(first, blur_restorer):
    page, _ = first
    restorer = Restorer.load(blur_restorer, threads=1)
    answer = methods.restored(restorer, 100).answer(page)
    served = restorer.restore_page(page)
    assert np.array_equal(answer.masks["pulih"], served.luminance < 100)
    assert answer.facts["scale"] == served.scale


def test_a_page_of_another_size_is_measured_at_its_own(first, blur_restorer):
    page, _ = first
    restorer = Restorer.load(blur_restorer, threads=1)
    config = BenchmarkConfig()
    (whole, _) = methods.restored(restorer, config.threshold).answer(page).masks.values()
    for family in methods.resized(restorer, config.threshold):
        (mask,) = family.answer(page).masks.values()
        assert mask.shape == page.shape[:2]
        assert compare(whole, mask).fm > 75, family.name


def test_identity_changes_with_model_and_parameters(blur_restorer):
    restorer = Restorer.load(blur_restorer, threads=1)
    first = methods.restored(restorer, 168).identity
    other = methods.restored(restorer, 100).identity
    assert first["model"] == restorer.digest
    assert first != other
    narrow, wide = ({f.name: f.identity for f in methods.classical(BenchmarkConfig(window=w))} for w in (15, 25))
    assert {name for name in narrow if narrow[name] != wide[name]} == {"sauvola", "wolf"}


def test_every_method_has_a_title_and_a_colour(blur_restorer):
    from pulih.evaluation.benchmark.chart import COLOURS

    config = BenchmarkConfig()
    restorer = Restorer.load(blur_restorer, threads=1)
    asked = (methods.PULIH, methods.PEER, methods.FINETUNED)
    learned = [methods.restored(restorer, config.threshold, name) for name in asked]
    families = [*methods.classical(config), *learned, *methods.resized(restorer, config.threshold)]
    names = {name for family in families for name in family.methods}
    assert names == set(methods.TITLES) == set(COLOURS)
