import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from pulih.synthesis.faces import faces_of
from pulih.synthesis.shards import build_lines, psnr
from pulih.synthesis.text import TextSource


@pytest.fixture(scope="module")
def build(small):
    """Return a function that builds a shard of a small config."""

    def shard(split, number=0, **changes):
        config = small(**changes)
        return list(build_lines(config, TextSource(config, split), faces_of(config, split), number))

    return shard


def test_last_shard_holds_the_rest(build):
    assert [line.key for line in build("train", 2, train=10)] == ["train-0000008", "train-0000009"]


def test_shard_does_not_depend_on_how_many_others_there_are(build):
    few, many = build("train", 1, train=8), build("train", 1, train=400)
    assert all(np.array_equal(a.degraded, b.degraded) and a.meta == b.meta for a, b in zip(few, many, strict=True))


@pytest.mark.parametrize(("split", "seen"), [("train", True), ("test_seen", True), ("test_unseen", False)])
def test_fonts_are_those_of_the_split(build, split, seen):
    for line in build(split):
        assert line.meta["font_seen"] is seen
        assert line.meta["font"] in (("homemade-apple", "meddon") if seen else ("bilbo",))


def test_pictures_of_a_line_have_one_shape_and_type(build):
    for line in build("train", height=128):
        assert line.clean.shape == line.degraded.shape
        assert line.clean.shape[0] == 128
        assert line.clean.dtype == line.degraded.dtype == np.uint8


def test_meta_says_how_the_line_was_made(build):
    meta = build("train")[0].meta
    assert 0 <= meta["severity"] <= 1
    assert {"slant", "wave", "weight", "pressure", "space", "baseline", "size"} <= set(meta["hand"])
    assert all("name" in record for record in meta["degradations"])


def test_severity_keeps_to_its_range(build):
    severities = [line.meta["severity"] for line in build("train", severity_min=0.4, severity_max=0.5)]
    assert all(0.4 <= severity <= 0.5 for severity in severities)


def test_neighbouring_lines_reach_into_the_top_and_bottom_only(build):
    alone, joined = build("train", neighbours=0.0), build("train", neighbours=1.0)
    differences = [np.flatnonzero((a.clean != b.clean).any(axis=1)) for a, b in zip(alone, joined, strict=True)]
    rows = np.concatenate(differences)
    assert len(rows)
    assert not np.any((rows > 17) & (rows < 46))


@pytest.mark.parametrize("noise", [0, 3, 40])
def test_psnr_agrees_with_an_independent_implementation(noise):
    random = np.random.default_rng(0)
    clean = random.integers(0, 256, (64, 100)).astype(np.uint8)
    other = np.clip(clean + random.integers(-noise, noise + 1, clean.shape), 0, 255).astype(np.uint8)
    expected = peak_signal_noise_ratio(clean, other) if noise else 10 * np.log10(255**2 / 1e-4)
    assert psnr(other, clean) == pytest.approx(expected, abs=0.001)
