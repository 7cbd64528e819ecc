"""Batches from the command line."""

import io
import json

import numpy as np
from PIL import Image

from pulih.stores.paths import publish

OPTIONS = ("--workers", "1", "--set", "page.harm.min_confidence=0.01")


def png(shade: int) -> bytes:
    page = np.full((160, 200, 3), (228, 214, 186), np.uint8)
    page[40:140:4, 20:180] = shade
    content = io.BytesIO()
    Image.fromarray(page).save(content, "PNG")
    return content.getvalue()


def test_a_dry_run_prints_the_settings_that_the_options_make(pulih, tmp_path) -> None:
    (tmp_path / "batch.json").write_text('{"retries": 3, "page": {"mode": "binary", "xml": true}}')
    code, out, err = pulih(
        *("batch", tmp_path, tmp_path / "out", "--config", tmp_path / "batch.json", "--format", "tiff"),
        *("--missing-output", "COPY", "--set", "page.harm.min_confidence=0.5", "--dry-run"),
    )
    assert code == 0, err
    settings = json.loads(out)
    assert (settings["retries"], settings["missing_output"]) == (3, "COPY")
    page = settings["page"]
    assert (page["mode"], page["format"], page["xml"], page["harm"]["min_confidence"]) == ("binary", "tiff", True, 0.5)


def test_a_wrong_combination_is_refused(pulih, tmp_path) -> None:
    code, _, err = pulih("batch", tmp_path, tmp_path / "out", "--mode", "binary", "--format", "jpeg", "--dry-run")
    assert code == 2
    assert "JPEG would blur them" in err


def test_scans_model_and_answers_may_be_in_the_store_and_a_bad_page_makes_the_exit_code(
    pulih, place, store, blur_restorer
) -> None:
    for name, content in (("1.png", png(60)), ("sub/2.png", png(80)), ("3.png", b"no image")):
        store.write(content, place / "scans" / name)
    publish(blur_restorer, str(place / "model"))
    arguments = ("batch", place / "scans", place / "answers", "--restorer", place / "model", *OPTIONS)
    code, out, err = pulih(*arguments)
    assert code == 2
    assert "3 pages that can be restored; found 1 that cannot" in err
    assert "2 restored, 1 failed" in out
    for name in ("1.png", "sub/2.png"):
        assert Image.open(io.BytesIO(store.read(place / "answers" / name))).size == (200, 160)
        assert store.find(place / "answers" / f"{name}.prov.json")
    assert b"3.png" in store.read(place / "answers" / "_batch" / "failed.txt")
    store.delete(place / "scans" / "3.png")
    code, out, err = pulih(*arguments)
    assert code == 0, err
    assert "2 done before" in out
