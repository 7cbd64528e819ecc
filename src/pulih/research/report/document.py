"""The report as a folder: what a paper takes over, and the claims as JSON for everything else."""

from pathlib import Path

from pulih.common.files import write_json, write_text
from pulih.common.version import git_commit
from pulih.research.report import figures, tables
from pulih.research.report.claims import Claim, claims_of
from pulih.research.report.runs import read_runs

SCHEMA = 1


def write_report(folders: list[Path], output: Path) -> list[Claim]:
    """Write ``claims.json``, ``claims.md``, ``claims.tex``, ``tables.tex`` and ``figures/`` and return the claims.

    Args:
        folders: outputs of ``make benchmark-restoration`` and ``make benchmark-reading``; p-values are corrected over
            all of them together.

    Raises:
        InputError: a folder holds no finished benchmark, or two have one name.
    """
    runs = read_runs(folders)
    claims = claims_of(runs)
    drawn = figures.draw(runs, claims, output / "figures")
    sources = {
        run.name: {"config": run.results["about"]["config_digest"], "seeds": run.seeds, "failures": run.failures}
        for run in runs
    }
    found = {"schema": SCHEMA, "commit": git_commit(), "runs": sources, "figures": drawn}
    write_json(output / "claims.json", found | {"claims": [claim.as_tree() for claim in claims]})
    write_text(output / "claims.md", tables.markdown(runs, claims))
    write_text(output / "claims.tex", tables.latex_text(runs, claims))
    write_text(output / "tables.tex", tables.latex_tables(runs, claims))
    return claims
