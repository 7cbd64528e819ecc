"""What a check found, and how to repair it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pulih.common.settings import Settings

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Finding:
    """The result of one check: ``warn`` works with less, ``fail`` does not work; both say how to repair it."""

    name: str
    state: State
    found: str
    repair: str = ""

    def __post_init__(self) -> None:
        assert (self.state == "ok") == (not self.repair), f"{self.name}: what is not ok needs a repair"


Check = Callable[[Settings], Finding]
