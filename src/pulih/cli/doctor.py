"""The command that checks the surroundings."""

import typer

app = typer.Typer()


@app.command()
def doctor() -> None:
    """Check stores, fonts, devices, disk and memory."""
    from pulih.common.errors import UserError
    from pulih.doctor.examination import examine, exit_code, show

    findings = examine()
    show(findings)
    if exit_code(findings) != 0:
        raise typer.Exit(UserError.exit_code)
