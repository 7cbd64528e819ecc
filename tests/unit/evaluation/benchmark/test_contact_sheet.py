import numpy as np
import pandas as pd
import pytest

from pulih.evaluation.benchmark import contact_sheet, methods
from pulih.evaluation.benchmark.config import BenchmarkConfig
from pulih.evaluation.benchmark.measure import measure
from pulih.evaluation.benchmark.pairs import Suffixes, find_pairs


def test_worst_median_and_best_are_chosen_by_f_measure():
    table = pd.DataFrame({"page": list("abcde"), "method": "otsu", "fm": [50, 10, 30, 20, 40]})
    assert contact_sheet.choose(table, "otsu", 1) == [("worst", "b"), ("median", "c"), ("best", "a")]
    assert len(contact_sheet.choose(table, "otsu", 9)) == 15


def test_the_crop_is_where_the_ink_is():
    truth = np.zeros((1000, 1500), bool)
    truth[700:720, 900:1000] = True
    assert truth[contact_sheet.busiest(truth)].sum() == truth.sum()
    small = np.ones((50, 60), bool)
    assert small[contact_sheet.busiest(small)].all()


def test_the_sheet_has_a_row_per_page_and_marks_errors(tmp_path, make_pair):
    for seed in range(3):
        make_pair(tmp_path / "pages", f"p{seed}", seed, dark_side=40)
    pairs = find_pairs(tmp_path / "pages", Suffixes())
    table = measure(pairs, methods.classical(BenchmarkConfig()), tmp_path)
    sheet = contact_sheet.sheet(pairs, table, ["otsu", "sauvola"], tmp_path, 1)
    width, height = contact_sheet.CROP
    assert sheet.shape == (3 * (height + contact_sheet.LABEL_HEIGHT + 4), 5 * (width + 4), 3)
    errors = int((sheet == contact_sheet.LOST).all(axis=2).sum() + (sheet == contact_sheet.INVENTED).all(axis=2).sum())
    shown = [page for _, page in contact_sheet.choose(table, "otsu", 1)]
    rows = table[(table["method"] == "otsu") & table["page"].isin(shown)]
    wrong = float((10 ** (-rows["psnr"] / 10) * 96 * 160).sum())
    assert errors > 100
    assert errors == pytest.approx(wrong)
