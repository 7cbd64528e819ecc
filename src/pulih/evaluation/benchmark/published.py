"""Figures that others published, always shown as such and never as ours."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from pulih.common.errors import InputError


class PublishedRow(BaseModel):
    """One method on one group: F-measures in percent, PSNR in dB; None where the source gives no figure."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    group: str
    method: str
    fm: float | None = None
    pfm: float | None = None
    psnr: float | None = None
    drd: float | None = None
    source: str
    note: str = ""


class Published(BaseModel):
    """The content of a file of published figures."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str
    rows: tuple[PublishedRow, ...]


def read_published(path: Path) -> tuple[PublishedRow, ...]:
    """Return the rows of a file; raises InputError when it is missing or malformed."""
    try:
        return Published.model_validate_json(path.read_bytes()).rows
    except (OSError, ValidationError) as err:
        raise InputError(f"published figures in {path}", str(err)[:300], "Correct the file or the path.") from err
