"""The claims as pictures: differences with intervals, and which kinds of reading errors remain."""

from pathlib import Path
from typing import TYPE_CHECKING

from pulih.common.files import atomic_path
from pulih.evaluation.peers.tables import COLUMNS
from pulih.research.report.claims import HIGHER_IS_BETTER, Claim, parts, per_line, with_worse
from pulih.research.report.runs import ComparisonRun
from pulih.research.report.wording import PLACES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN, UNSHOWN, INK, RULE = "#b4431f", "#8a8a8a", "#222222", "#d9d9d9"
KINDS = {"deletions": "#4a6782", "substitutions_insertions": "#b4431f"}


def draw(runs: list[ComparisonRun], claims: list[Claim], folder: Path) -> list[str]:
    """Write every figure as PDF and PNG and return their names."""
    names = []
    for run in runs:
        for split in run.splits:
            own = [claim for claim in claims if (claim.run, claim.split) == (run.name, split)]
            pictures = {"differences": forest(own), "errors": error_kinds(run, split)}
            for kind, figure in pictures.items():
                names += _saved(figure, folder, f"{kind}-{run.name}-{split}")
    return names


def _saved(figure: "Figure", folder: Path, name: str) -> list[str]:
    for suffix in ("pdf", "png"):
        with atomic_path(folder / f"{name}.{suffix}") as path:
            # Without a date, equal figures are equal files.
            metadata = {"CreationDate": None} if suffix == "pdf" else {}
            figure.savefig(path, format=suffix, dpi=160, metadata=metadata)
    return [f"{name}.pdf", f"{name}.png"]


def forest(claims: list[Claim]) -> "Figure":
    """Draw the difference to every other method with its interval, a panel per metric; grey where nothing is shown."""
    from matplotlib.figure import Figure

    others = list(dict.fromkeys(claim.other for claim in claims))
    metrics = list(dict.fromkeys(claim.metric for claim in claims))
    figure = Figure(figsize=(12, 2 * (1.1 + 0.24 * len(others))), layout="constrained")
    panels = figure.subplots(2, len(metrics) // 2, sharey=True)
    for panel, metric in zip(panels.flat, metrics, strict=True):
        _panel(panel, [claim for claim in claims if claim.metric == metric], others, metric)
    first = claims[0]
    figure.suptitle(f"{PLACES[first.split]}: {first.ours} minus each method", x=0.01, ha="left", fontsize=11)
    return figure


def _panel(panel: "Axes", claims: list[Claim], others: list[str], metric: str) -> None:
    title, unit, factor, _ = COLUMNS[metric]
    for claim in claims:
        place, colour = len(others) - 1 - others.index(claim.other), SHOWN if claim.shown else UNSHOWN
        low, mean, high = (factor * v for v in (claim.difference.low, claim.difference.mean, claim.difference.high))
        panel.plot([low, high], [place, place], color=colour, linewidth=2, solid_capstyle="butt")
        panel.plot([mean], [place], "o", color=colour, markerfacecolor=colour if claim.shown else "white", markersize=5)
    panel.axvline(0, color=INK, linewidth=0.8)
    panel.set_yticks(range(len(others)), others[::-1], fontsize=8)
    better = "right" if metric in HIGHER_IS_BETTER else "left"
    panel.set_title(f"{title} ({'points' if unit == '%' else unit or '1'}), {better} is better", loc="left", fontsize=9)
    _dress(panel)


def error_kinds(run: ComparisonRun, split: str) -> "Figure":
    """Draw per method the errors per character: deletions, and substitutions with insertions (possible inventions)."""
    from matplotlib.figure import Figure

    rows = with_worse(run.rows[run.rows["split"] == split])
    tables = {str(name): per_line(part) for name, part in rows.groupby("method", sort=False)}
    names = list(tables)[::-1]
    figure = Figure(figsize=(8, 0.9 + 0.27 * len(names)), layout="constrained")
    panel = figure.subplots()
    left = [0.0] * len(names)
    for kind, colour in KINDS.items():
        sums = [parts(tables[name], kind) for name in names]
        shares = [100 * top.sum() / bottom.sum() for top, bottom in sums]
        panel.barh(range(len(names)), shares, left=left, color=colour, height=0.7, label=COLUMNS[kind][0])
        left = [start + share for start, share in zip(left, shares, strict=True)]
    panel.set_yticks(range(len(names)), names, fontsize=8)
    panel.set_title(f"{PLACES[split]}: errors per 100 characters", loc="left", fontsize=10)
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=8)
    _dress(panel)
    return figure


def _dress(panel: "Axes") -> None:
    panel.grid(axis="x", color=RULE, linewidth=0.8)
    panel.set_axisbelow(True)
    panel.tick_params(length=0, labelsize=8, colors=INK)
    for side in ("top", "right", "left", "bottom"):
        panel.spines[side].set_visible(False)
