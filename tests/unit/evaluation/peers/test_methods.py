import numpy as np
import pytest

from pulih.data.lines import read_lines
from pulih.evaluation import baselines
from pulih.evaluation.peers.config import FIXED
from pulih.evaluation.peers.methods import Trained, fixed_method, own_config, peer_config
from pulih.restorer.schedule import active_weights


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("pulih", set()),
        ("pulih-no-gan", {"adversarial_image", "adversarial_text"}),
        ("pulih-image-only", {"adversarial_text"}),
        ("pulih-pixel", {"adversarial_image", "adversarial_text", "features", "posterior", "ctc"}),
        ("pulih-text-only", {"adversarial_image"}),
        ("pulih-no-recognition", {"features", "posterior", "ctc"}),
        *[(f"pulih-no-{name}", {name}) for name in ("pixel", "bce", "ssim", "features", "posterior", "ctc")],
    ],
)
def test_variants_differ_from_ours_in_the_named_losses_only(small_benchmark, name, missing):
    ours, variant = (own_config(n, 3, 50, small_benchmark) for n in ("pulih", name))
    used = [set(active_weights(c.weights, c.schedule, 49)) for c in (ours, variant)]
    assert used[0] - used[1] == missing
    assert ours.model_copy(update={"weights": variant.weights}) == variant
    assert (variant.seed, variant.schedule.steps) == (3, 50)


def test_only_one_variant_trains_without_wrong_texts(small_benchmark):
    ours, variant = (own_config(n, 3, 50, small_benchmark) for n in ("pulih", "pulih-no-mismatch"))
    assert ours.discriminator.mismatches
    assert variant.model_copy(update={"discriminator": ours.discriminator}) == ours
    assert not variant.discriminator.mismatches


@pytest.mark.parametrize(
    ("name", "weights"), [("erb", (1, 10, 1)), ("erb-no-recognizer", (1, 10, 0)), ("unet", (0, 10, 0))]
)
def test_peers_have_the_published_weights(small_benchmark, name, weights):
    config = peer_config(name, 4, 20, small_benchmark)
    assert (config.adversarial, config.bce, config.ctc) == weights
    assert (config.seed, config.steps) == (4, 20)


def test_fixed_methods_are_the_baselines(small_benchmark, tiny_lines):
    lines = [sample.degraded for sample in read_lines(tiny_lines, "test_seen")[:2]]
    for name in FIXED:
        restored = fixed_method(name, small_benchmark)(lines)
        assert [image.shape for image in restored] == [line.shape for line in lines]
    assert np.array_equal(fixed_method("otsu", small_benchmark)(lines)[1], baselines.otsu(lines[1]))
    assert fixed_method("degraded", small_benchmark)(lines)[0] is lines[0]


def test_seconds_become_steps_once_and_stay(small_benchmark, inputs, tmp_path, monkeypatch):
    from pulih.evaluation.peers import methods
    from pulih.evaluation.peers.config import Budget

    seconds = small_benchmark.model_copy(update={"budget": Budget(cpu_seconds=2.0)})
    trained = Trained(seconds, inputs.lines, inputs.recognizer, tmp_path)
    steps = [trained._steps(name, 1) for name in ("unet", "erb", "pulih")]
    assert steps[0] > steps[1] > 0  # the same seconds buy fewer steps with two networks more
    monkeypatch.setattr(methods, "cost_per_step", lambda _: pytest.fail("measured again"))
    assert [trained._steps(name, 1) for name in ("unet", "erb", "pulih")] == steps
