import numpy as np
import pytest
from PIL import Image

from pulih.common.errors import InputError
from pulih.evaluation.benchmark.pairs import Suffixes, as_image, find_pairs, read_pair


def test_pairs_are_grouped_by_the_year_in_their_names(pages):
    pairs = find_pairs(pages, Suffixes())
    assert [(pair.name, pair.group) for pair in pairs][1:3] == [("SET2009_H02", "2009"), ("SET2012_H01", "2012")]


def test_pairs_without_a_year_are_grouped_by_sub_folder(tmp_path, make_pair):
    make_pair(tmp_path / "letters", "a", 0)
    make_pair(tmp_path / "registers" / "big", "a", 1)
    make_pair(tmp_path, "b12345", 2)
    found = {pair.name: pair.group for pair in find_pairs(tmp_path, Suffixes())}
    assert found == {"b12345": "all", "letters/a": "letters", "registers/big/a": "registers/big"}


def test_other_endings_and_types_can_be_named(tmp_path):
    Image.new("RGB", (20, 10), "white").save(tmp_path / "H01.jpg")
    Image.new("1", (20, 10), 1).save(tmp_path / "H01_GT.tiff")
    (pair,) = find_pairs(tmp_path, Suffixes("", "_GT"))
    assert (pair.name, pair.source.name, pair.target.name) == ("H01", "H01.jpg", "H01_GT.tiff")


def test_a_missing_partner_is_named(pages):
    (pages / "SET2012_H02_target.png").unlink()
    with pytest.raises(InputError, match="SET2012_H02_target"):
        find_pairs(pages, Suffixes())


def test_a_ground_truth_of_another_size_is_refused(pages):
    Image.new("1", (159, 96), 1).save(pages / "SET2009_H01_target.png")
    with pytest.raises(InputError, match="160 x 96 and 159 x 96"):
        find_pairs(pages, Suffixes())


def test_an_empty_or_missing_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="none"):
        find_pairs(tmp_path, Suffixes())
    with pytest.raises(InputError, match="Correct DIR"):
        find_pairs(tmp_path / "nowhere", Suffixes())


def test_an_inverted_ground_truth_is_refused(pages):
    path = pages / "SET2009_H01_target.png"
    inverted = 255 - np.asarray(Image.open(path).convert("L"))
    Image.fromarray(inverted).save(path)
    with pytest.raises(InputError, match="Invert it"):
        read_pair(find_pairs(pages, Suffixes())[0])


def test_ink_is_true_and_survives_being_written(pages, tmp_path):
    page, truth = read_pair(find_pairs(pages, Suffixes())[0])
    assert page.shape == (96, 160, 3)
    assert page[truth].mean() < 90 < page[~truth].mean()
    as_image(truth).save(tmp_path / "mask.png")
    assert np.array_equal(np.asarray(Image.open(tmp_path / "mask.png").convert("L")) < 128, truth)
