from pulih.released.comparison import compare, table


def figures(psnr, groups=("all", "heavy")):
    def interval(mean):
        return {"mean": mean, "low": mean - 0.5, "high": mean + 0.5}

    restored = {"psnr": interval(psnr), "ssim": interval(0.9), "cer": interval(0.2)}
    return {split: {group: {"restored": restored} for group in groups} for split in ("test_seen", "test_unseen")}


def test_figures_whose_intervals_overlap_agree_and_others_do_not():
    near, far = compare(figures(28.0), figures(28.9)), compare(figures(28.0), figures(29.1))
    assert all(row.agrees for row in near)
    assert [row.name for row in far if not row.agrees] == [
        f"{split}/{group}/psnr" for split in ("test_seen", "test_unseen") for group in ("all", "heavy")
    ]


def test_comparison_is_the_same_from_both_sides():
    pairs = zip(compare(figures(28.0), figures(29.1)), compare(figures(29.1), figures(28.0)), strict=True)
    assert all(a.agrees == b.agrees for a, b in pairs)


def test_group_that_one_evaluation_lacks_is_left_out():
    names = [row.name for row in compare(figures(28.0), figures(28.0, groups=("all",)))]
    assert names
    assert all("/all/" in name for name in names)


def test_table_marks_what_lies_apart():
    text = table(compare(figures(28.0), figures(29.1)))
    assert "| test_unseen/all/psnr | 28.000 [27.500, 28.500] | 29.100 [28.600, 29.600] | **apart** |" in text
    assert text.count("overlap") == 8
