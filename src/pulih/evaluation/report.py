"""The evaluation's page: one HTML file that opens from disk without a network."""

from pathlib import Path

import pandas as pd

from pulih.common.html import figure_svg, png_data_uri, render
from pulih.evaluation.charts import SPLIT_TITLES, curves
from pulih.evaluation.examples import SHOWN, Example
from pulih.evaluation.measure import MEASURED, METHODS, SELECTED
from pulih.evaluation.summary import GROUPS, PARTS, Tree

ENLARGED = 1.75
TEMPLATES = Path(__file__).parent / "templates"
GROUP_TITLES = {
    "all": "All severities",
    "light": "Light damage (severity below 1/3)",
    "medium": "Medium damage",
    "heavy": "Heavy damage (severity from 2/3)",
    "severity_max_0.5": "Severity 0.5 and below",
}
METHOD_TITLES = {
    "degraded": "degraded input",
    "white_page": "all-white page",
    "background_division": "background division",
    "sauvola": "Sauvola threshold",
    "restored": "restored by Pulih",
    SELECTED: "restored where the reader is surer of it",
    "clean": "clean line (upper bound)",
}


def render_report(metrics: Tree, per_line: pd.DataFrame, examples: dict[str, list[Example]]) -> str:
    """Return the page.

    Args:
        metrics: what ``metrics.json`` holds.
        per_line: all rows of all splits.
        examples: the chosen lines of each split.
    """
    everything = tuple(METHODS)
    charts = [
        (curves(per_line, "cer", "CER", ("degraded", "background_division", "sauvola", "restored", "clean")),
         "Character error rate by the independent recognizer; lower is better. The clean line shows what its "
         "reader can do at best."),
        (curves(per_line, "psnr", "PSNR in dB", everything[:-1]), "Likeness to the clean line; higher is better."),
        (curves(per_line, "ssim", "SSIM", everything[:-1]), "Likeness of structure; higher is better."),
    ]  # fmt: skip
    return render(
        "report.html.j2",
        TEMPLATES,
        metrics=metrics,
        splits=[split for split in SPLIT_TITLES if split in metrics],
        split_titles=SPLIT_TITLES,
        groups=GROUPS,
        group_titles=GROUP_TITLES,
        methods=MEASURED,
        method_titles=METHOD_TITLES,
        metric_names=tuple(PARTS),
        charts=[(figure_svg(figure), caption) for figure, caption in charts],
        examples={split: [_shown(example) for example in chosen] for split, chosen in examples.items()},
    )


def _shown(example: Example) -> dict[str, object]:
    sources = {name: png_data_uri(example.images[name]) for name in SHOWN}
    return {"line": example, "sources": sources, "width": f"{example.images['clean'].shape[1] * ENLARGED:.0f}px"}
