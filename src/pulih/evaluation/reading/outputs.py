"""The results as Markdown, LaTeX and a picture."""

import io
from pathlib import Path
from typing import Any

from pulih.common.files import write_bytes, write_json, write_text
from pulih.evaluation.reading.restoring import MEASURED, ORIGINAL, RESTORED, SELECTED
from pulih.evaluation.reading.tables import READERS, THIRDS, Tree

READER_TITLES = {"zero_shot": "as trained", "adapted": "adapted to other hands"}
METHOD_TITLES = {ORIGINAL: "as scanned", "line": "restored as a line", "page": "restored as a page"} | {
    selected: f"as scanned or as a {method}, whichever the reader is surer of"
    for selected, method in zip(SELECTED, RESTORED, strict=True)
}
HEADER = (
    "reader",
    "lines",
    "image",
    "CER %",
    "change of CER",
    "WER %",
    "subst. + ins. %",
    "deletions %",
    "worse",
    "better",
)


def write_results(results: Tree, folder: Path) -> None:
    """Write ``results.json``, ``results.md``, ``results.tex`` and ``results.png`` into ``folder``."""
    write_json(folder / "results.json", results)
    rows = table_rows(results["figures"])
    write_text(folder / "results.md", markdown(results, rows))
    write_text(folder / "results.tex", latex(rows, results["about"]["level"]))
    write_bytes(folder / "results.png", picture(results["figures"]))


def table_rows(figures: Tree) -> list[tuple[str, ...]]:
    """Return the cells of the table, one row per reader, group of lines and method, as ``HEADER`` names them."""
    rows = []
    for reader in READERS:
        groups = {"all": figures[reader]["all"]} | figures[reader]["by_contrast"]
        for name in ("all", *THIRDS):
            if name in groups:
                label = f"{name} ({groups[name]['lines']})"
                rows += [_row(READER_TITLES[reader], label, m, groups[name][m]) for m in MEASURED]
    return rows


def _row(reader: str, lines: str, method: str, figures: Tree) -> tuple[str, ...]:
    change = figures.get("change")
    shares = [_points(change[name]["mean"]) + " %" if change else "" for name in ("lines_worse", "lines_better")]
    return (
        *(reader, lines, METHOD_TITLES[method], _interval(figures["cer"])),
        _interval(change["cer"], signed=True) if change else "",
        *(_points(figures[name]["mean"]) for name in ("wer", "substitutions_insertions", "deletions")),
        *shares,
    )


def _points(value: float, signed: bool = False) -> str:
    return f"{100 * value:+.1f}" if signed else f"{100 * value:.1f}"


def _interval(estimate: dict[str, float], signed: bool = False) -> str:
    mean, low, high = (_points(estimate[name], signed) for name in ("mean", "low", "high"))
    return f"{mean} [{low}, {high}]"


def verdict(figures: Tree, reader: str, method: str) -> str:
    """Return one sentence: what restoration does to the CER, with its interval, or that nothing is shown."""
    estimate = figures[reader]["all"][method]["change"]["cer"]
    text = f"{METHOD_TITLES[method]}, read by the recognizer {READER_TITLES[reader]}: restoration"
    if estimate["low"] <= 0 <= estimate["high"]:
        return f"{text} neither lowers nor raises the CER beyond doubt ({_interval(estimate, True)} points)."
    word = "lowers" if estimate["mean"] < 0 else "raises"
    return f"{text} {word} the CER ({_interval(estimate, True)} points)."


def markdown(results: Tree, rows: list[tuple[str, ...]]) -> str:
    """Return the report: verdicts, table, and what was done to the texts."""
    about, figures = results["about"], results["figures"]
    overall = figures["adapted"]["all"]
    lines = [
        "# Does restoration help to read real handwriting?\n",
        *(f"- {verdict(figures, reader, method)}" for reader in READERS for method in MEASURED[1:]),
        f"\n{overall['lines']} lines of {len(figures['adapted']['by_manuscript'])} manuscripts by {overall['writers']} "
        f"writers as far as known. Restorer {about['restorer']}, recognizer {about['recognizer']}. Intervals: "
        f"{about['level']:.0%} bootstrap over writers; changes are paired, below 0 is better. `worse` and `better`: "
        "share of lines with more and with fewer character errors than as scanned. "
        "Thirds by the original's contrast.\n",
        "| " + " | ".join(HEADER) + " |",
        "|" + "---|" * len(HEADER),
        *("| " + " | ".join(row) + " |" for row in rows),
        "\n## Texts\n",
        _counted("Characters replaced", about["changes"]),
        _counted("Lines left out", about["left_out"]),
    ]
    return "\n".join(lines) + "\n"


def _counted(title: str, counts: dict[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return f"{title}: {sum(counts.values())}" + "".join(f"; `{name}` {count}" for name, count in ordered) + ".\n"


def latex(rows: list[tuple[str, ...]], level: float) -> str:
    """Return the table with booktabs rules."""
    body = [" & ".join(_escaped(cell) for cell in row) + r" \\" for row in rows]
    head = " & ".join(_escaped(cell) for cell in HEADER) + r" \\"
    columns = "lll" + "r" * (len(HEADER) - 3)
    top = [rf"% Intervals: {level:.2f} bootstrap over writers; needs booktabs.", rf"\begin{{tabular}}{{{columns}}}"]
    return "\n".join([*top, r"\toprule", head, r"\midrule", *body, r"\bottomrule", r"\end{tabular}"]) + "\n"


def _escaped(text: str) -> str:
    return text.replace("%", r"\%").replace("&", r"\&").replace("_", r"\_")


def picture(figures: Tree) -> bytes:
    """Return a PNG: per manuscript the CER of the adapted reader as scanned and restored, with intervals."""
    from matplotlib.figure import Figure

    groups: dict[str, Any] = figures["adapted"]["by_manuscript"]
    names = sorted(groups, key=lambda name: groups[name][ORIGINAL]["cer"]["mean"])
    figure = Figure(figsize=(9, 1.6 + 0.27 * len(names)), layout="constrained")
    axes = figure.subplots()
    looks = {ORIGINAL: ("tab:gray", "s"), "line": ("tab:blue", "o"), "page": ("tab:orange", "^")}
    for shift, (method, (colour, marker)) in zip((-0.22, 0, 0.22), looks.items(), strict=True):
        cer = [groups[name][method]["cer"] for name in names]
        middle = [100 * one["mean"] for one in cer]
        spread = [[100 * (c["mean"] - c["low"]) for c in cer], [100 * (c["high"] - c["mean"]) for c in cer]]
        places = [at + shift for at in range(len(names))]
        axes.errorbar(
            middle,
            places,
            xerr=spread,
            fmt=marker,
            color=colour,
            markersize=4,
            linewidth=1,
            label=METHOD_TITLES[method],
        )
    axes.set_yticks(range(len(names)), [f"{name[:44]} ({groups[name]['lines']})" for name in names], fontsize=7)
    axes.set(xlabel="CER % of the adapted reader, intervals over the manuscript's lines", ylim=(-0.7, len(names) - 0.3))
    axes.grid(axis="x", alpha=0.3)
    figure.legend(loc="outside upper center", ncols=3, frameon=False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()
