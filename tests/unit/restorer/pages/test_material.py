import numpy as np
import pytest
import torch

from pulih.common.dist import Group
from pulih.restorer.infer import Restorer
from pulih.restorer.pages.material import PageMaterial, Patches, deepened, material_of, network_view


class Capture:
    """A network that keeps what it was asked and answers with paper."""

    def __init__(self):
        self.asked = []

    def run(self, _names, feeds):
        self.asked.append(feeds["degraded"])
        return [np.ones_like(feeds["degraded"])]


@pytest.fixture
def pages(drawn):
    return [material_of(page.degraded, page.clean, 64) for page in drawn]


def test_the_network_learns_from_what_serving_would_give_it(drawn):
    session = Capture()
    Restorer(session, {"height": 64, "keep_unsure": 1.0}, "capture").restore_page(drawn[0].degraded)
    seen = network_view(drawn[0].degraded, 64)
    served = np.rint(255 * session.asked[0][0, 0, : seen.shape[0], : seen.shape[1]])
    assert len(session.asked) == 1
    assert np.array_equal(served, seen)


def test_the_clean_page_keeps_its_share_of_ink_at_the_networks_scale(drawn, pages):
    for sample, page in zip(drawn, pages, strict=True):
        assert page.wanted.shape == page.seen.shape
        assert (255 - page.wanted).mean() == pytest.approx((255 - sample.clean).mean(), rel=0.03)


def test_cores_of_thin_pale_strokes_become_full_ink_and_paper_and_full_ink_stay():
    page = np.full((60, 60), 255, np.uint8)
    page[10:50, ::10] = 135
    page[:, 5] = 255
    deep = deepened(page)
    assert (deep[page == 135] == 0).all()
    assert (deep[page == 255] == 255).all()
    assert np.array_equal(deepened(deep), deep)
    blank = np.full((60, 60), 255, np.uint8)
    assert np.array_equal(deepened(blank), blank)


def test_ink_is_deepened_three_times_at_most():
    page = np.full((60, 60), 255, np.uint8)
    page[:, ::10] = 225
    assert deepened(page).min() == 255 - 3 * 30


def test_a_step_gives_the_same_patches_at_any_time_and_other_steps_and_seeds_others(pages, patchy, alone):
    first, again = Patches(pages, patchy, 1).batch(4, alone), Patches(pages, patchy, 1).batch(4, alone)
    assert torch.equal(first.degraded, again.degraded)
    assert torch.equal(first.clean, again.clean)
    assert not torch.equal(first.degraded, Patches(pages, patchy, 1).batch(5, alone).degraded)
    assert not torch.equal(first.degraded, Patches(pages, patchy, 2).batch(4, alone).degraded)
    assert first.degraded.shape == (2, 1, 64, 64)
    assert 0 <= first.degraded.min() <= first.degraded.max() <= 1


def test_ranks_share_the_patches_of_a_step(pages, patchy, alone):
    patches = Patches(pages, patchy.model_copy(update={"batch_size": 4}), 1)
    whole = patches.batch(2, alone).degraded
    shares = [patches.batch(2, Group(rank, 2, torch.device("cpu"))).degraded for rank in (0, 1)]
    assert torch.equal(torch.cat([shares[0], shares[1]]), torch.cat([whole[::2], whole[1::2]]))


def test_seen_and_wanted_are_cut_at_one_place(patchy, alone):
    random = np.random.default_rng(1)
    image = np.kron(random.integers(0, 2, (20, 20)) * 255, np.ones((16, 16))).astype(np.uint8)
    patches = Patches([PageMaterial(image, image)], patchy.model_copy(update={"palest": 1.0}), 1)
    batch = patches.batch(0, alone)
    torch.testing.assert_close(batch.degraded, batch.clean)


def test_ink_is_made_paler_and_paper_and_the_clean_page_stay(patchy, alone):
    image = np.full((100, 100), 255, np.uint8)
    image[:, ::2] = 55
    config = patchy.model_copy(update={"largest_zoom": 1.0, "batch_size": 40})
    batch = Patches([PageMaterial(image, image)], config, 1).batch(0, alone)
    assert torch.equal(batch.degraded == 1, batch.clean == 1)
    darkest = batch.degraded.amin(dim=(1, 2, 3))
    assert (darkest >= 55 / 255).all()
    assert darkest.max() == pytest.approx((255 - 0.7 * 200) / 255, abs=0.05)


def test_pages_smaller_than_a_patch_are_mirrored(patchy, alone):
    page = np.full((40, 40), 100, np.uint8)
    batch = Patches([PageMaterial(page, page)], patchy, 1).batch(0, alone)
    assert batch.degraded.shape == (2, 1, 64, 64)
    assert batch.mask.all()
