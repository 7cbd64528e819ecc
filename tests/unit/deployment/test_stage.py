"""A trial deployment leaves the page, the answer and the record of a server that really ran."""

import json

import numpy as np
import pytest
from PIL import Image

from pulih.common.errors import InputError
from pulih.data import manifest
from pulih.data.images import ImageLimits, decode_image
from pulih.deployment.config import DeploymentConfig
from pulih.deployment.stage import deploy
from pulih.restorer.files import restore_bytes
from pulih.restorer.infer import Restorer


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "letter.jpg"
    noise = np.random.default_rng(2).integers(90, 230, (300, 200, 3)).astype(np.uint8)
    Image.fromarray(noise).save(path, dpi=(200, 200))
    return path


@pytest.fixture(scope="module")
def deployment(blur_restorer, page, tmp_path_factory):
    folder = tmp_path_factory.mktemp("deployment")
    return folder, deploy(DeploymentConfig(max_side=240, threads=1), blur_restorer, page, folder)


def test_artifact_is_whole_and_names_its_restorer(deployment, blur_restorer) -> None:
    folder, sealed = deployment
    assert manifest.verify(folder, "deployment") == sealed
    assert sealed.facts["model_digest"] == manifest.read_manifest(blur_restorer).digest()
    assert sealed.parents["restorer"] == sealed.facts["model_digest"]


def test_stored_answer_is_what_the_command_line_writes(deployment, blur_restorer) -> None:
    folder, _ = deployment
    sent = (folder / "page.png").read_bytes()
    restorer = Restorer.load(blur_restorer, 1)
    answer, _ = restore_bytes(sent, "page", restorer, "keep", ImageLimits())
    assert (folder / "answer.png").read_bytes() == answer


def test_large_page_is_reduced_before_it_is_sent(deployment) -> None:
    folder, sealed = deployment
    sent = decode_image((folder / "page.png").read_bytes(), "page")
    assert sent.pixels.shape == (240, 160, 3)
    assert sent.dpi == pytest.approx((160, 160), rel=1e-3)
    assert (sealed.facts["width"], sealed.facts["height"]) == (160, 240)


def test_record_has_latencies_versions_and_metadata(deployment) -> None:
    folder, sealed = deployment
    record = json.loads((folder / "deployment.json").read_text())
    assert record["server"]["name"] == "kserve"
    assert record["model"]["name"] == "restorer"
    for name in ("page_v2", "detail_v1", "detail_v2"):
        assert 0 < record["answers"][name]["seconds"] < 60
        assert record["answers"][name]["sent_bytes"] > 1000
    assert 0 < record["ready_seconds"] == sealed.facts["ready_seconds"]


def test_server_was_stopped(deployment) -> None:
    folder, _ = deployment
    assert "Finished server process" in (folder / "server.log").read_text()


def test_unchanged_deployment_is_reused(deployment, blur_restorer, page) -> None:
    folder, sealed = deployment
    before = (folder / "deployment.json").stat().st_mtime_ns
    assert deploy(DeploymentConfig(max_side=240, threads=1), blur_restorer, page, folder) == sealed
    assert (folder / "deployment.json").stat().st_mtime_ns == before


def test_page_that_is_no_image_is_refused_before_a_server_starts(blur_restorer, tmp_path) -> None:
    (tmp_path / "page.png").write_text("no picture")
    with pytest.raises(InputError, match="a text file"):
        deploy(DeploymentConfig(), blur_restorer, tmp_path / "page.png", tmp_path / "out")
    assert not (tmp_path / "out").exists()
