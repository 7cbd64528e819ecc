import re

from pulih.common.config import known_keys
from pulih.drift.advice import ADVICE
from pulih.features.catalogue import NAMES
from pulih.synthesis.config import SynthesisConfig


def test_every_descriptor_has_advice():
    assert set(ADVICE) == set(NAMES)


def test_every_setting_that_is_advised_exists():
    known = {f"synthesis.{key}" for key in known_keys(SynthesisConfig)}
    named = {key for advice in ADVICE.values() for text in advice for key in re.findall(r"synthesis\.[\w.]*\w", text)}
    assert named
    assert named <= known
