"""`pulih doctor`: all checks, as a table."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from pulih.common.errors import ConfigError, PulihError
from pulih.common.settings import Settings
from pulih.doctor.connections import check_feast, check_kfp, check_mlflow, check_s3
from pulih.doctor.finding import Check, Finding
from pulih.doctor.machine import check_devices, check_disk, check_memory, check_packages, check_python
from pulih.doctor.material import (
    check_fonts,
    check_node,
    check_real_data,
    check_shaping,
    check_variables,
    check_viewer,
)

CHECKS: tuple[Check, ...] = (
    check_python,
    check_packages,
    check_devices,
    check_disk,
    check_memory,
    check_variables,
    check_fonts,
    check_shaping,
    check_node,
    check_viewer,
    check_real_data,
    check_s3,
    check_mlflow,
    check_feast,
    check_kfp,
)
CONNECTIONS: tuple[Check, ...] = (check_variables, check_s3, check_mlflow, check_kfp)
STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def examine(checks: Sequence[Check] = CHECKS) -> list[Finding]:
    """Run every check, also after a failed one; settings that cannot be read are a finding of their own."""
    try:
        settings = Settings()
    except ConfigError as err:
        return [Finding("settings", "fail", f"expected {err.expected}; found {err.found}", err.fix)]
    return [_run(check, settings) for check in checks]


def _run(check: Check, settings: Settings) -> Finding:
    try:
        return check(settings)
    except (PulihError, ImportError, OSError, RuntimeError) as err:
        name = check.__name__.removeprefix("check_")
        repair = "Run `make setup`; if it stays, this is a defect of Pulih."
        return Finding(name, "fail", f"{type(err).__name__}: {err}", repair)


def exit_code(findings: Sequence[Finding]) -> int:
    """Return 0 when nothing failed (warnings do not count), else 1."""
    return int(any(finding.state == "fail" for finding in findings))


def as_json(findings: Sequence[Finding]) -> str:
    """Return the findings as one line of JSON, as another `pulih doctor` reads them."""
    return json.dumps({"findings": [asdict(finding) for finding in findings]})


def show(findings: Sequence[Finding], width: int | None = None) -> None:
    """Print the findings as a table, and below it what is to be done."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(width=width)
    table = Table("check", "state", "found", box=None, pad_edge=False, header_style="bold")
    for finding in findings:
        state = Text(finding.state, style=STYLES[finding.state])
        table.add_row(Text(finding.name), state, Text(finding.found, overflow="fold"))
    console.print(table)
    repairs = [finding for finding in findings if finding.repair]
    for finding in repairs:
        console.print(Text.assemble("\n", (finding.name, STYLES[finding.state]), ": ", finding.repair), soft_wrap=True)
    console.print("\nAll is well." if not repairs else "", end="\n" if not repairs else "")
