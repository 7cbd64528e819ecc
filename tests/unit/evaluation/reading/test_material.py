from pathlib import Path

import numpy as np
import pytest

from pulih.common.errors import ConfigError
from pulih.data.transcribed import TranscribedLine
from pulih.evaluation.reading.config import ReadingConfig
from pulih.evaluation.reading.material import choose_lines, contrast, make_folds, writer_of


def lines_of(**counts):
    return [
        TranscribedLine(Path(f"{name}-{number}.png"), f"{name}-{number}", "oui", name)
        for name, count in counts.items()
        for number in range(count)
    ]


def test_every_writer_is_tested_once_and_by_a_reader_that_never_saw_them():
    lines = lines_of(**{f"ms{n}": 3 + n % 4 for n in range(11)})
    folds = make_folds(lines, ReadingConfig(folds=3))
    tested = [writer for fold in folds for writer in fold.tested]
    assert sorted(tested) == sorted({line.manuscript for line in lines})
    for fold in folds:
        parts = (fold.tested, fold.stopping, fold.adapted)
        assert all(parts)
        assert len(frozenset.union(*parts)) == sum(map(len, parts)) == 11


def test_manuscripts_of_one_hand_stay_together():
    config = ReadingConfig(folds=2, same_writer=(("candide*", "ms-3160"),))
    assert writer_of("candide-1", config) == writer_of("ms-3160", config) == "candide*"
    assert writer_of("other", config) == "other"
    lines = lines_of(**{"candide-1": 4, "ms-3160": 4, "a": 4, "b": 4, "c": 4})
    assert sum("candide*" in fold.tested for fold in make_folds(lines, config)) == 1


def test_folds_have_about_the_same_number_of_lines():
    lines = lines_of(a=40, b=20, c=20, d=20, e=20)
    sizes = [
        sum(line.manuscript in fold.tested for line in lines) for fold in make_folds(lines, ReadingConfig(folds=3))
    ]
    assert sorted(sizes) == [40, 40, 40]


def test_folds_depend_on_the_seed_alone():
    lines = lines_of(**{f"ms{n}": 5 for n in range(12)})
    first = make_folds(lines, ReadingConfig(seed=1))
    assert first == make_folds(lines[::-1], ReadingConfig(seed=1))
    assert first != make_folds(lines, ReadingConfig(seed=2))


def test_too_few_writers_are_refused():
    with pytest.raises(ConfigError, match="3 in 3 folds"):
        make_folds(lines_of(a=1, b=1, c=1), ReadingConfig(folds=3))


def test_a_smaller_choice_of_lines_is_part_of_a_larger_one():
    lines = lines_of(a=9, b=2, c=5)
    few = choose_lines(lines, ReadingConfig(lines_per_manuscript=3))
    more = choose_lines(lines, ReadingConfig(lines_per_manuscript=5))
    assert [sum(line.manuscript == name for line in few) for name in "abc"] == [3, 2, 3]
    assert {line.sha256 for line in few} < {line.sha256 for line in more}
    assert choose_lines(lines, ReadingConfig()) == lines


def test_contrast_is_how_much_darker_ink_is_than_paper():
    crop = np.full((80, 200), 200, np.uint8)
    crop[30:40] = 50
    assert contrast(crop) == pytest.approx(0.75)
    assert contrast(np.full((80, 200), 200, np.uint8)) == 0
