"""The model card (Mitchell et al., FAT* 2019) of a trained restorer."""

from typing import Any

from pulih.common.version import git_commit
from pulih.restorer.config import RestorerConfig

CARD = """# Restorer {digest}

Restores degraded images of handwritten lines: removes stains, bleed-through, uneven light and noise, and brings faded
ink back. A generator trained on synthetic lines against a dual-modal discriminator, with a frozen recognizer as reader.

| | |
|---|---|
| Generator | residual encoder-decoder, {generator:,} parameters, widths {widths}, stem {stem} |
| Discriminator | image and text branch, {discriminator:,} parameters (training only) |
| Training | {lines:,} synthetic lines, {steps:,} steps, weights averaged, chosen at step {best_step:,}{pages} |
| Code | commit {commit}, seed {seed} |

## Use
Input and output: grey lines in [0, 1], 1 = paper, sides multiples of 32; the lines it learned from are of one height,
so pages are first brought to that scale. `pulih restore` and the served endpoint do this. Where the network is
undecided they blend in the input, divided by its paper tone: its share is {keep_unsure:g} times the doubt, at most 1.

## Figures on {validation} validation lines (synthetic, fonts of the training)
| | restored | degraded |
|---|---|---|
| PSNR, dB | {psnr:.2f} | {psnr_input:.2f} |
| SSIM | {ssim:.3f} | {ssim_input:.3f} |

The evaluation stage gives figures on unseen fonts, by severity, and reading errors by an independent recognizer.

## Loss weights
{weights}

## Limits
- It learned from synthetic degradations of handwriting fonts: compare each page with its original before relying on it.
- Where ink is gone it may invent strokes. Do not use a restored image as evidence of what a page says.
- Printed text, drawings, seals and colour carry no weight in training.
{warning}"""
PAGES = "; then {steps:,} steps on patches of {pages:,} synthetic pages and crops of lines"
WHITE = "- **This model paints white pages: the training collapsed. Do not use it.**\n"


def model_card(config: RestorerConfig, metrics: dict[str, Any]) -> str:
    """Return the model card as Markdown."""
    rows = [f"| {name} | {weight:g} |" for name, weight in config.weights.model_dump().items()]
    return CARD.format(
        digest=config.digest(),
        generator=metrics["parameters"]["generator"],
        discriminator=metrics["parameters"]["discriminator"],
        widths=list(config.generator.widths),
        stem=config.generator.stem,
        lines=metrics["training_lines"],
        steps=metrics["steps"],
        pages=PAGES.format(**metrics["pages"]) if metrics["pages"] else "",
        best_step=metrics["best_step"],
        commit=git_commit(),
        seed=config.seed,
        keep_unsure=config.keep_unsure,
        validation=config.schedule.validation_lines,
        weights="\n".join(["| loss | weight |", "|---|---|", *rows]),
        warning=WHITE if metrics["white_page"] else "",
        **{name: metrics["validation"][name] for name in ("psnr", "psnr_input", "ssim", "ssim_input")},
    )
