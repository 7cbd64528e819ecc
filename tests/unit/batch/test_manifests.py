"""A batch from and to a IIIF manifest: local files, and hosts only that are allowed."""

import json

import pytest

from pulih.batch.config import BatchConfig
from pulih.batch.manifests import manifest_sources
from pulih.common.errors import InputError
from pulih.common.files import write_json
from pulih.data.encoding import encode_png

HERE = {"iiif": "https://here.example/out", "iiif_scans": "https://there.example/in"}


@pytest.fixture
def manifest_of(tmp_path):
    """Return a function that writes a manifest of images and gives its path."""

    def write(*names):
        items = []
        for number, name in enumerate(names):
            key = f"https://there.example/canvas/{number}"
            body = {"id": name, "type": "Image", "format": "image/png"}
            annotation = {"id": f"{key}/a", "type": "Annotation", "motivation": "painting", "target": key, "body": body}
            page = {"id": f"{key}/p", "type": "AnnotationPage", "items": [annotation]}
            items.append({"id": key, "type": "Canvas", "width": 340, "height": 260, "items": [page]})
        head = {"@context": "http://iiif.io/api/presentation/3/context.json", "id": "https://there.example/m"}
        write_json(tmp_path / "book.json", head | {"type": "Manifest", "label": {"none": ["x"]}, "items": items})
        return tmp_path / "book.json"

    return write


def choices(path) -> list[list[str]]:
    bodies = [c["items"][0]["items"][0]["body"] for c in json.loads(path.read_text())["items"]]
    return [[item["id"] for item in body.get("items", [body])] for body in bodies]


def test_local_files_of_a_manifest_are_restored_and_offered_beside_their_scans(
    batch_of, folder, manifest_of, tmp_path
) -> None:
    path = manifest_of("scans/a.png", "scans/sub/c.png")
    batch_of(path, **HERE)
    assert choices(tmp_path / "out" / "manifest.json") == [
        ["https://there.example/in/scans/a.png", "https://here.example/out/0001-a.png"],
        ["https://there.example/in/scans/sub/c.png", "https://here.example/out/0002-c.png"],
    ]


def test_a_folder_gets_a_manifest_when_it_is_told_where_all_is_served(batch_of, folder, tmp_path) -> None:
    batch_of(folder, **HERE)
    assert choices(tmp_path / "out" / "manifest.json") == [
        [f"https://there.example/in/{name}.png", f"https://here.example/out/{name}.png"] for name in ("a", "b", "sub/c")
    ]
    with pytest.raises(InputError, match="--iiif-scans"):
        batch_of(folder, iiif="https://here.example/out")


def test_hosts_are_asked_only_when_they_are_allowed(batch_of, draw_page, manifest_of, web_server, tmp_path) -> None:
    server, asked = web_server((200, "image/png", encode_png(draw_page(), (300.0, 300.0))))
    path = manifest_of(f"http://{server}/page.png")
    for hosts in ((), (server,), ("https://other.example",)):
        with pytest.raises(InputError, match="allow the host"):
            batch_of(path, hosts=hosts)
    assert asked == []
    done = batch_of(path, hosts=(f"http://{server}",), **HERE)
    assert done.progress.restored == 1
    assert set(asked) == {"/page.png"}
    assert choices(tmp_path / "out" / "manifest.json") == [
        [f"http://{server}/page.png", "https://here.example/out/0001.png"]
    ]
    # The copy is gone.
    assert not list((tmp_path / "out" / "_batch").rglob("*.png"))


@pytest.mark.parametrize("name", ["../secret.png", "/etc/hostname.png", "none.png", "file:///x.png", "text.pdf"])
def test_files_outside_of_the_manifests_folder_are_refused(name: str, manifest_of, tmp_path) -> None:
    (tmp_path.parent / "secret.png").write_bytes(b"x")
    with pytest.raises(InputError):
        manifest_sources(manifest_of(name), BatchConfig())
