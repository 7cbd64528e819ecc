"""The endpoint as its callers meet it: a real server process, real requests."""

import base64
import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pulih.data.images import decode_image


def test_health_and_metadata(client) -> None:
    for path in ("/v2/health/live", "/v2/health/ready", "/v2/models/restorer/ready", "/v1/models/restorer"):
        assert client.request("GET", path)[0] == 200
    metadata = client.model_metadata()
    assert metadata["inputs"] == [{"name": "image", "datatype": "BYTES", "shape": [-1]}]
    assert metadata["outputs"] == [{"name": "restored", "datatype": "BYTES", "shape": [-1]}]


def test_v1_and_v2_and_the_command_line_give_the_same_bytes(client, scan, local) -> None:
    assert client.restore_v1(scan).png == local["keep"]
    assert client.restore_v2(scan).png == local["keep"]


def test_raw_image_as_v1_body_is_answered_with_png(client, call, scan, local) -> None:
    status, body = client.request("POST", call.predict, scan, {"Content-Type": "image/png"})
    assert (status, body) == (200, local["keep"])


def test_paper_is_chosen_per_request(call, scan, local) -> None:
    instances = [call.instance(scan, paper=paper) for paper in ("white", "keep")]
    answers = call.v1(instances)[1]["predictions"]
    assert [base64.b64decode(answer["image"]["b64"]) for answer in answers] == [local["white"], local["keep"]]
    answer = call.v2(inputs=[call.tensor(scan)], parameters={"paper": "white"})[1]
    assert base64.b64decode(answer["outputs"][0]["data"][0]) == local["white"]


def test_v1_answer_says_how_the_page_was_restored(call, scan) -> None:
    answer = call.v1([call.instance(scan)])[1]
    [prediction] = answer["predictions"]
    assert (prediction["width"], prediction["height"]) == (560, 420)
    assert 0.3 < prediction["scale"] < 3
    assert len(answer["model_digest"]) == 12


def test_resolution_comes_back(client, scan) -> None:
    assert decode_image(client.restore_v1(scan).png, "answer").dpi == pytest.approx((300, 300), rel=1e-3)


def test_jpeg_and_tiff_are_taken(client, scan) -> None:
    for kind in ("JPEG", "TIFF"):
        buffer = io.BytesIO()
        Image.open(io.BytesIO(scan)).save(buffer, kind)
        assert decode_image(client.restore_v2(buffer.getvalue()).png, "answer").pixels.shape == (420, 560, 3)


def test_v2_request_keeps_its_id_and_gets_one_without(call, scan) -> None:
    assert call.v2(id="seventeen", inputs=[call.tensor(scan)])[1]["id"] == "seventeen"
    assert len(call.v2(inputs=[call.tensor(scan)])[1]["id"]) > 8


def test_several_images_come_back_in_order(call, scan) -> None:
    small = io.BytesIO()
    Image.new("RGB", (64, 32), "white").save(small, "PNG")
    answer = call.v2(inputs=[call.tensor(small.getvalue(), scan)])[1]["outputs"][0]
    sizes = [Image.open(io.BytesIO(base64.b64decode(text))).size for text in answer["data"]]
    assert sizes == [(64, 32), (560, 420)]


def test_binary_png_in_and_out(call, scan, local) -> None:
    data = struct.pack("<I", len(scan)) + scan
    tensor = {"name": "image", "shape": [1], "datatype": "BYTES", "parameters": {"binary_data_size": len(data)}}
    status, body = call.v2_binary({"inputs": [tensor], "parameters": {"binary_data_output": True}}, data)
    assert status == 200
    assert body.endswith(local["keep"])
    asked = {"inputs": [tensor], "outputs": [{"name": "restored", "parameters": {"binary_data": True}}]}
    assert call.v2_binary(asked, data)[1].endswith(local["keep"])


def test_binary_pixels_in_and_out(call, scan, local) -> None:
    pixels = decode_image(scan, "scan").pixels
    data = pixels.tobytes()
    tensor = {
        "name": "image",
        "shape": list(pixels.shape),
        "datatype": "UINT8",
        "parameters": {"binary_data_size": len(data)},
    }
    status, body = call.v2_binary({"inputs": [tensor], "parameters": {"binary_data_output": True}}, data)
    assert status == 200
    answered = np.frombuffer(body[-len(data) :], np.uint8).reshape(pixels.shape)
    assert np.array_equal(answered, decode_image(local["keep"], "local").pixels)


def test_grey_pixels_as_json_numbers(call) -> None:
    tensor = {"name": "image", "shape": [8, 12], "datatype": "UINT8", "data": [200] * 96}
    [output] = call.v2(inputs=[tensor])[1]["outputs"]
    assert output["shape"] == [8, 12, 3]
    assert len(output["data"]) == 288


def test_file_as_uint8_tensor(call, scan, local) -> None:
    tensor = {
        "name": "image",
        "shape": [len(scan)],
        "datatype": "UINT8",
        "parameters": {"binary_data_size": len(scan)},
    }
    status, body = call.v2_binary({"inputs": [tensor], "parameters": {"binary_data_output": True}}, scan)
    assert status == 200
    assert body.endswith(local["keep"])


def test_metrics_count_pages_and_pixels(client, call, scan) -> None:
    def value(name: str) -> float:
        lines = client.request("GET", "/metrics")[1].decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))

    pages, pixels = value('pulih_pages_total{outcome="restored"}'), value("pulih_pixels_total")
    refused, failed = value('pulih_pages_total{outcome="refused"}'), value('pulih_pages_total{outcome="failed"}')
    client.restore_v1(scan)
    call.v1([call.instance(b"text")])
    assert value('pulih_pages_total{outcome="restored"}') == pages + 1
    assert value("pulih_pixels_total") == pixels + 560 * 420
    assert value('pulih_pages_total{outcome="refused"}') == refused + 1
    assert value('pulih_pages_total{outcome="failed"}') == failed == 0


def test_server_listens_on_the_loopback_interface_only(client) -> None:
    with Path("/proc/net/tcp").open() as table:
        rows = [line.split() for line in table]
    port = f":{client.port:04X}"
    listening = [row[1] for row in rows if row[1].endswith(port) and row[3] == "0A"]
    assert listening == [f"0100007F{port}"]


def test_server_runs_without_torch(server) -> None:
    loaded = Path(f"/proc/{server.process.pid}/maps").read_text()
    assert "onnxruntime" in loaded
    assert "libtorch" not in loaded
