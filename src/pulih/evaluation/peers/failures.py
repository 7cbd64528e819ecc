"""Trainings that their own alarms stopped, noted beside them so that no later run repeats them."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pulih.common.errors import TrainingFailed
from pulih.common.files import write_json
from pulih.common.logging import get_logger
from pulih.evaluation.peers.budget import noted

log = get_logger(__name__)


@dataclass(frozen=True)
class Failure:
    """A method and a seed without a result, and why."""

    method: str
    seed: int
    reason: str

    def as_tree(self) -> dict[str, Any]:
        """Return the failure as JSON values."""
        return asdict(self)


class FailureNote:
    """The failure of one training in a file; it holds for ``owner``, what determines the training, alone."""

    def __init__(self, path: Path, owner: str) -> None:
        self.path, self.owner = path, owner

    def read(self) -> str | None:
        """Return the reason of a failure that was noted for this owner."""
        values = noted(self.path, self.owner)
        return str(values["reason"]) if values else None

    def noting(self, train: Callable[[], object]) -> str | None:
        """Train, and return and note the reason if an alarm stops it; what has failed before is not tried again."""
        reason = self.read()
        if reason is not None:
            log.warning("failed before and is not tried again (%s): %s", self.path, reason)
            return reason
        try:
            train()
        except TrainingFailed as err:
            write_json(self.path, {"owner": self.owner, "reason": str(err)})
            return str(err)
        return None
