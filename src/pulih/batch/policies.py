"""What a batch does about outputs that are there already or missing in the end, in OCR-D's words."""

from pathlib import Path

from pulih.batch.config import BatchConfig
from pulih.common.errors import UserError


class BatchAborted(UserError):
    """A policy stopped the batch; what was finished stays."""


def check_existing(names: list[str], output: Path, config: BatchConfig) -> bool:
    """Return whether a page may be worked on although one of ``names`` may exist; raises BatchAborted."""
    found = [name for name in names if (output / name).exists()]
    if not found or config.existing_output == "OVERWRITE":
        return True
    if config.existing_output == "SKIP":
        return False
    fix = "Choose another OUTPUT, or --existing-output SKIP or OVERWRITE."
    raise BatchAborted("no output of another run", str(output / found[0]), fix)


def check_failures(failed: int, total: int, last: str, config: BatchConfig) -> None:
    """Raise BatchAborted when a page's failure ends the batch, by ABORT or by the share of failed pages."""
    fix = "Repair it and run the same command again: finished pages stay."
    if config.missing_output == "ABORT":
        raise BatchAborted("an output for every page", last, fix)
    if failed > config.max_failed * total:
        found = f"{failed} of {total}, the last one {last}"
        raise BatchAborted(f"at most {config.max_failed:.0%} of the pages to fail", found, fix)
