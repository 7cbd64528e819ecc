"""The estimate of a dry run, against what the quick profile took on two idle machines of two cores."""

from pathlib import Path

import pytest

from pipelines.profile import SECTIONS, load_profile
from pulih.cli.estimate import estimate

CONFIGS = Path(__file__).resolve().parents[3] / "configs"
# Seconds per stage on the faster machine; the slower one took twice as long.
MEASURED = {
    "synthesis": 24,
    "recognizer": 98,
    "evaluator": 100,
    "restorer": 222,
    "evaluation": 17,
    "registry": 8,
    "deployment": 17,
    "drift": 40,
}


def seconds(name: str) -> dict[str, int]:
    profile = load_profile(CONFIGS / f"{name}.json", [])
    return {section: estimate(section, profile.section(section))["seconds"] for section in SECTIONS}


@pytest.mark.parametrize("stage", MEASURED)
def test_quick_stages_are_estimated_within_the_stated_factor(stage):
    assert MEASURED[stage] <= seconds("quick")[stage] <= 2.5 * MEASURED[stage]


def test_larger_profiles_cost_more():
    quick, cpu, gpu = (seconds(name) for name in ("quick", "cpu", "gpu"))
    for stage in ("synthesis", "recognizer", "evaluator", "restorer"):
        assert quick[stage] < cpu[stage] < gpu[stage]
