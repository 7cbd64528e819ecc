"""The small tree of errors: the user's fault says what was expected, what was found, what to do."""


class PulihError(Exception):
    """A failure of ours; the command line turns it into ``exit_code``."""

    exit_code = 1


class UserError(PulihError):
    """A failure the user can repair.

    Args:
        expected: what would have been right.
        found: what was there instead.
        fix: the next step to take.
    """

    exit_code = 2

    def __init__(self, expected: str, found: str, fix: str) -> None:
        self.expected, self.found, self.fix = expected, found, fix
        super().__init__(f"expected {expected}; found {found}. {fix}")

    def __reduce__(self) -> tuple[type["UserError"], tuple[str, str, str]]:
        """Let the error pass from a worker process to its parent."""
        return type(self), (self.expected, self.found, self.fix)


class ConfigError(UserError):
    """A config with a wrong key, type or range."""


class InputError(UserError):
    """An image or a text that cannot be used."""


class ArtifactError(UserError):
    """A missing, altered or foreign artifact."""


class StoreError(UserError):
    """An object store, tracking server or feature store that did not answer as it should."""


class ClusterError(UserError):
    """A Kubernetes API server that cannot be reached, refuses, or has other objects than it should."""


class GateRefused(PulihError):
    """The gate refused the model."""

    exit_code = 3


class TrainingFailed(PulihError):
    """A training that its own alarms stopped: it painted white pages, or its numbers were not finite."""


class Interrupted(PulihError):
    """A stage was asked to stop (SIGTERM or Ctrl-C) and saved its state first."""

    exit_code = 143
