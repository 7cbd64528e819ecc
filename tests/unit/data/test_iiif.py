"""IIIF manifests: images that paint come out, a choice of scan and restored page goes in."""

import copy

import pytest

from pulih.common.errors import InputError
from pulih.common.files import write_json
from pulih.data.iiif import CONTEXT, Painted, canvases, is_manifest, new_manifest, read_manifest, with_choices

RESTORED = Painted("https://here.example/out/1.png", "image/png", 30, 20, "Restored by a model (Pulih)")
SCAN = Painted("https://here.example/in/1.jpg", "image/jpeg", 30, 20, "Scan")


def canvas(number: int, body: object, motivation: str = "painting") -> dict:
    key = f"https://there.example/canvas/{number}"
    annotation = {"id": f"{key}/a", "type": "Annotation", "motivation": motivation, "target": key, "body": body}
    page = {"id": f"{key}/p", "type": "AnnotationPage", "items": [annotation]}
    return {"id": key, "type": "Canvas", "width": 30, "height": 20, "items": [page]}


def image(name: str) -> dict:
    return {"id": name, "type": "Image", "format": "image/jpeg", "width": 30, "height": 20}


def manifest(*items: dict) -> dict:
    head = {"@context": CONTEXT, "id": "https://there.example/m", "type": "Manifest", "label": {"nl": ["Boek"]}}
    return {**head, "items": list(items)}


def test_the_images_that_paint_are_found_in_their_order() -> None:
    found = canvases(
        manifest(
            canvas(0, image("a.jpg")),
            canvas(1, {"type": "TextualBody"}, "commenting"),
            canvas(2, {"type": "Choice", "items": [image("b.jpg"), image("c.jpg")]}),
            {"type": "Canvas", "items": "none"},
        ),
        "x",
    )
    assert [(c.number, c.image) for c in found] == [(0, "a.jpg"), (2, "b.jpg")]


def test_scan_and_restored_page_become_a_choice_and_all_else_stays() -> None:
    before = manifest(canvas(0, image("a.jpg")), canvas(1, image("b.jpg")))
    kept = copy.deepcopy(before)
    after = with_choices(before, "https://here.example/m.json", {1: RESTORED}, "https://there.example/in/")
    assert before == kept
    body = after["items"][1]["items"][0]["items"][0].pop("body")
    assert [(i["id"], i["label"]["en"][0]) for i in body["items"]] == [
        ("https://there.example/in/b.jpg", "Scan"),
        (RESTORED.key, RESTORED.label),
    ]
    assert after["items"][0]["items"][0]["items"][0]["body"]["id"] == "https://there.example/in/a.jpg"
    assert after["label"] == {"nl": ["Boek"]}
    assert after["id"] == "https://here.example/m.json"


@pytest.mark.parametrize(
    "values", [{"@context": "http://iiif.io/api/presentation/2/context.json"}, {"type": "Collection"}]
)
def test_other_versions_and_collections_are_refused(values: dict, tmp_path) -> None:
    path = tmp_path / "m.json"
    write_json(path, manifest() | values)
    assert is_manifest(path)
    with pytest.raises(InputError, match="IIIF Presentation 3"):
        read_manifest(path)
    path.write_text("{no json iiif.io/api/presentation/")
    with pytest.raises(InputError):
        read_manifest(path)


@pytest.mark.ocrd
def test_what_is_written_is_valid_by_the_model_that_the_iiif_community_keeps(ocrd, tmp_path) -> None:
    choice = {0: RESTORED}
    made = [
        with_choices(manifest(canvas(0, image("https://there.example/a.jpg"))), "https://here.example/m", choice, ""),
        new_manifest("https://here.example/m.json", "box 7", [("1.jpg", SCAN, RESTORED), ("2.jpg", SCAN, None)]),
    ]
    for number, values in enumerate(made):
        write_json(tmp_path / f"{number}.json", values)
    code = """
import json, sys
from iiif_prezi3 import Manifest
for path in sys.argv[1:]:
    manifest = Manifest.model_validate(json.load(open(path)))
    bodies = [a.body for c in manifest.items for p in c.items for a in p.items]
    print(len(bodies), *(type(body.root if hasattr(body, "root") else body).__name__ for body in bodies))
"""
    told = ocrd("python", "-c", code, *sorted(tmp_path.glob("*.json"))).stdout.split("\n")
    assert [line.split()[0] for line in told if line] == ["1", "2"]
    assert "Choice" in told[0]
