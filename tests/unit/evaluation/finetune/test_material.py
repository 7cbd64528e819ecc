import numpy as np
import pytest
import torch

from pulih.evaluation.benchmark.pairs import Suffixes, find_pairs, read_pair
from pulih.evaluation.finetune.material import PageMaterial, Patches, digest_of_pairs, network_view, prepare
from pulih.restorer.infer import Restorer


class Capture:
    """A network that keeps what it was asked and answers with paper."""

    def __init__(self):
        self.asked = []

    def run(self, _names, feeds):
        self.asked.append(feeds["degraded"])
        return [np.ones_like(feeds["degraded"])]


@pytest.fixture
def pairs(pages):
    return find_pairs(pages, Suffixes())


def test_the_network_learns_from_what_serving_would_give_it(pairs):
    page, _ = read_pair(pairs[0])
    session = Capture()
    Restorer(session, {"height": 64, "keep_unsure": 1.0}, "capture").restore_page(page)
    seen = network_view(page, 64)
    served = np.rint(255 * session.asked[0][0, 0, : seen.shape[0], : seen.shape[1]])
    assert len(session.asked) == 1
    assert np.array_equal(served, seen)


def test_ground_truth_keeps_its_share_of_ink_at_the_networks_scale(pairs):
    prepared = prepare(pairs, 64)
    for pair in pairs:
        _, truth = read_pair(pair)
        wanted = prepared[pair.name].wanted
        assert wanted.shape == prepared[pair.name].seen.shape
        assert (255 - wanted).mean() / 255 == pytest.approx(truth.mean(), rel=0.03)


def test_a_step_gives_the_same_patches_at_any_time_and_other_steps_others(pairs, quick):
    pages = list(prepare(pairs, 64).values())
    first, again = Patches(pages, quick, 64).batch(4), Patches(pages, quick, 64).batch(4)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[0], Patches(pages, quick, 64).batch(5)[0])
    assert first[0].shape == (2, 1, 64, 64)
    assert 0 <= first[0].min() <= first[0].max() <= 1


def test_seen_and_wanted_are_cut_at_one_place(quick):
    random = np.random.default_rng(1)
    image = np.kron(random.integers(0, 2, (20, 20)) * 255, np.ones((16, 16))).astype(np.uint8)
    patches = Patches([PageMaterial(image, image)], quick.model_copy(update={"palest": 1.0, "aged": 0.0}), 64)
    seen, wanted = patches.batch(0)
    torch.testing.assert_close(seen, wanted)


def test_further_ages_darken_their_share_of_the_patches_and_leave_the_ground_truth(quick):
    random = np.random.default_rng(1)
    image = np.where(np.kron(random.random((20, 20)) < 0.2, np.ones((16, 16))) > 0, 90, 200).astype(np.uint8)
    fresh, aged = (
        Patches([PageMaterial(image, image)], quick.model_copy(update={"batch_size": 40, "aged": share}), 64).batch(0)
        for share in (0.0, 0.5)
    )
    torch.testing.assert_close(aged[1], fresh[1])
    assert (aged[0] <= fresh[0]).all()
    changed = (aged[0] != fresh[0]).flatten(1).any(1).float().mean()
    assert changed == pytest.approx(0.5, abs=0.25)


def test_what_stands_on_the_other_side_shows_mirrored(quick):
    page = np.full((64, 64), 255, np.uint8)
    page[:, :16] = 0  # ink at the left of every patch; from behind it is at the right
    config = quick.model_copy(update={"aged": 1.0, "largest_zoom": 1.0, "batch_size": 16})
    seen, _ = Patches([PageMaterial(np.full_like(page, 255), page)], config, 64).batch(0)
    lost = (1 - seen).mean(dim=(0, 1, 2))
    assert lost[-12:].mean() > 2 * lost[20:44].mean()
    assert lost[:12].mean() < 0.5 * lost[-12:].mean()


def test_patches_without_ink_are_drawn_again(quick):
    page = np.full((64, 640), 255, np.uint8)
    page[:, 600:] = 0
    patches = Patches([PageMaterial(page, page)], quick.model_copy(update={"least_ink": 0.01}), 64)
    shares = [1 - patches.batch(step)[1].mean(dim=(1, 2, 3)) for step in range(20)]
    assert (torch.cat(shares) > 0.01).float().mean() > 0.25  # of single draws 7 % have ink


def test_pages_smaller_than_a_patch_are_mirrored(quick):
    page = np.full((40, 40), 100, np.uint8)
    seen, _ = Patches([PageMaterial(page, page)], quick, 64).batch(0)
    assert seen.shape == (2, 1, 64, 64)


def test_the_digest_follows_scan_and_ground_truth(pairs, pages):
    before = digest_of_pairs(pairs)
    (pages / "P2009_1_target.png").write_bytes((pages / "P2009_2_target.png").read_bytes())
    assert digest_of_pairs(pairs) != before
