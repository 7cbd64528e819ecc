"""The report of a whole run: one HTML file that opens from disk without a network."""

from pathlib import Path

from pulih.common.files import write_text
from pulih.common.html import render as render_page
from pulih.report.parts import chain, evidence, outcome

TEMPLATES = Path(__file__).parent / "templates"
NAME = "report.html"


def render(run: Path) -> Path:
    """Write ``report.html`` into the folder of a run and return its path.

    A run that failed or was refused has fewer artifacts; the report then shows what there is.

    Raises:
        ArtifactError: the folder has no ``run.json``, or an artifact lacks its manifest.
    """
    about = chain.read_run(run)
    values = {
        "run": about,
        "stages": chain.stage_rows(about),
        "figures": evidence.headline(run),
        "curves": evidence.training_curves(run),
        "lines": evidence.lines(run),
        "decision": outcome.decision(run),
        "registration": outcome.facts(run, "registration"),
        "page": outcome.served_page(run),
        "drift": outcome.drift(run),
        "files": chain.files(run),
    }
    write_text(run / NAME, render_page(NAME + ".j2", TEMPLATES, **values))
    return run / NAME
