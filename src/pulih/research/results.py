"""``docs/results.md`` from stored result files: nothing in it is typed."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pulih.common.config import digest_of, read_json
from pulih.common.errors import InputError
from pulih.evaluation.benchmark import tables as binarization
from pulih.evaluation.benchmark.published import PublishedRow
from pulih.evaluation.measure import SELECTED
from pulih.evaluation.peers import tables as restoration
from pulih.evaluation.reading import outputs as reading
from pulih.evaluation.speed import tables as speed

Tree = dict[str, Any]
SHOWN_TRIALS = 10
HEAD = """# Results

Written by `make results` from the files in `docs/results`; never edited by hand. Each section is one stored run: the
command that makes such a run, the commit that made it (`+`: with uncommitted changes), and the digest of its file."""


def _binarization(values: Tree) -> str:
    rows = [PublishedRow.model_validate(row) for row in values.get("published", [])]
    return binarization.markdown(values, rows)


def _reading(values: Tree) -> str:
    return reading.markdown(values, reading.table_rows(values["figures"]))


def _evaluation(values: Tree) -> str:
    rows = []
    for split in ("test_seen", "test_unseen"):
        for group, tree in values[split].items():
            for method in ("degraded", "restored", SELECTED, "clean"):
                cells = [restoration.interval(tree[method][name], name) for name in ("psnr", "ssim", "cer")]
                rows.append([split, group, str(tree["lines"]), method, *cells])
    about = ", ".join(f"{name} {values['about'][name]}" for name in ("restorer", "recognizer", "lines"))
    header = ["split", "severity", "lines", "image", "PSNR (dB)", "SSIM", "CER (%)"]
    table = restoration.as_markdown(restoration.Table("", header, rows))
    return f"# Held-out synthetic lines\n\nMean and interval over lines, fonts drawn ({about}).\n\n{table}\n"


def _claims(values: Tree) -> str:
    from pulih.evaluation.significance import Estimate
    from pulih.research.report.claims import Claim
    from pulih.research.report.wording import sentence

    derived = ("shown", "better")
    lines = []
    for tree in values["claims"]:
        fields = {name: value for name, value in tree.items() if name not in derived}
        claim = Claim(**{**fields, "difference": Estimate(**tree["difference"]), "per_seed": tuple(tree["per_seed"])})
        lines.append(f"- {sentence(claim)}")
    return "# Claims\n\n" + "\n".join(lines) + "\n"


def _search(values: Tree) -> str:
    from pulih.research.search.outcome import markdown

    return markdown(values, SHOWN_TRIALS)


# A key that only files of that kind have, the command that makes one, and what renders it.
KINDS: dict[str, tuple[str, Callable[[Tree], str]]] = {
    "claims": ("pulih research report RUNS...", _claims),
    "comparisons": ("make benchmark-restoration", restoration.markdown),
    "timings": ("make benchmark-speed", speed.markdown),
    "importances": ("pulih research search", _search),
    "figures": ("make benchmark-reading", _reading),
    "folds": ("make benchmark-dibco FINETUNE=1", _binarization),
    "groups": ("make benchmark-dibco", _binarization),
    "test_unseen": ("pulih evaluate", _evaluation),
}


def section(path: Path) -> str:
    """Return the section of one stored result file; raises InputError for a file of no known kind."""
    values = read_json(path)
    kind = next((key for key in KINDS if key in values), None)
    if kind is None:
        fix = "Store the results.json of a benchmark, the claims.json of a report or the metrics.json of an evaluation."
        raise InputError(f"one of {', '.join(KINDS)} in {path}", ", ".join(sorted(values))[:200], fix)
    command, render = KINDS[kind]
    commit = values.get("commit") or values.get("about", {}).get("commit") or "not recorded"
    facts = f"`{path.name}` (digest {digest_of(values)}), made by `{command}` at commit {commit}{_config(values)}."
    title, _, body = render(values).partition("\n")
    return f"## {title.removeprefix('# ')}: {path.stem}\n\n{facts}\n\n{_demoted(body)}"


def _config(values: Tree) -> str:
    config = values.get("config") or values.get("about", {}).get("config")
    if not config:
        return ""
    seeds = config.get("seeds", [config.get("seed", 0)])
    return f", config digest {digest_of(config)}, seed {', '.join(map(str, seeds))}"


def _demoted(text: str) -> str:
    lines = [f"#{line}" if line.startswith("#") else line for line in text.strip().split("\n")]
    return "\n".join(lines)


def render(paths: Sequence[Path]) -> str:
    """Return the whole page, one section per file in the order of their names.

    Raises:
        InputError: a file is of no known kind.
        ConfigError: a file is no JSON object.
    """
    return "\n\n".join([HEAD, *map(section, sorted(paths, key=lambda path: path.name))]) + "\n"
