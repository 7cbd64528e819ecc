"""The one door: ``pulih <command>``. Commands import what they need when they run, so that ``--help`` is instant."""

import sys
from collections.abc import Sequence

import typer

from pulih.cli import batch, deploy, doctor, inference, logbook, research, run, stages
from pulih.cli.failure import report_bug
from pulih.common.errors import PulihError
from pulih.common.logging import configure_logging

app = typer.Typer(
    name="pulih",
    help="Restore degraded handwritten archive documents: train, judge, serve and watch a reading-aware GAN.",
    epilog="Exit codes: 0 done, 2 your fault, 3 refused by the gate, 143 interrupted, 1 ours.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for part in (doctor, run, stages, inference, deploy, batch, logbook, research):
    app.add_typer(part.app)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    configure_logging()
    try:
        app(args=arguments)
    except PulihError as err:
        typer.echo(f"pulih: {err}", err=True)
        sys.exit(err.exit_code)
    except Exception as err:  # noqa: BLE001 - the last resort, with the traceback in a log
        report_bug(err)
        sys.exit(PulihError.exit_code)
