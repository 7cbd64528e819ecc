"""What every stage command is asked: the four shared options, and the plan they resolve to."""

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pulih.common.errors import ConfigError
from pulih.common.logging import configure_logging

if TYPE_CHECKING:
    from pipelines.profile import Profile
    from pulih.common.config import StageConfig
    from pulih.data.manifest import Manifest


Config = Annotated[Path | None, typer.Option(metavar="FILE.json", help="Profile; without one the defaults count.")]
Overrides = Annotated[list[str] | None, typer.Option("--set", metavar="A.B=C", help="Lay over the profile's section.")]
Output = Annotated[Path | None, typer.Option(metavar="DIR", help="Folder or s3:// prefix of the artifact to make.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only print what would be done, as JSON.")]


@dataclass(frozen=True)
class Request:
    """The options of every stage command, in the order of its help page."""

    config: Config = None
    overrides: Overrides = None
    output: Output = None
    dry_run: DryRun = False

    def profile(self, prefix: str = "", first: Sequence[str] = ()) -> "Profile":
        """Load the profile and lay ``first`` and then the overrides, relative to ``prefix``, over it."""
        from pipelines.profile import load_profile

        return load_profile(self.config, [*first, *(f"{prefix}{text}" for text in self.overrides or [])])

    def plan(self, section: str, inputs: Mapping[str, Path | None], first: Sequence[str] = ()) -> "Plan":
        """Resolve the profile's ``section`` and the folders; an option goes before the profile's ``inputs``."""
        profile = self.profile(f"{section}.", first)
        folders = {name: given or getattr(profile.inputs, name) for name, given in inputs.items()}
        return Plan(section, profile.section(section), folders, self.output or profile.output)


@dataclass(frozen=True)
class Plan:
    """One stage, resolved: its config, the artifacts it reads by name, and the folder it writes."""

    section: str
    config: "StageConfig"
    inputs: dict[str, Path | None]
    output: Path | None

    def carry_out(self, request: Request, work: Callable[..., "Manifest"]) -> "Manifest | None":
        """Call ``work(config, *inputs, output)`` and tell what came of it, or with ``--dry-run`` only describe it.

        Raises:
            ConfigError: a folder is named neither by an option nor by the profile.
            StoreError: an ``s3://`` address cannot be read or written.
        """
        if request.dry_run:
            from pulih.cli.dry_run import as_json, describe

            typer.echo(as_json(describe(self)))
            return None
        from pulih.stores.paths import publish
        from pulih.stores.urls import is_s3

        self.folders_named()
        output, place = required("--output", "output", self.output), self.place()
        configure_logging(place / "state" / f"{self.section}.log")
        sealed = work(self.config, *self.folders(), place)
        where = publish(place, output) if is_s3(output) else output
        typer.echo(f"{sealed.kind}: {where} (artifact {sealed.digest()}, config {sealed.config_digest})")
        return sealed

    def folders_named(self) -> list[Path]:
        """Return the folders of the inputs as they were named; raises ConfigError when one was not."""
        return [required(f"--{name}", f"inputs.{name}", path) for name, path in self.inputs.items()]

    def folders(self) -> list[Path]:
        """Return the inputs on this machine, fetched where they are elsewhere; raises StoreError."""
        return [fetched(path) for path in self.folders_named()]

    def place(self) -> Path:
        """Return the folder on this machine that the output is made in."""
        from pulih.stores.paths import local_output

        return local_output(required("--output", "output", self.output))


def fetched(path: Path) -> Path:
    """Return ``path``, or a local copy of what is at an ``s3://`` address; raises StoreError when it has nothing."""
    from pulih.stores.paths import local_input
    from pulih.stores.urls import is_s3

    return local_input(path) if is_s3(path) else path


def required(option: str, key: str, path: Path | None) -> Path:
    """Return the path, or raise ConfigError when neither the option nor the profile's key gave one."""
    if path is None:
        raise ConfigError(f"a folder for {option}", "none", f"Add {option} DIR, or '{key}' to the profile.")
    return path


def with_options(shared: type) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator: a command gets the fields of ``shared`` as options, and as first argument a ``shared``."""
    fields = inspect.signature(shared).parameters

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(function).parameters.values())[1:]
        parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in [*own, *fields.values()]]

        @functools.wraps(function)
        def command(**values: Any) -> None:
            first = shared(**{name: values.pop(name) for name in fields})
            function(first, **values)

        # Typer reads a command's options from its signature, and their types from its annotations.
        command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        command.__annotations__ = {p.name: p.annotation for p in parameters}
        return command

    return decorate


stage_command = with_options(Request)
