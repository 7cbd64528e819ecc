"""The results as Markdown and as LaTeX: the same cells, written twice."""

from dataclasses import dataclass
from typing import Any

from pulih.evaluation.charts import SPLIT_TITLES
from pulih.evaluation.peers.reading import GROUPS
from pulih.evaluation.summary import Tree

# Title, unit, factor and digits of each figure of the main table.
COLUMNS: dict[str, tuple[str, str, float, int]] = {
    "psnr": ("PSNR", "dB", 1, 2),
    "ssim": ("SSIM", "", 1, 3),
    "cer": ("CER", "%", 100, 1),
    "substitutions_insertions": ("subst. + ins.", "%", 100, 1),
    "deletions": ("deletions", "%", 100, 1),
    "lines_worse": ("lines worse", "%", 100, 0),
}
RELATIVE = {"relative_cer": ("relative CER", "%", 100.0, 0)}


@dataclass(frozen=True)
class Table:
    """A caption, the column titles and the cells of each row."""

    caption: str
    header: list[str]
    rows: list[list[str]]


def interval(estimate: dict[str, float], metric: str, signed: bool = False) -> str:
    """Return ``mean [low, high]`` in the unit of the metric."""
    _, _, factor, digits = (COLUMNS | RELATIVE)[metric]
    sign = "+" if signed else ""
    mean, low, high = (f"{estimate[name] * factor:{sign}.{digits}f}" for name in ("mean", "low", "high"))
    return f"{mean} [{low}, {high}]"


def _title(metric: str) -> str:
    name, unit, *_ = COLUMNS[metric]
    return f"{name} ({unit})" if unit else name


def figures_table(results: Tree, split: str) -> Table:
    """Return every method's figures on one split."""
    found, level = results["splits"][split], results["about"]["config"]["evaluation"]["level"]
    caption = (
        f"{SPLIT_TITLES[split]}: {found['lines']} lines of {found['fonts']} fonts; mean and {level:.0%} interval of a "
        f"bootstrap over {found['resampled_by']}s. CER by an independent recognizer; 'lines worse' are read worse than "
        "without restoration."
    )
    rows = [
        [name, *(interval(estimates[metric], metric) for metric in COLUMNS)]
        for name, estimates in found["methods"].items()
    ]
    return Table(caption, ["method", *map(_title, COLUMNS)], rows)


def reading_table(results: Tree, split: str, reader: str | None = None) -> Table | None:
    """Return what a reader (None: the evaluator) reads by thirds of the severity, and ours relative to each method.

    None for results of before schema 3, which do not hold it.
    """
    found = (results if reader is None else results["readers"][reader])["splits"][split]
    if "groups" not in found:
        return None
    # Stored results are sorted by key; a group without methods of its own is that of all lines.
    groups = {
        name: {"methods": found["methods"], **found["groups"][name]} for name in GROUPS if name in found["groups"]
    }
    by = "an independent recognizer" if reader is None else f"'{reader}'"
    damage = ", ".join(f"{name} {group['lines']}" for name, group in groups.items())
    caption = (
        f"{SPLIT_TITLES[split]}: CER (%) by {by} on all lines and by thirds of the severity (lines: {damage}), and in "
        f"brackets below a method the CER of {results['about']['ours']} relative to it, with its paired interval."
    )
    rows = []
    for method in found["methods"]:
        rows.append([method, *(interval(group["methods"][method]["cer"], "cer") for group in groups.values())])
        shares = [group["relative_cer"].get(method) for group in groups.values()]
        if any(shares):
            rows.append(["", *(f"({interval(one, 'relative_cer', signed=True)} %)" if one else "" for one in shares)])
    return Table(caption, ["method", *groups], rows)


