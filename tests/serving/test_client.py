"""`pulih.client` and `pulih restore --endpoint` against the real server."""

import io
import subprocess
import sys
import threading

import numpy as np
import pytest
from PIL import Image

from pulih.client import Endpoint, EndpointSettings
from pulih.client.files import restore_remotely
from pulih.common.errors import InputError
from pulih.data.encoding import write_tiff
from pulih.data.images import DecodedImage, decode_image, read_pages
from pulih.restorer.files import RestoreOptions, restore_file
from pulih.restorer.infer import Restorer

PULIH = (sys.executable, "-c", "from pulih.cli import main; main()")


@pytest.fixture
def endpoint(client):
    return Endpoint(f"http://{client.host}:{client.port}")


def test_answer_is_that_of_the_command_line(endpoint, scan, local) -> None:
    for paper in ("keep", "white"):
        assert endpoint.restore(scan, paper).png == local[paper]


def test_model_and_readiness_can_be_asked_for(endpoint, scan) -> None:
    assert endpoint.is_ready()
    assert endpoint.metadata()["versions"] == [endpoint.restore(scan).model_digest]


def test_more_clients_than_the_server_holds_are_all_answered_in_the_end(endpoint, scan, local) -> None:
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(endpoint.restore(scan))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.png for answer in answers} == {local["keep"]}
    assert max(answer.tries for answer in answers) > 1


def test_refusals_arrive_with_their_words(endpoint, client) -> None:
    with pytest.raises(InputError, match="a text file"):
        endpoint.restore(b"Dear sir, this is a letter and no picture")
    too_large = Endpoint(endpoint.url, EndpointSettings(max_sent_bytes=10**8))
    with pytest.raises(InputError, match=r"3,000,000 bytes"):
        too_large.restore(b"\x89PNG" + b" " * 3_000_000)


@pytest.fixture
def archive(tmp_path, scan):
    """A folder with a PNG, a JPEG and a TIFF of two pages."""
    folder = tmp_path / "scans"
    folder.mkdir()
    (folder / "one.png").write_bytes(scan)
    Image.open(io.BytesIO(scan)).save(folder / "two.jpg", dpi=(299, 299), quality=90)
    page = decode_image(scan, "scan")
    dark = DecodedImage(np.ascontiguousarray(page.pixels[60:] // 2 + 20), (301.0, 301.0))
    write_tiff(folder / "three.tif", [page, dark])
    return folder


def content(path):
    """The bytes of a PNG; the pages of a TIFF, in which the library leaves a byte of padding as it finds it."""
    if path.suffix == ".png":
        return path.read_bytes()
    return [(page.pixels.tobytes(), page.pixels.shape, page.dpi) for page in read_pages(path)]


@pytest.mark.parametrize("options", [RestoreOptions(), RestoreOptions(paper="white", comparison=True)])
def test_every_kind_of_file_is_written_as_with_the_model_at_hand(archive, endpoint, blur_restorer, tmp_path, options):
    here = Restorer.load(blur_restorer, 1)
    for source in archive.iterdir():
        made = restore_file(source, tmp_path / "here" / source.stem, here, options)
        sent = restore_remotely(source, tmp_path / "there" / source.stem, endpoint, options)
        assert [path.name for path in sent.written] == [path.name for path in made.written]
        for path, local_path in zip(sent.written, made.written, strict=True):
            assert content(path) == content(local_path)


def test_command_line_restores_a_folder_by_an_endpoint(archive, endpoint, tmp_path) -> None:
    (archive / "bad.png").write_text("no image")
    command = [*PULIH, "restore", archive, "--endpoint", endpoint.url, "--output", tmp_path / "o"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 2, done.stderr
    assert "bad.png: expected a PNG, JPEG or TIFF image" in done.stderr
    names = ["one.restored.png", "three.restored.tif", "two.restored.png"]
    assert sorted(path.name for path in (tmp_path / "o").iterdir()) == names


def test_endpoint_and_restorer_exclude_each_other(archive, endpoint, blur_restorer) -> None:
    command = [*PULIH, "restore", archive, "--endpoint", endpoint.url]
    done = subprocess.run([*command, "--restorer", blur_restorer], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "The endpoint has its model" in done.stderr


def test_client_needs_neither_the_model_nor_the_server() -> None:
    code = "import sys, pulih.client; print({'numpy', 'cv2', 'onnxruntime', 'kserve'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
