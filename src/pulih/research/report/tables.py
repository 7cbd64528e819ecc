"""The claims as tables (LaTeX, Markdown) and as text; every number comes from a ``Claim``."""

from pulih.evaluation.peers.tables import COLUMNS, Table, as_latex, as_markdown, escaped, p_value
from pulih.research.report.claims import Claim
from pulih.research.report.runs import ComparisonRun
from pulih.research.report.wording import PLACES, amount, failure_sentence, interval, sentence

HEADER = ["compared with", "metric", "ours", "other", "difference", "p (Holm)", "delta", "d", "seeds", "verdict"]


def claim_tables(runs: list[ComparisonRun], claims: list[Claim]) -> list[Table]:
    """Return a table per run and split."""
    return [_table(run, split, claims) for run in runs for split in run.splits]


def _table(run: ComparisonRun, split: str, claims: list[Claim]) -> Table:
    own = [claim for claim in claims if (claim.run, claim.split) == (run.name, split)]
    lines = run.rows.loc[run.rows["split"] == split, "key"].nunique()
    caption = (
        f"{run.name}, {PLACES[split].lower()}: {run.ours} minus each method over {lines} lines, seeds "
        f"{', '.join(map(str, run.seeds))}. Paired bootstrap over {run.unit} ({run.evaluation.resamples} draws, "
        f"{run.evaluation.level:.0%}); signed-rank test (Wilcoxon), Holm's correction over {len(claims)} comparisons; "
        "Cliff's delta; Cohen's d of pairs; seeds that agree in sign."
    )
    return Table(caption, HEADER, [_row(claim) for claim in own])


def _row(claim: Claim) -> list[str]:
    verdict = ("better" if claim.better else "worse") if claim.shown else "no effect shown"
    values = [amount(value, claim.metric, signed=False) for value in (claim.ours_value, claim.other_value)]
    return [
        *(claim.other, COLUMNS[claim.metric][0], *values, interval(claim), p_value(claim.p_holm)),
        *(f"{claim.delta:+.2f}", f"{claim.d:+.2f}", f"{claim.seeds_agreeing}/{len(claim.per_seed)}", verdict),
    ]


def latex_tables(runs: list[ComparisonRun], claims: list[Claim]) -> str:
    """Return all tables for the package booktabs."""
    return "\n".join(map(as_latex, claim_tables(runs, claims)))


def latex_text(runs: list[ComparisonRun], claims: list[Claim]) -> str:
    """Return every claim as an item of a list per run."""
    parts = []
    for run in runs:
        sentences = [sentence(claim) for claim in claims if claim.run == run.name]
        items = [rf"\item {escaped(text)}" for text in (*sentences, *map(failure_sentence, run.failures))]
        parts.append("\n".join([rf"\paragraph{{{escaped(run.name)}}}", r"\begin{itemize}", *items, r"\end{itemize}"]))
    return "\n\n".join(parts) + "\n"


def markdown(runs: list[ComparisonRun], claims: list[Claim]) -> str:
    """Return the text: what is shown, what is not, then the tables."""
    shown = [claim for claim in claims if claim.shown]
    parts = [
        "# Claims with their intervals",
        f"{len(claims)} comparisons, {len(shown)} of them shown: the interval excludes 0, Wilcoxon's test agrees after "
        "Holm's correction over all of them, and every seed alone has the same sign. Intervals are about lines and "
        "what the bootstrap draws. Lines of one hand are alike, which the test does not know: trust intervals first.",
    ]
    for run in runs:
        own = [claim for claim in claims if claim.run == run.name]
        parts.append(f"## {run.name}")
        for title, some in (("Shown", [c for c in own if c.shown]), ("Not shown", [c for c in own if not c.shown])):
            lines = [f"- {sentence(claim)}" for claim in some] or ["- nothing"]
            parts += [f"### {title}", "\n".join(lines)]
        if run.failures:
            parts += ["### Not compared", "\n".join(f"- {failure_sentence(one)}" for one in run.failures)]
        parts += [part for table in claim_tables([run], claims) for part in (table.caption, as_markdown(table))]
    return "\n\n".join(parts) + "\n"
