"""A training repeated, compared with the released one: which figures agree within their intervals."""

from dataclasses import dataclass
from typing import Any

SPLITS, GROUPS = ("test_seen", "test_unseen"), ("all", "severity_max_0.5", "heavy")
METRICS = ("psnr", "ssim", "cer")
Figures = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One figure of both; each ``{"mean", "low", "high"}``."""

    name: str
    released: dict[str, float]
    repeated: dict[str, float]

    @property
    def agrees(self) -> bool:
        """Whether the two bootstrap intervals overlap."""
        return self.released["low"] <= self.repeated["high"] and self.repeated["low"] <= self.released["high"]


def compare(released: Figures, repeated: Figures) -> list[Row]:
    """Return the headline figures of two evaluations side by side; a group that either lacks is left out."""
    return [
        Row(f"{split}/{group}/{metric}", *(tree[split][group]["restored"][metric] for tree in (released, repeated)))
        for split in SPLITS
        for group in GROUPS
        if all(group in tree.get(split, {}) for tree in (released, repeated))
        for metric in METRICS
    ]


def table(rows: list[Row]) -> str:
    """Return the rows as Markdown."""
    lines = ["| figure | released | repeated | intervals |", "|---|---|---|---|"]
    for row in rows:
        cells = (f"{v['mean']:.3f} [{v['low']:.3f}, {v['high']:.3f}]" for v in (row.released, row.repeated))
        lines.append(f"| {row.name} | {' | '.join(cells)} | {'overlap' if row.agrees else '**apart**'} |")
    return "\n".join(lines) + "\n"
