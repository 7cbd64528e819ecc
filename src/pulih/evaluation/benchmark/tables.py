"""The results as Markdown and as LaTeX."""

from collections.abc import Iterable, Sequence
from typing import Any

from pulih.evaluation.benchmark.measure import METRICS
from pulih.evaluation.benchmark.methods import TITLES
from pulih.evaluation.benchmark.published import PublishedRow

HEADINGS = {"fm": "FM", "pfm": "pFM", "psnr": "PSNR", "drd": "DRD"}
Tree = dict[str, Any]
Row = tuple[str, str, list[str]]  # group, method, figures


def rows_of(groups: Tree, published: Sequence[PublishedRow]) -> list[Row]:
    """Return the rows of the table: per group what was measured, then what others published of it."""
    rows: list[Row] = []
    for group, tree in groups.items():
        for method, figures in tree["methods"].items():
            rows.append((group, TITLES[method], [f"{figures[metric]['mean']:.2f}" for metric in METRICS]))
        for row in published:
            if row.group == group:
                figures_of = [_plain(getattr(row, metric)) for metric in METRICS]
                rows.append((group, f"{row.method} (published)", figures_of))
    return rows


def differences_of(groups: Tree) -> list[Row]:
    """Return the paired differences per group as ``mean [low, high]``; empty when there are none."""
    rows: list[Row] = []
    for group, tree in groups.items():
        if difference := tree.get("difference"):
            name = f"{TITLES[difference['of']]} minus {TITLES[difference['minus']]}"
            rows.append((group, name, [_interval(difference[metric]) for metric in METRICS]))
    return rows


def markdown(results: Tree, published: Sequence[PublishedRow]) -> str:
    """Return the whole of ``results.md``."""
    groups = results["groups"]
    pages = ", ".join(f"{group}: {tree['pages']}" for group, tree in groups.items())
    parts = [
        "# Binarization benchmark",
        f"Model: {results['model'] or 'none (classical methods only)'}. Pages: {pages}.",
        "Means over pages. FM, pFM in percent and PSNR in dB: higher is better; DRD: lower is better. "
        "Rows marked published are quoted, not measured; published contest rows up to 2012 are harmonic means of mean "
        "precision and mean recall (`fm_of_means` in results.json).",
        *_cuts(results),
        *_tuning(results),
        _markdown_table(rows_of(groups, published)),
    ]
    if differences := differences_of(groups):
        parts += [
            "## Paired differences over pages",
            f"Mean and {results['config']['level']:.0%} percentile bootstrap interval.",
            _markdown_table(differences),
        ]
    return "\n\n".join(parts) + "\n"


def _cuts(results: Tree) -> list[str]:
    # Results of before had one level for all.
    levels = results.get("levels")
    if not levels:
        return []
    origin = "each chosen on other pages" if results["calibrated"] else "as configured"
    named = ", ".join(f"{TITLES[name]}: {level}" for name, level in levels.items())
    return [f"Levels below which restored luminance is ink, {origin}: {named}."]


def _tuning(results: Tree) -> list[str]:
    settings = results.get("finetune")
    if not settings:
        return []
    amount = f"{settings['steps']} steps of {settings['batch_size']} patches of {settings['patch']} pixels"
    folds = f"{len(results['folds'])} folds, seed {settings['seed']}"
    return [f"Fine-tuned: {amount} from the pages of the other groups; {folds}."]


def _markdown_table(rows: Iterable[Row]) -> str:
    head = ["set", "method", *HEADINGS.values()]
    lines = [head, ["---"] * 2 + ["---:"] * len(HEADINGS), *([group, name, *cells] for group, name, cells in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def latex(results: Tree, published: Sequence[PublishedRow]) -> str:
    """Return the table as a ``tabular`` for the package booktabs."""
    lines = [r"\begin{tabular}{llrrrr}", r"\toprule", f"Set & Method & {' & '.join(HEADINGS.values())} \\\\"]
    last = None
    for group, name, cells in rows_of(results["groups"], published):
        if group != last:
            lines.append(r"\midrule")
        lines.append(" & ".join([_escaped(group), _escaped(name), *cells]) + r" \\")
        last = group
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"]) + "\n"


def _plain(value: float | None) -> str:
    return "--" if value is None else f"{value:.2f}"


def _interval(estimate: Tree) -> str:
    return f"{estimate['mean']:+.2f} [{estimate['low']:+.2f}, {estimate['high']:+.2f}]"


def _escaped(text: str) -> str:
    return "".join(f"\\{letter}" if letter in "&%$#_{}" else letter for letter in text)