def comparisons_table(results: Tree, split: str) -> Table:
    """Return ours minus every other method on one split."""
    ours, own = results["about"]["ours"], [c for c in results["comparisons"] if c["split"] == split]
    caption = (
        f"{SPLIT_TITLES[split]}: {ours} minus each method (paired). p of Wilcoxon's signed-rank test over lines after "
        f"Holm's correction over all {len(results['comparisons'])} comparisons; Cliff's delta."
    )
    rows = [
        [one["peer"], _title(one["metric"]), interval(one["difference"], one["metric"], signed=True),
         p_value(one["p_holm"]), f"{one['delta']:+.2f}"]
        for one in own
    ]  # fmt: skip
    return Table(caption, ["compared with", "metric", "difference", "p (Holm)", "delta"], rows)


def p_value(value: float) -> str:
    """Return a p-value, small ones as a bound."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def trainings_table(results: Tree) -> Table:
    """Return what each training was and took."""
    rows = [_training(name, one) for name, seeds in results["trainings"].items() for one in seeds]
    budget = ", ".join(f"{key.replace('_', ' ')} {value:g}" for key, value in results["about"]["budget"].items())
    header = ["method", "seed", "generator", "discriminator", "own recognizer", "steps", "CPU s", "its CER on clean"]
    return Table(f"Trainings (parameters of each network); budget: {budget}.", header, rows)


def _training(name: str, one: dict[str, Any]) -> list[str]:
    sizes = (one["parameters"].get(key) for key in ("generator", "discriminator", "recognizer"))
    shown = [f"{size:,}" if size else "none" for size in sizes]
    reads = one["recognizer_cer_clean"]
    return [
        *(name, str(one["seed"]), *shown, str(one["steps"]), f"{one['cpu_seconds']:.0f}"),
        "" if reads is None else f"{reads:.0%}",
    ]


def failures_table(results: Tree) -> Table | None:
    """Return the trainings that alarms stopped, with the reasons; None when there were none."""
    # Results of the first schema come from runs that a failure ended.
    failures = results.get("failures", [])
    caption = (
        "Trainings that an alarm stopped. A method that failed with any seed has no figures: means over the seeds that "
        "are left would flatter it."
    )
    rows = [[one["method"], str(one["seed"]), one["reason"]] for one in failures]
    return Table(caption, ["method", "seed", "reason"], rows) if rows else None


def all_tables(results: Tree) -> list[Table]:
    """Return every table of the results in order."""
    splits, readers = list(results["splits"]), [None, *results.get("readers", {})]
    read = [reading_table(results, split, reader) for reader in readers for split in splits]
    return [
        *(figures_table(results, split) for split in splits),
        *(table for table in read if table),
        *(comparisons_table(results, split) for split in splits),
        trainings_table(results),
        *(table for table in (failures_table(results),) if table),
    ]


def markdown(results: Tree) -> str:
    """Return the results as Markdown."""
    seeds = results["about"]["seeds"]
    intro = "One seed: quick evidence, which says nothing about other seeds." if len(seeds) == 1 else (
        f"Means over the seeds {', '.join(map(str, seeds))}; the intervals hold for these trainings. "
        "`results.json` has every seed alone."
    )  # fmt: skip
    parts = ["# Restoration: comparison with peers", intro]
    for table in all_tables(results):
        parts += [table.caption, as_markdown(table)]
    return "\n\n".join(parts) + "\n"


def as_markdown(table: Table) -> str:
    """Return a table as Markdown, without its caption."""
    lines = [table.header, ["---"] * len(table.header), *table.rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def latex(results: Tree) -> str:
    """Return the results as LaTeX tables for the package booktabs."""
    return "\n".join(as_latex(table) for table in all_tables(results))


def as_latex(table: Table) -> str:
    """Return a table for the package booktabs."""
    body = [r" & ".join(map(escaped, cells)) + r" \\" for cells in table.rows]
    return "\n".join(
        [
            r"\begin{table}",
            rf"\caption{{{escaped(table.caption)}}}",
            rf"\begin{{tabular}}{{{'l' * len(table.header)}}}",
            r"\toprule",
            r" & ".join(map(escaped, table.header)) + r" \\",
            r"\midrule",
            *body,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def escaped(text: str) -> str:
    """Return text that LaTeX shows as it is."""
    for sign in "%&_#":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("<", "$<$")
