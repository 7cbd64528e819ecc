"""The program ``ocrd-pulih-restore``: OCR-D's command line for processors before `pulih batch` on a METS file.

It needs nothing of OCR-D's own packages, which want other versions of several libraries than Pulih.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pulih import __version__
from pulih.common.config import build_config, read_json
from pulih.common.errors import ConfigError, InputError, PulihError, UserError

NAME = "ocrd-pulih-restore"
TOOL = Path(__file__).with_name("ocrd-tool.json")


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what the arguments ask and leave with OCR-D's exit code: 0 done, 1 not."""
    options = _parser().parse_args(arguments)
    if options.dump_json:
        sys.stdout.write(json.dumps(_tool(), indent=2) + "\n")
        return
    if options.dump_module_dir:
        sys.stdout.write(f"{TOOL.parent}\n")
        return
    if options.list_resources:
        return
    try:
        failed = _process(options)
    except PulihError as err:
        sys.stderr.write(f"{NAME}: {err}\n")
        raise SystemExit(1) from err
    raise SystemExit(1 if failed else 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(NAME, description=_tool()["description"])
    parser.add_argument("-m", "--mets", type=Path, default=Path("mets.xml"))
    parser.add_argument("-w", "--working-dir", type=Path)
    parser.add_argument("-I", "--input-file-grp", default="")
    parser.add_argument("-O", "--output-file-grp", default="")
    parser.add_argument("-g", "--page-id", default="", help="a,b..c")
    parser.add_argument("--overwrite", action="store_true", help="replace pages that the group has already")
    parser.add_argument("-p", "--parameter", action="append", default=[], help="JSON, or a file with it")
    parser.add_argument("-P", "--param-override", action="append", nargs=2, default=[], metavar=("KEY", "VALUE"))
    parser.add_argument("-l", "--log-level", default="INFO")
    parser.add_argument("-J", "--dump-json", action="store_true")
    parser.add_argument("-D", "--dump-module-dir", action="store_true")
    parser.add_argument("-L", "--list-resources", action="store_true")
    parser.add_argument("-V", "--version", action="version", version=f"{NAME} {__version__}")
    return parser


def _tool() -> dict[str, Any]:
    tool: dict[str, Any] = read_json(TOOL)["tools"][NAME]
    return tool


def parameters_of(given: Sequence[str], overrides: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Return the parameters with their defaults; raises ConfigError for one that is unknown or no JSON."""
    known = _tool()["parameters"]
    values = {name: parameter["default"] for name, parameter in known.items()}
    for text in given:
        values |= read_json(Path(text)) if not text.lstrip().startswith("{") else _json(text)
    values |= {key: _value(text, known.get(key, {}).get("type")) for key, text in overrides}
    if unknown := set(values) - set(known):
        raise ConfigError(f"parameters among {', '.join(known)}", ", ".join(sorted(unknown)), "Correct the name.")
    return values


def _value(text: str, kind: str | None) -> Any:
    return text if kind == "string" else _json(text)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as err:
        raise ConfigError("a parameter as JSON", f"{text!r} ({err})", "Quote it for the shell.") from err


def _process(options: argparse.Namespace) -> int:
    """Restore the pages and return how many failed."""
    from pulih.batch.batch import FOLDER, LOG, Artifacts, run_batch
    from pulih.batch.config import BatchConfig
    from pulih.cli.inference import restorer_folder
    from pulih.common.logging import configure_logging

    _check_groups(options)
    values = parameters_of(options.parameter, options.param_override)
    root = options.working_dir or options.mets.resolve().parent
    mets = options.mets if options.mets.is_absolute() else root / options.mets.name
    if not mets.is_file():
        raise InputError(f"a METS file at {mets}", "none", "Name it with -m.")
    output = root / options.output_file_grp
    config = build_config(BatchConfig, _settings(values, options))
    configure_logging(output / FOLDER / LOG)
    restorer = restorer_folder(Path(values["restorer"]) if values["restorer"] else None, None)
    recognizer = Path(values["recognizer"]) if values["recognizer"] else None
    return run_batch(config, str(mets), output, Artifacts(restorer, recognizer)).progress.failed


def _check_groups(options: argparse.Namespace) -> None:
    for flag, group in (("-I", options.input_file_grp), ("-O", options.output_file_grp)):
        if not group or "," in group:
            raise UserError(f"one file group for {flag}", repr(group), f"Give {flag} USE.")


def _settings(values: dict[str, Any], options: argparse.Namespace) -> dict[str, Any]:
    settings = dict(values["settings"])
    page = settings.get("page", {}) | {"mode": values["mode"], "read": values["read"], "xml": True}
    existing = "OVERWRITE" if options.overwrite else os.environ.get("OCRD_EXISTING_OUTPUT", "SKIP")
    missing = os.environ.get("OCRD_MISSING_OUTPUT", "SKIP")
    chosen = {"group": options.input_file_grp, "pages": options.page_id, "workers": values["workers"]}
    return settings | chosen | {"page": page, "existing_output": existing, "missing_output": missing}


if __name__ == "__main__":
    main()
