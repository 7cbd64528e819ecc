"""The pages of an archive, found and divided, as a pipeline task."""

from kfp import dsl

from components.images import training_component


@training_component
def list_pages(config: dict, code_version: str, pages: dsl.Output[dsl.Dataset]) -> list:
    """Find the pages and divide them; ArchiveConfig lists the keys of ``config``. Returns the parts' numbers."""
    from pathlib import Path

    from components.interface import read_config
    from pulih.batch import stage
    from pulih.batch.config import ArchiveConfig

    sealed = stage.list_pages(read_config(ArchiveConfig, config), Path(pages.path))
    return list(range(sealed.facts["parts"]))
