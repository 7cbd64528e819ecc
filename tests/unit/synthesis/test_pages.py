import numpy as np
import pytest

from pulih.synthesis.jobs import gather
from pulih.synthesis.layout import draw_layout
from pulih.synthesis.pages import MICROFILM_SHARE, Frame, build_page, draw_frame, draw_palette, page_split


@pytest.fixture(scope="module")
def built(small, tmp_path_factory):
    """Two pages and the config they were made from."""
    config = small(pages=2)
    texts = gather(config, tmp_path_factory.mktemp("pages")).texts
    return config, texts, [build_page(config, texts[page_split(number)], number) for number in range(2)]


def test_page_is_a_colour_scan_with_a_clean_page_of_the_same_size(built):
    for page in built[2]:
        assert page.degraded.shape == (*page.clean.shape, 3)
        assert page.degraded.dtype == page.clean.dtype == np.uint8
        assert 1000 <= page.clean.shape[0] <= 1700


def test_page_depends_on_the_config_and_its_number_alone(built):
    config, texts, pages = built
    again = build_page(config, texts[page_split(1)], 1)
    assert np.array_equal(again.degraded, pages[1].degraded)
    assert again.meta == pages[1].meta


def test_seen_and_held_out_fonts_take_turns(built):
    assert [page.meta["font_seen"] for page in built[2]] == [True, False]
    assert built[2][1].meta["font"] == "bilbo"


def test_boxes_in_the_scan_lie_on_the_ink_of_the_clean_page(built):
    for page in built[2]:
        rest = page.clean.copy()
        for x, y, width, height in (line["box"] for line in page.meta["lines"]):
            assert np.mean(page.clean[y : y + height, x : x + width] < 128) > 0.008
            rest[y : y + height, x : x + width] = 255
        assert np.mean(rest < 250) < 1e-4


def test_ink_of_the_clean_page_is_darker_in_the_scan(built):
    for page in built[2]:
        grey = page.degraded.mean(axis=-1)
        text = np.zeros(page.clean.shape, bool)
        for x, y, width, height in (line["box"] for line in page.meta["lines"]):
            text[y : y + height, x : x + width] = True
        assert grey[page.clean < 60].mean() < grey[text & (page.clean == 255)].mean() - 10


def test_most_papers_are_warm_and_some_are_grey():
    papers = np.array([draw_palette(0.5, np.random.default_rng(seed)).paper for seed in range(400)])
    grey = np.ptp(papers, axis=1) == 0
    assert grey.mean() == pytest.approx(MICROFILM_SHARE, abs=0.05)
    assert np.all(papers[~grey, 0] > papers[~grey, 2])
    assert papers.max() <= 1


def test_clean_page_moves_with_the_sheet():
    frame = Frame((200, 100), (10, 20, 30, 40), rotation=0.0, ground=0.1, gutter=0, shade=0.3)
    clean = np.full((200, 100), 255, np.uint8)
    clean[50:60, 20:40] = 0
    mounted = frame.mount_clean(clean)
    assert mounted.shape == (240, 160)
    assert np.all(mounted[60:70, 60:80] == 0)
    assert frame.moved([20, 50, 20, 10]) == [60, 60, 20, 10]
    assert np.sum(mounted == 0) == 200


def test_ground_of_the_scanner_surrounds_the_sheet_and_the_binding_lies_in_shade():
    frame = Frame((200, 300), (20, 20, 20, 20), rotation=0.0, ground=0.05, gutter=-1, shade=0.4)
    seen = frame.mount(np.full((200, 300, 3), 0.8, np.float32), np.random.default_rng(0))
    assert seen.shape == (240, 340, 3)
    assert seen[:5].max() < 0.1
    assert seen[120, 22].mean() < 0.6
    assert seen[120, 300].mean() == pytest.approx(0.8, abs=0.02)


def test_some_scans_are_cropped_to_the_sheet():
    random = np.random.default_rng(0)
    layout = draw_layout(random)
    cropped = [draw_frame(layout, random).borders == (0, 0, 0, 0) for _ in range(200)]
    assert 0.15 < np.mean(cropped) < 0.45
