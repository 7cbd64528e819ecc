"""The drift check alone, for a recurring run against finished lines."""

from kfp import dsl

from components.drift.component import drift as detect_drift
from components.synthesize.component import synthesize


@dsl.pipeline(name="pulih-drift", description="Compare the synthetic reference with the archive")
def watch(synthesis: dict, drift: dict, code_version: str) -> None:
    """Check for drift; equal ``synthesis`` and ``code_version`` take the reference from the cache."""
    made = synthesize(config=synthesis, code_version=code_version)
    checked = detect_drift(config=drift, lines=made.outputs["lines"], code_version=code_version)
    checked.set_caching_options(False)
