"""A sentence per claim, each with its interval; where nothing is shown the sentence says so."""

from pulih.evaluation.charts import SPLIT_TITLES
from pulih.evaluation.peers.tables import COLUMNS, p_value
from pulih.evaluation.reading.outputs import READER_TITLES
from pulih.evaluation.summary import Tree
from pulih.research.report.claims import SIGNIFICANT, Claim

NAMES = {
    "psnr": "PSNR",
    "ssim": "SSIM",
    "cer": "the CER",
    "substitutions_insertions": "substitutions and insertions (possible inventions)",
    "deletions": "deletions",
    "lines_worse": "the share of lines read worse than without restoration",
}
# What is measured on: a test split, or real lines read by one of the readers.
PLACES = SPLIT_TITLES | {name: f"Real lines, recognizer {title}" for name, title in READER_TITLES.items()}
# Romano et al., annual meeting of the Florida Association of Institutional Research, 2006.
EFFECTS = ((0.147, "negligible"), (0.33, "small"), (0.474, "medium"), (1.01, "large"))


def effect(delta: float) -> str:
    """Return the size of Cliff's delta as a word."""
    return next(word for bound, word in EFFECTS if abs(delta) < bound)


def amount(value: float, metric: str, signed: bool = True) -> str:
    """Return a value with the unit of its metric; shares in percent, their differences in points."""
    _, unit, factor, digits = COLUMNS[metric]
    digits = max(digits, 1) if factor == 100 else digits
    unit = {"%": " points" if signed else " %", "dB": " dB"}.get(unit, "")
    return f"{value * factor:{'+' if signed else ''}.{digits}f}{unit}"


def interval(claim: Claim) -> str:
    """Return ``mean [low, high]`` of the difference in its unit."""
    difference = claim.difference
    low, high = (amount(value, claim.metric).split()[0] for value in (difference.low, difference.high))
    return f"{amount(difference.mean, claim.metric)} [{low}, {high}]"


def sentence(claim: Claim) -> str:
    """Return the claim in words."""
    where = f"{PLACES[claim.split].lower()}, {claim.ours} against {claim.other}"
    values = (amount(value, claim.metric, signed=False) for value in (claim.ours_value, claim.other_value))
    facts = (
        f"{' against '.join(values)}; difference {interval(claim)}; Wilcoxon, Holm: p {_p(claim.p_holm)}; "
        f"Cliff's delta {claim.delta:+.2f} ({effect(claim.delta)}), Cohen's d {claim.d:+.2f}"
    )
    if len(claim.per_seed) > 1:
        facts += f"; {claim.seeds_agreeing} of {len(claim.per_seed)} seeds alone agree in sign"
    return f"On {where}: {_verdict(claim)} ({facts})."


def failure_sentence(failure: Tree) -> str:
    """Return in words why a method has no claims."""
    return (
        f"{failure['method']}: nothing is claimed, because its training with seed {failure['seed']} was stopped: "
        f"{failure['reason']}."
    )


def _p(value: float) -> str:
    text = p_value(value)
    return text if text.startswith("<") else f"= {text}"


def _verdict(claim: Claim) -> str:
    name = NAMES[claim.metric]
    if claim.shown:
        direction = "higher" if claim.difference.mean > 0 else "lower"
        return f"{name} {'are' if name.split()[0].endswith('ns') else 'is'} {direction}, {_judgement(claim)}"
    if claim.excludes_zero:
        reason = "the corrected test does not agree" if claim.p_holm >= SIGNIFICANT else "not every seed agrees"
        return f"no effect on {name} is claimed: the interval excludes 0, but {reason}"
    return f"no effect on {name} is shown"


def _judgement(claim: Claim) -> str:
    return f"which is {'better' if claim.better else 'WORSE'} for {claim.ours}"
