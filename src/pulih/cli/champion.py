"""The registered restorer that ``restore`` and ``serve`` use when none is given."""

import shutil
import tempfile
from pathlib import Path

from pulih.common.errors import ArtifactError
from pulih.common.logging import get_logger
from pulih.common.settings import Settings
from pulih.data import manifest

log = get_logger(__name__)
# A restorer of the quick profile serves only where no other was approved, and it is said.
MODELS = ("pulih-restorer", "pulih-restorer-quick")


def champion_folder(settings: Settings, model: str | None) -> Path:
    """Return a folder with the champion of ``model``, by default of the first of MODELS that has one.

    It is downloaded once per version, to ``champions/`` of the runs folder.

    Raises:
        ArtifactError: there is no champion, or what was downloaded is damaged.
        StoreError: the registry does not answer.
    """
    from pulih.registry.promote import champion_of
    from pulih.stores.tracking import MODEL, Tracking

    tracking = Tracking(settings)
    names = (model,) if model else MODELS
    champion = next((held for held in (champion_of(tracking, name) for name in names) if held), None)
    if champion is None:
        fix = "Approve one with `pulih run`, or name a folder with --restorer DIR."
        raise ArtifactError(f"a champion of {' or '.join(names)} in {tracking.address}", "none", fix)
    log.info("using the champion of %s, version %s", champion.model, champion.version)
    if not model and champion.model != MODELS[0]:
        log.warning("no champion of %s yet: this one was approved by a weaker policy", MODELS[0])
    folder = settings.runs_dir / "champions" / f"{champion.model}-{champion.version}-{champion.run_id[:12]}"
    if not (folder / manifest.NAME).is_file():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            shutil.rmtree(folder, ignore_errors=True)
            tracking.download(champion, MODEL, Path(scratch)).replace(folder)
    manifest.verify(folder, "restorer")
    return folder
