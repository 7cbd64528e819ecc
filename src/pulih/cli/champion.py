"""The registered restorer that ``restore`` and ``serve`` use when none is given."""

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pulih.common.errors import ArtifactError
from pulih.common.logging import get_logger

if TYPE_CHECKING:
    from pulih.common.settings import Settings

log = get_logger(__name__)
MODEL_NAME = "pulih-restorer"


def champion_folder(settings: "Settings", model: str | None) -> Path:
    """Return a folder with the champion of ``model``; without a name, that of MODEL_NAME, else the released restorer.

    A champion is downloaded once per version, to ``champions/`` of the runs folder.

    Raises:
        ArtifactError: the named model has no champion, or the files are damaged.
        StoreError: the registry does not answer.
    """
    from pulih.data import manifest
    from pulih.registry.promote import champion_of
    from pulih.released.artifact import released_restorer
    from pulih.stores.tracking import MODEL, Tracking

    tracking = Tracking(settings)
    champion = champion_of(tracking, model or MODEL_NAME)
    if champion is None:
        if model is None:
            log.info("no champion of %s yet: the restorer that comes with Pulih is used", MODEL_NAME)
            return released_restorer()
        fix = "Approve one with `pulih run`, or name a folder with --restorer DIR."
        raise ArtifactError(f"a champion of {model} in {tracking.address}", "none", fix)
    log.info("using the champion of %s, version %s", champion.model, champion.version)
    folder = settings.runs_dir / "champions" / f"{champion.model}-{champion.version}-{champion.run_id[:12]}"
    if not (folder / manifest.NAME).is_file():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            shutil.rmtree(folder, ignore_errors=True)
            tracking.download(champion, MODEL, Path(scratch)).replace(folder)
    manifest.verify(folder, "restorer")
    return folder
