"""The results of the benchmark of speed as Markdown, as LaTeX and as a picture."""

import io
from typing import Any

from pulih.evaluation.peers.tables import Table, as_latex
from pulih.evaluation.speed.config import OURS

Tree = dict[str, Any]
TITLES = {
    "synthesis": "Synthesis (one thread)",
    "training": "Training step of the generator on crops",
    "lines": "Restoring lines",
    "pages": "Restoring an A4 page at 300 dpi, pixels to pixels",
}
MEGA = 1_000_000


def markdown(results: Tree) -> str:
    """Return the whole of ``results.md``."""
    about = results["about"]
    weights = f"of restorer {about['restorer']}" if about["restorer"] else "random (they take as long as trained ones)"
    sizes = ", ".join(f"{name} {count / MEGA:.2f} M" for name, count in about["parameters"].items())
    parts = [
        "# Benchmark of speed",
        f"Machine: {about['machine']}. Parameters: {sizes}. Weights of {OURS}: {weights}; those of the U-Nets: random. "
        f"The network sees the page at {about['page_scale']:.2f} of its size. Not installed: "
        f"{', '.join(about['missing']) or 'nothing'}.",
        f"Medians over the rounds [smallest, largest]. Every round did every task once. 'times {OURS}': how many times "
        "as long as ours in the same round, for lines and pages as ours is served (ONNX Runtime, fp32).",
    ]
    for table in all_tables(results):
        parts += [f"## {table.caption}", _markdown(table)]
    return "\n\n".join(parts) + "\n"


def latex(results: Tree) -> str:
    """Return the same tables for the package booktabs."""
    return "\n".join(map(as_latex, all_tables(results)))


def all_tables(results: Tree) -> list[Table]:
    """Return every table of the results in order."""
    of_kind = {kind: [one for one in results["timings"] if one["kind"] == kind] for kind in TITLES}
    timed = [_timing_table(kind, rows) for kind, rows in of_kind.items() if rows]
    return [*timed, _quality_table(results), _memory_table(results)]


def _timing_table(kind: str, rows: list[Tree]) -> Table:
    unit, factor = ("s", 1) if kind == "pages" else ("ms", 1000)
    head = ["what", f"{unit} each", "per second", f"CPU {unit} each", f"times {OURS}", "the same in CPU time"]
    body = [
        [
            *(one["name"], _spread(one["wall"], factor), f"{1 / one['wall']['median']:.3g}"),
            *(_spread(one["cpu"], factor), _spread(one["wall_ratio"]), _spread(one["cpu_ratio"])),
        ]
        for one in rows
    ]
    return Table(TITLES[kind], head, body)


def _spread(value: Tree, factor: float = 1) -> str:
    median, low, high = (f"{value[name] * factor:.3g}" for name in ("median", "low", "high"))
    return f"{median} [{low}, {high}]"


def _quality_table(results: Tree) -> Table:
    trained = results["about"]["restorer"] is not None
    exact = {
        one["network"]: one["psnr"]
        for one in results["quality"]
        if (one["runtime"], one["precision"]) == ("onnxruntime", "fp32")
    }
    body = []
    for one in results["quality"]:
        # What random weights do to a line says nothing about restoration.
        known = trained and one["network"] == OURS
        cells = [f"{one['psnr']:.2f}", f"{one['psnr'] - exact[one['network']]:+.2f}"] if known else ["", ""]
        same = "" if one["precision"] == "fp32" else f"{one['psnr_to_fp32']:.1f}"
        body.append([one["network"], one["runtime"], one["precision"], *cells, same])
    head = ["network", "runtime", "precision", "PSNR (dB)", "change (dB)", "PSNR to the fp32 answer (dB)"]
    return Table("What quantization costs", head, body)


def _memory_table(results: Tree) -> Table:
    body = [
        [one["name"], f"{one['peak'] / MEGA:.0f}", f"{(one['peak'] - one['before']) / MEGA:.0f}"]
        for one in results["memory"]
    ]
    return Table("Peak memory of one page", ["what", "MB", "MB above the imports"], body)


def _markdown(table: Table) -> str:
    lines = [table.header, ["---"] + ["---:"] * (len(table.header) - 1), *table.rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def draw(results: Tree) -> bytes:
    """Return a PNG: per kind of task, how many times as long as ours everything takes, on a logarithmic axis."""
    from matplotlib.figure import Figure

    groups = {k: [t for t in results["timings"] if t["kind"] == k] for k in ("training", "lines", "pages")}
    heights = [max(1, len(rows)) for rows in groups.values()]
    figure = Figure(figsize=(9, 1.6 + 0.3 * sum(heights)), layout="constrained")
    panels = figure.subplots(len(groups), 1, gridspec_kw={"height_ratios": heights}, sharex=True)
    for panel, (kind, rows) in zip(panels, groups.items(), strict=True):
        for place, one in enumerate(reversed(rows)):
            value = one["wall_ratio"]
            colour = "#b4431f" if one["name"].split()[0] == OURS else "#4a6782"
            errors = [[value["median"] - value["low"]], [value["high"] - value["median"]]]
            panel.errorbar([value["median"]], [place], xerr=errors, fmt="o", color=colour, markersize=5)
        panel.set_yticks(range(len(rows)), [one["name"] for one in reversed(rows)], fontsize=8)
        panel.set_ylim(-0.6, len(rows) - 0.4)
        panel.set_xscale("log")
        panel.axvline(1, color="#888888", linewidth=0.8)
        panel.grid(axis="x", which="both", color="#dddddd", linewidth=0.6)
        panel.set_title(TITLES[kind], loc="left", fontsize=9)
    panels[-1].set_xlabel(f"times as long as {OURS} (left is faster)")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()
