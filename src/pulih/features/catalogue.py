"""The descriptors of a page: what each measures, in which unit, after which source.

All are measured on the sheet inside the scan, at the common scale (sheet height 1024 pixels; ``drift.descriptors``).
"""

from typing import NamedTuple

ENTITY = "page_id"
VIEW = "page_descriptors"
SERVICE = "page_descriptors_service"
TABLE = "data/page_descriptors.parquet"
CODE = "code"


class Descriptor(NamedTuple):
    """One figure of a page.

    ``more`` and ``less`` complete "archive pages ..." when the archive's values are higher or lower than the
    synthesis's; ``resolution`` is the smallest difference between pages that matters, in ``unit``.
    """

    name: str
    label: str
    unit: str
    definition: str
    source: str
    more: str
    less: str
    resolution: float


DESCRIPTORS: tuple[Descriptor, ...] = (
    Descriptor(
        "contrast",
        "Ink contrast",
        "% of the paper's luma",
        "Share of the paper's luma that the inner ink (its darkest quarter begins here) takes away.",
        "Weber contrast",
        "have darker ink against the paper",
        "have paler ink against the paper",
        2.0,
    ),
    Descriptor(
        "ink_density",
        "Ink density",
        "% of the sheet",
        "Area of the ink of this side (letters; frames and drawings left out) over the area of the sheet.",
        "area ratio",
        "are written more densely",
        "are written more sparsely",
        0.5,
    ),
    Descriptor(
        "background_level",
        "Paper lightness",
        "L*",
        "Median CIE L* of the paper between the ink.",
        "CIE 1976 L*a*b*",
        "have lighter paper",
        "have darker paper",
        1.0,
    ),
    Descriptor(
        "background_unevenness",
        "Uneven light",
        "% of the paper's luma",
        "Range (5th to 95th percentile) of a cubic surface fitted robustly to the background, over its median.",
        "robust polynomial background model, cf. Lu, Su and Tan 2010",
        "are lit more unevenly",
        "are lit more evenly",
        1.0,
    ),
    Descriptor(
        "noise",
        "Noise",
        "grey levels of 255",
        "Standard deviation of the pixel noise on the sheet; the strongest tenth, strokes and fibres, is left out.",
        "Immerkaer 1996, with a trimmed mean",
        "are noisier",
        "are less noisy",
        0.3,
    ),
    Descriptor(
        "blur",
        "Blur",
        "pixels",
        "Median width (standard deviation of the Gaussian) of the edges of the ink, from the steepest slope.",
        "edge width, cf. Marziliano et al. 2002",
        "are blurrier",
        "are sharper",
        0.05,
    ),
    Descriptor(
        "bleed_through",
        "Bleed-through",
        "% of the ink's darkness",
        "Root mean square of pale strokes between the ink; what equally strong light marks explain is taken off.",
        "band-pass asymmetry, this project",
        "have more bleed-through",
        "have less bleed-through",
        0.5,
    ),
    Descriptor(
        "stain_area",
        "Stains",
        "% of the sheet",
        "Area where the background is darker than its fitted surface by more than 4 % of the surface.",
        "residual of the background model",
        "have more and larger stains",
        "have fewer and smaller stains",
        0.5,
    ),
    Descriptor(
        "stroke_width",
        "Stroke width",
        "pixels",
        "Twice the ink's area over its boundary's length, both from grey values (co-area formula).",
        "area over half the perimeter",
        "have broader strokes",
        "have finer strokes",
        0.2,
    ),
    Descriptor(
        "slant",
        "Slant",
        "degrees from the vertical, right positive",
        "The shear whose undoing makes the most upright unbroken strokes.",
        "Vinciarelli and Luettin 2001",
        "lean more to the right",
        "lean less to the right, or to the left",
        2.0,
    ),
    Descriptor(
        "line_pitch",
        "Line pitch",
        "% of the sheet's height",
        "First strong peak of the autocorrelation of the ink's row profile, averaged over vertical strips.",
        "projection profile autocorrelation",
        "have wider spaced lines",
        "have closer spaced lines",
        0.2,
    ),
    Descriptor(
        "paper_a",
        "Paper green to red",
        "a*",
        "Median CIE a* of the paper between the ink.",
        "CIE 1976 L*a*b*",
        "have redder paper",
        "have greener paper",
        0.5,
    ),
    Descriptor(
        "paper_b",
        "Paper blue to yellow",
        "b*",
        "Median CIE b* of the paper between the ink.",
        "CIE 1976 L*a*b*",
        "have yellower paper",
        "have bluer (less yellow) paper",
        1.0,
    ),
    Descriptor(
        "saturation",
        "Paper saturation",
        "% (HSV)",
        "Median HSV saturation of the paper between the ink.",
        "HSV",
        "have more colourful paper",
        "have greyer paper",
        1.0,
    ),
)
NAMES: tuple[str, ...] = tuple(descriptor.name for descriptor in DESCRIPTORS)
