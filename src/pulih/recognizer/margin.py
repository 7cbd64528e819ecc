"""When a recognizer that has both images of a line reads the restored one; apart from decoding, which needs torch."""

# Surer by so much (2 %); how it was found: docs/decisions/0006-surer-reading.md.
SURER = 0.02


def is_surer(before: float, after: float, margin: float = SURER) -> bool:
    """Return whether the confidence ``after`` is above ``before`` by more than ``margin`` (0.02 = 2 %)."""
    return after > (1 + margin) * before
