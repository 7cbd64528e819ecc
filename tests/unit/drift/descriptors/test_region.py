import numpy as np
import pytest

from pulih.common.errors import InputError
from pulih.drift.descriptors.region import find_sheet, sheet_mask, to_lab


def mounted(page, backdrop, size=(1400, 1100), at=(150, 200)):
    scan = np.full((*size, 3), backdrop, dtype=np.float64)
    scan[at[0] : at[0] + page.shape[0], at[1] : at[1] + page.shape[1]] = page
    return scan


@pytest.mark.parametrize("backdrop", [12.0, 128.0, 248.0], ids=["black", "grey", "white"])
def test_sheet_is_cut_from_its_backdrop(draw, page, backdrop):
    sheet = find_sheet(draw.image(mounted(page, backdrop)))
    assert sheet.rgb.shape[0] == 1024
    assert sheet.rgb.shape[1] == pytest.approx(720, abs=25)
    assert sheet.mask.mean() > 0.85
    tone = to_lab(draw.image(page))[5, 5]
    assert np.abs(np.median(to_lab(sheet.rgb)[sheet.mask], axis=0) - tone).max() < 1


def test_page_that_fills_the_image_is_kept_whole(draw, page):
    sheet = find_sheet(draw.image(page))
    assert sheet.rgb.shape[:2] == pytest.approx((1024, 720), abs=6)


def test_the_page_with_the_writing_is_taken_of_two(draw, page):
    blank = np.full((1024, 720, 3), (235, 232, 225), dtype=np.float64)
    spread = np.full((1100, 1600, 3), 10.0)
    spread[40:1064, 40:760], spread[40:1064, 840:1560] = blank, page
    sheet = find_sheet(draw.image(spread))
    assert sheet.rgb.shape[1] == pytest.approx(720, abs=25)
    assert np.median(sheet.rgb[sheet.mask][:, 2]) == pytest.approx(180, abs=2)


def test_stain_at_the_edge_belongs_to_the_sheet(draw, page):
    stained = page.copy()
    stained[380:640, :120] *= 0.7
    sheet = find_sheet(draw.image(mounted(stained, 8.0)))
    dark = to_lab(sheet.rgb)[:, :, 0] < 75
    assert (dark & sheet.mask)[400:620, 25:90].mean() > 0.8


@pytest.mark.parametrize("shape", [(256, 200), (300, 2000), (900, 120)])
def test_images_without_any_page_have_a_mask_nevertheless(shape):
    random = np.random.default_rng(0)
    for image in (np.zeros((*shape, 3)), np.full((*shape, 3), 255), random.integers(0, 255, (*shape, 3))):
        assert find_sheet(image.astype(np.uint8)).mask.any()


def test_mask_of_a_black_image_is_everything():
    assert sheet_mask(np.zeros((256, 180, 3), np.uint8)).all()


@pytest.mark.parametrize("shape", [(47, 500), (500, 10), (60, 600)])
def test_what_cannot_be_a_page_is_refused(shape):
    with pytest.raises(InputError, match=f"{shape[1]} x {shape[0]}"):
        find_sheet(np.full((*shape, 3), 200, np.uint8))


def test_small_scans_are_enlarged_twice_at_most():
    assert find_sheet(np.full((200, 150, 3), 220, np.uint8)).rgb.shape[0] == 400
