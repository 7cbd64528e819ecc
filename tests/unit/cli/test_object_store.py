"""Every path of the command line may be an ``s3://`` address; here it is one of a real server."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from pulih.cli.request import fetched
from pulih.data import manifest
from pulih.stores.paths import publish
from pulih.stores.s3 import ObjectStore
from pulih.stores.urls import S3Url


@pytest.fixture
def place(s3_settings, tmp_path):
    """An address below which only this test writes."""
    return S3Url("archive", f"tests/cli-{tmp_path.name}")


@pytest.fixture
def store(s3_settings):
    return ObjectStore.from_settings(s3_settings)


def test_scans_model_and_answers_may_all_be_in_the_store(pulih, place, store, blur_restorer):
    page = np.full((120, 160, 3), (228, 214, 186), np.uint8)
    page[40:60:4, 20:140] = (60, 45, 40)
    for name in ("1.png", "2.png"):
        content = io.BytesIO()
        Image.fromarray(page).save(content, "PNG")
        store.write(content.getvalue(), place / "scans" / name)
    publish(blur_restorer, str(place / "model"))
    code, out, err = pulih("restore", place / "scans", "--restorer", place / "model", "--output", place / "answers")
    assert code == 0, err
    for name in ("1.restored.png", "2.restored.png"):
        assert str(place / "answers" / name) in out
        answer = Image.open(io.BytesIO(store.read(place / "answers" / name)))
        assert answer.size == (160, 120)


def test_answers_to_scans_from_the_store_need_a_place(pulih, place):
    code, _, err = pulih("restore", place / "scans")
    assert code == 2
    assert "--output" in err


def test_a_stage_writes_its_artifact_to_the_store_and_the_next_one_reads_it(pulih, place):
    tiny = {"train": 4, "validation": 0, "test_seen": 0, "test_unseen": 0, "pages": 0, "workers": 1}
    tiny |= {"min_width": 96, "max_width": 96}
    overrides = [part for name, value in tiny.items() for part in ("--set", f"{name}={json.dumps(value)}")]
    code, out, err = pulih("synthesize", *overrides, "--output", place / "lines")
    assert code == 0, err
    assert str(place / "lines") in out
    lines = fetched(place / "lines")
    assert manifest.verify(lines, "lines").facts["lines"]["train"] == 4


def test_an_address_with_nothing_there_is_named(pulih, place, tmp_path):
    code, _, err = pulih("train-recognizer", "--lines", place / "nothing", "--output", tmp_path / "reader")
    assert code == 2
    assert "nothing" in err
