"""The repository of page descriptors; as a program it makes an empty one that Feast's server can start on."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pulih.common.launch import program
from pulih.common.settings import Settings
from pulih.features import catalogue
from pulih.stores.features import Definition, FeatureRepository, open_repository


@contextmanager
def page_repository(settings: Settings) -> Iterator[FeatureRepository]:
    """Open the repository of page descriptors.

    Raises:
        StoreError: the folder cannot be written to, or Feast cannot use it.
    """
    # Feast's objects come from its own repository module, whose import takes seconds.
    from pulih.features import definitions

    home = Path(catalogue.__file__).parent
    definition = Definition(
        objects=definitions.OBJECTS,
        entity=catalogue.ENTITY,
        view=catalogue.VIEW,
        service=catalogue.SERVICE,
        table=catalogue.TABLE,
        sources=(home / "feature_store.yaml", home / "definitions.py"),
    )
    with open_repository(definition, settings) as repository:
        yield repository


def prepare(settings: Settings) -> Path:
    """Make what is missing of the repository, its rows left as they are, and return its folder.

    Raises:
        StoreError: the folder cannot be written to, or Feast cannot use it.
    """
    with page_repository(settings) as repository:
        repository.apply()
        return repository.folder


def main() -> int:
    """Prepare the configured repository, say where it is, and return the exit code."""
    return program(lambda: f"page descriptors are kept in {prepare(Settings())}")


if __name__ == "__main__":
    sys.exit(main())
