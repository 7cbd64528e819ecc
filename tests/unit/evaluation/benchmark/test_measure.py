import dataclasses

import pytest

from pulih.evaluation.benchmark import methods
from pulih.evaluation.benchmark.config import BenchmarkConfig
from pulih.evaluation.benchmark.measure import answer_path, measure
from pulih.evaluation.benchmark.pairs import Suffixes, find_pairs


class Counted:
    """The classical families, counting the pages that each answers."""

    def __init__(self, config):
        self.calls = dict.fromkeys((family.name for family in methods.classical(config)), 0)
        self.families = [self._counting(family) for family in methods.classical(config)]

    def _counting(self, family):
        def answer(page):
            self.calls[family.name] += 1
            return family.answer(page)

        return dataclasses.replace(family, answer=answer)


@pytest.fixture
def pairs(pages):
    return find_pairs(pages, Suffixes())


def test_one_row_per_page_and_method(pairs, tmp_path):
    table = measure(pairs, methods.classical(BenchmarkConfig()), tmp_path)
    assert len(table) == len(pairs) * 4
    assert table["fm"].between(0, 100).all()
    assert answer_path(tmp_path, "otsu", pairs[0].name).is_file()


def test_a_second_run_computes_nothing_and_finds_the_same(pairs, tmp_path):
    first = measure(pairs, methods.classical(BenchmarkConfig()), tmp_path)
    again = Counted(BenchmarkConfig())
    assert measure(pairs, again.families, tmp_path).equals(first)
    assert set(again.calls.values()) == {0}


def test_a_changed_page_parameter_or_lost_answer_is_computed_again(pairs, tmp_path, make_pair):
    measure(pairs, methods.classical(BenchmarkConfig()), tmp_path)
    make_pair(pairs[0].source.parent, pairs[0].name, seed=99)
    counted = Counted(BenchmarkConfig())
    measure(pairs, counted.families, tmp_path)
    assert set(counted.calls.values()) == {1}
    counted = Counted(BenchmarkConfig(sauvola_k=0.3))
    measure(pairs, counted.families, tmp_path)
    assert counted.calls == {"otsu": 0, "sauvola": len(pairs), "wolf": 0, "background_division": 0}
    answer_path(tmp_path, "otsu", pairs[1].name).unlink()
    counted = Counted(BenchmarkConfig(sauvola_k=0.3))
    measure(pairs, counted.families, tmp_path)
    assert counted.calls == {"otsu": 1, "sauvola": 0, "wolf": 0, "background_division": 0}


def test_an_interrupted_run_continues_where_it_stopped(pairs, tmp_path):
    measure(pairs[:2], methods.classical(BenchmarkConfig()), tmp_path)
    counted = Counted(BenchmarkConfig())
    measure(pairs, counted.families, tmp_path)
    assert set(counted.calls.values()) == {len(pairs) - 2}
