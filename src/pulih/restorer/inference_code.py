"""Which code decides what a model makes of an image; answers kept under a model's digest alone would outlive it."""

from pulih.common.version import source_digest

MODULES = ("infer", "channel", "colour", "confidence", "resample", "scale", "thin", "tiles", "tone", "trust")


def inference_digest() -> str:
    """Return 12 hexadecimal digits of the sources between an image and its restoration."""
    return source_digest(*(f"restorer/{name}.py" for name in MODULES))
