"""What to change in the synthesis when the archive differs from it."""

from typing import NamedTuple

HANDS = "add hands of that kind: put their fonts into a folder of synthesis.font_dirs"
SHEETS = "the synthesis has no setting for it yet"


class Advice(NamedTuple):
    """What to do when the archive's values are higher than the synthesis's, and when they are lower."""

    higher: str
    lower: str


def _rate(name: str) -> Advice:
    return Advice(f"raise synthesis.rates.{name}", f"lower synthesis.rates.{name}")


ADVICE: dict[str, Advice] = {
    "contrast": Advice("lower synthesis.rates.ink_fading", "raise synthesis.rates.ink_fading"),
    "ink_density": Advice(SHEETS, SHEETS),
    "background_level": Advice(SHEETS, SHEETS),
    "background_unevenness": _rate("uneven_light"),
    "noise": _rate("noise"),
    "blur": _rate("blur"),
    "bleed_through": Advice(
        "raise synthesis.rates.bleed_through and synthesis.rates.show_through",
        "lower synthesis.rates.bleed_through and synthesis.rates.show_through",
    ),
    "stain_area": Advice(
        "raise synthesis.rates.stains and synthesis.rates.foxing",
        "lower synthesis.rates.stains and synthesis.rates.foxing",
    ),
    "stroke_width": Advice(HANDS, HANDS),
    "slant": Advice(HANDS, HANDS),
    "line_pitch": Advice(SHEETS, SHEETS),
    "paper_a": Advice(SHEETS, SHEETS),
    "paper_b": Advice(SHEETS, SHEETS),
    "saturation": Advice(SHEETS, SHEETS),
}
