"""A IIIF manifest as input, and one as output: scan and restored page as a choice on every canvas."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from pulih.batch.conclusion import Conclusion
from pulih.batch.config import BatchConfig
from pulih.batch.sources import Source
from pulih.batch.state import Record
from pulih.common.errors import InputError
from pulih.common.files import write_json
from pulih.data.iiif import TYPES, Painted, canvases, new_manifest, read_manifest, with_choices
from pulih.data.mets import identifier
from pulih.stores.web import check_allowed, is_web

NAME = "manifest.json"


def manifest_sources(path: Path, config: BatchConfig) -> list[Source]:
    """Return the images of a manifest's canvases.

    Raises:
        InputError: no manifest of version 3, a missing file, or a host that is not allowed.
    """
    return [
        _source(number, canvas.image, path, config.hosts)
        for number, canvas in _numbered(read_manifest(path), path).items()
    ]


def _numbered(manifest: Mapping[str, Any], path: Path) -> dict[int, Any]:
    return {canvas.number: canvas for canvas in canvases(manifest, str(path))}


def _source(number: int, address: str, path: Path, hosts: tuple[str, ...]) -> Source:
    suffix = PurePosixPath(urlsplit(address).path).suffix.lower()
    if suffix not in TYPES:
        raise InputError(f"images that end with {', '.join(TYPES)} in {path}", address, "Name them so in the manifest.")
    # Images of an image service are all called default.jpg; the number tells them apart.
    stem = f"{number + 1:04}"
    if is_web(address):
        check_allowed(address, hosts)
        # The same address is taken for the same image until the manifest is another.
        return Source(f"{stem}{suffix}", stem, address)
    root, local = path.resolve().parent, (path.resolve().parent / unquote(address)).resolve()
    if not local.is_file() or not local.is_relative_to(root):
        fix = "Name images by https:// addresses, or by paths relative to the manifest."
        raise InputError(f"the image {address} beside {path}", "none within its folder", fix)
    own = identifier(local.stem)
    return Source(f"{stem}-{own}{suffix}", f"{stem}-{own}", str(local))


def write_manifest(text: str, output: Path, config: BatchConfig, conclusion: Conclusion) -> Path:
    """Write the manifest of a finished batch into ``output`` and return its path.

    Raises:
        InputError: it is not told where the answers will be served, or the scans are.
    """
    key = f"{config.iiif.rstrip('/')}/{NAME}"
    path = Path(text)
    records = {source.stem: (source, record) for source, record in conclusion.records.items()}
    if path.suffix == ".json":
        manifest = read_manifest(path)
        by_number = {int(stem[:4]) - 1: pair for stem, pair in records.items()}
        restored = {n: _restored(record, config) for n, (_, record) in by_number.items() if record.status == "restored"}
        write_json(output / NAME, with_choices(manifest, key, restored, config.iiif_scans))
    else:
        pages = [_page(source, record, config) for source, record in records.values() if "width" in record.facts]
        write_json(output / NAME, new_manifest(key, path.name, pages))
    return output / NAME


def _restored(record: Record, config: BatchConfig) -> Painted:
    return _painted(config.iiif, record.outputs[0], record, "Restored by a model (Pulih)")


def _page(source: Source, record: Record, config: BatchConfig) -> tuple[str, Painted, Painted | None]:
    scan = _painted(config.iiif_scans, source.name, record, "Scan")
    return source.name, scan, _restored(record, config) if record.status == "restored" else None


def _painted(base: str, name: str, record: Record, label: str) -> Painted:
    kind = TYPES[PurePosixPath(name).suffix.lower()]
    return Painted(f"{base.rstrip('/')}/{quote(name)}", kind, record.facts["width"], record.facts["height"], label)


def check_addresses(text: str, config: BatchConfig) -> None:
    """Raise InputError when a manifest is asked for and the addresses that it needs are not known."""
    if config.iiif and not config.iiif_scans and not text.endswith(".json"):
        fix = "Give --iiif-scans URL: where INPUT is served."
        raise InputError("the address of the scans, for the manifest", "none", fix)
