"""The model card (Mitchell et al., FAT* 2019) of the released restorer, with figures on lines that no training saw."""

from typing import Any

from pulih.data.manifest import Manifest
from pulih.evaluation.measure import SELECTED
from pulih.restorer.config import PagesConfig, RestorerConfig
from pulih.restorer.schedule import first_whole_line_step

CARD = """# The restorer that comes with Pulih ({digest})

Written by `make release` from the artifact and its evaluation; never edited by hand. The training's own card is
`restorer/MODEL_CARD.md`. Figures measured before it was shipped name it {trained_as}: shipping seals it anew.

## Intended use
To make scans of handwritten lines and pages easier to look at and to read, beside the original and never instead of it.
Latin script, ink on paper. Not intended: as evidence of what a page says; for printed text, drawings or seals; for
other scripts; to decide anything about a person without somebody reading the original.

## Data
Synthetic lines and pages alone (artifact {lines}): words of word lists and generated names and dates, set in
handwriting fonts, degraded by simulated paper, ink, stains, bleed-through, light, blur and noise. No scan of a real
document took part in the training; real ones are only measured. What it knows of degradation is what
`src/pulih/synthesis` draws.

## Budget
{parameters:,} parameters. {steps:,} steps, {crops:,} of them on {crop_lines} crops each and {whole:,} on {whole_lines}
whole lines each, seed {seed}; weights averaged, chosen by PSNR on validation lines at step {best_step:,}.{pages}
`make reproduce` trains it again.

## Figures on held-out synthetic lines
Mean and 95 % interval of a bootstrap over {unit}s. CER by a recognizer (artifact {judge}) that took no part in the
training. *selected*: of the line and its restoration, the one that this recognizer is surer of. Severity: 0 to 1.

{figures}

## Limits
- Where ink is gone it may invent strokes: `figures.json` has substitutions and insertions beside deletions.
- On fonts never seen it is read worse than the clean line; for real hands and pages see docs/benchmark-reading.md and
  docs/benchmarks.md.
- Where the network is undecided the input is blended in ({keep_unsure:g} times the doubt): heavy damage stays visible.
- It works at one height of letters ({height} px lines); pages are brought to that scale, and a wrong estimate of it
  costs quality.
"""
PAGES = """ Then
{steps:,} steps on {patches} patches of synthetic pages each, as serving sees them, and {lines} crops of lines."""
SPLITS = {"test_seen": "seen", "test_unseen": "never seen"}
GROUPS = {"all": "all", "severity_max_0.5": "up to 0.5", "heavy": "heavy third"}
METRICS = {"psnr": (1, 1), "ssim": (1, 3), "cer": (100, 1)}  # factor and digits


def released_card(sealed: Manifest, figures: dict[str, Any], height: int) -> str:
    """Return the card as Markdown.

    Args:
        figures: an evaluation's, with every interval.
        height: of the lines that it learned from, in pixels.
    """
    config = RestorerConfig.model_validate(sealed.config)
    steps, crops = sealed.facts["steps"], min(first_whole_line_step(config), sealed.facts["steps"])
    return CARD.format(
        digest=sealed.digest(),
        trained_as=sealed.facts["trained_as"],
        lines=sealed.parents["lines"],
        parameters=sealed.facts["parameters"]["generator"],
        steps=steps,
        crops=crops,
        crop_lines=config.schedule.batch_size,
        whole=steps - crops,
        whole_lines=config.schedule.line_batch_size,
        seed=sealed.seed,
        best_step=sealed.facts["best_step"],
        pages=_on_pages(config.pages),
        unit=figures["test_unseen"]["all"]["resampled_by"],
        judge=figures["about"]["recognizer"],
        figures=_table(figures),
        keep_unsure=config.keep_unsure,
        height=height,
    )


def _on_pages(config: PagesConfig) -> str:
    return PAGES.format(steps=config.steps, patches=config.batch_size, lines=config.lines) if config.steps else ""


def _table(figures: dict[str, Any]) -> str:
    rows = [["fonts", "severity", "lines", "image", "PSNR, dB", "SSIM", "CER, %"], ["---"] * 7]
    for split, fonts in SPLITS.items():
        for group, severity in GROUPS.items():
            if group not in figures[split]:
                continue
            tree = figures[split][group]
            for image in ("degraded", "restored", SELECTED):
                cells = [_interval(tree[image][metric], *METRICS[metric]) for metric in METRICS]
                rows.append([fonts, severity, str(tree["lines"]), image, *cells])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _interval(estimate: dict[str, float], factor: float, digits: int) -> str:
    mean, low, high = (f"{estimate[name] * factor:.{digits}f}" for name in ("mean", "low", "high"))
    return f"{mean} [{low}, {high}]"
