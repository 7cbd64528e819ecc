import pytest

from pulih.evaluation.significance import Estimate
from pulih.research.report.claims import Claim
from pulih.research.report.wording import amount, effect, sentence


def claim(metric="cer", low=-0.04, high=-0.01, p=0.001, per_seed=(-0.02, -0.03, -0.01)):
    difference = Estimate((low + high) / 2, low, high)
    return Claim("run", "test_unseen", "pulih", "erb", metric, 0.1, 0.125, difference, p, p, 0.2, 0.3, per_seed)


def test_a_shown_claim_says_which_way_and_who_is_better():
    text = sentence(claim())
    assert "the CER is lower, which is better for pulih" in text
    assert "-2.5 points [-4.0, -1.0]" in text
    assert "3 of 3 seeds" in text
    assert "WORSE for pulih" in sentence(claim("psnr", per_seed=(-1.0, -0.5)))


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({"high": 0.01}, "is shown"),
        ({"p": 0.2}, "is claimed: the interval excludes 0, but the corrected test does not agree"),
        ({"per_seed": (-0.06, -0.03, 0.01)}, "is claimed: the interval excludes 0, but not every seed agrees"),
    ],
)
def test_no_effect_is_said_in_so_many_words(changed, wanted):
    assert f"no effect on the CER {wanted}" in sentence(claim(**changed))


def test_shares_are_percent_and_their_differences_points():
    assert amount(0.123, "cer", signed=False) == "12.3 %"
    assert amount(-0.02, "lines_worse") == "-2.0 points"
    assert amount(1.5, "psnr") == "+1.50 dB"


def test_words_for_cliffs_delta_follow_the_usual_bounds():
    assert [effect(v) for v in (0.1, -0.2, 0.4, -1.0)] == ["negligible", "small", "medium", "large"]
