"""IIIF Presentation 3 manifests: the images that paint the canvases in, canvases with a choice of images out."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pulih.common.config import read_json
from pulih.common.errors import ConfigError, InputError

CONTEXT = "http://iiif.io/api/presentation/3/context.json"
MOST_BYTES = 64 * 2**20
MOST_CANVASES = 100_000
TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".tif": "image/tiff", ".tiff": "image/tiff"}


@dataclass(frozen=True)
class Canvas:
    """A canvas by its number in the manifest, and the address of the image that paints it."""

    number: int
    key: str
    image: str


@dataclass(frozen=True)
class Painted:
    """An image beside another on one canvas: address, media type, size in pixels, and what a viewer calls it."""

    key: str
    format: str
    width: int
    height: int
    label: str

    def body(self) -> dict[str, Any]:
        """Return the image as a manifest tells it."""
        size = {"width": self.width, "height": self.height}
        return {"id": self.key, "type": "Image", "format": self.format, **size, "label": {"en": [self.label]}}


def is_manifest(path: Path) -> bool:
    """Return whether a file looks like a manifest from its first bytes."""
    if path.suffix.lower() != ".json" or not path.is_file():
        return False
    with path.open("rb") as file:
        return b"iiif.io/api/presentation/" in file.read(4096)


def read_manifest(path: Path) -> dict[str, Any]:
    """Read a manifest; raises InputError when it is none of version 3."""
    if path.stat().st_size > MOST_BYTES:
        raise InputError(f"at most {MOST_BYTES:,} bytes in {path}", f"{path.stat().st_size:,}", "Split it.")
    try:
        manifest = read_json(path)
    except ConfigError as err:
        raise InputError(f"a IIIF manifest at {path}", str(err), "Fetch it again.") from err
    contexts = manifest.get("@context")
    contexts = contexts if isinstance(contexts, list) else [contexts]
    if manifest.get("type") != "Manifest" or CONTEXT not in contexts:
        found = f"type {manifest.get('type', manifest.get('@type'))!r}, context {contexts[-1]!r}"
        raise InputError(f"a manifest of IIIF Presentation 3 in {path}", found, "Ask for version 3 of it.")
    return manifest


def canvases(manifest: Mapping[str, Any], name: str) -> list[Canvas]:
    """Return the canvases that an image paints, in their order; raises InputError when there are too many."""
    items = _list(manifest, "items")
    if len(items) > MOST_CANVASES:
        raise InputError(f"at most {MOST_CANVASES:,} canvases in {name}", f"{len(items):,}", "Split the manifest.")
    found = []
    for number, canvas in enumerate(items):
        image = next((image for annotation in _paintings(canvas) for image in _images(annotation)), None)
        if image is not None:
            found.append(Canvas(number, str(canvas.get("id", "")), image))
    return found


def _list(value: Any, key: str) -> list[Any]:
    found = value.get(key) if isinstance(value, Mapping) else None
    return found if isinstance(found, list) else []


def _paintings(canvas: Any) -> Iterator[dict[str, Any]]:
    for page in _list(canvas, "items"):
        for annotation in _list(page, "items"):
            if isinstance(annotation, dict) and "painting" in str(annotation.get("motivation")):
                yield annotation


def _images(annotation: Mapping[str, Any]) -> Iterator[str]:
    body = annotation.get("body")
    for image in [body, *_list(body, "items")]:
        if isinstance(image, Mapping) and image.get("type") == "Image" and isinstance(image.get("id"), str):
            yield image["id"]


def with_choices(manifest: Mapping[str, Any], key: str, restored: Mapping[int, Painted], scans: str) -> dict[str, Any]:
    """Return the manifest under its new address, with both images on the canvases of ``restored`` (by number).

    Args:
        scans: address of what relative addresses of scans are relative to.
    """
    answer: dict[str, Any] = copy.deepcopy(dict(manifest))
    answer["id"] = key
    for number, canvas in enumerate(answer["items"]):
        for annotation in _paintings(canvas):
            _make_absolute(annotation.get("body"), scans)
            if number in restored and next(_images(annotation), None) is not None:
                body = annotation["body"]
                former = _list(body, "items") if body["type"] == "Choice" else [{"label": {"en": ["Scan"]}} | body]
                annotation["body"] = {"type": "Choice", "items": [*former, restored[number].body()]}
                break
    return answer


def _make_absolute(body: Any, scans: str) -> None:
    for image in [body, *_list(body, "items")]:
        if scans and isinstance(image, dict) and isinstance(image.get("id"), str) and not urlsplit(image["id"]).scheme:
            image["id"] = f"{scans.rstrip('/')}/{image['id']}"


def new_manifest(key: str, label: str, pages: list[tuple[str, Painted, Painted | None]]) -> dict[str, Any]:
    """Return a manifest of pages: the label of each, its scan, and the restored page where there is one."""
    base = key.rpartition("/")[0]
    items = []
    for number, (name, scan, restored) in enumerate(pages, start=1):
        canvas = f"{base}/canvas/{number}"
        choice = {"type": "Choice", "items": [scan.body(), restored.body()]} if restored else scan.body()
        painting = {"id": f"{canvas}/image", "type": "Annotation", "motivation": "painting", "target": canvas}
        page = {"id": f"{canvas}/page", "type": "AnnotationPage", "items": [painting | {"body": choice}]}
        size = {"width": scan.width, "height": scan.height}
        items.append({"id": canvas, "type": "Canvas", "label": {"none": [name]}, **size, "items": [page]})
    return {"@context": CONTEXT, "id": key, "type": "Manifest", "label": {"none": [label]}, "items": items}
