"""The endpoint as its callers meet it: a real server process, real requests."""

import base64
import io
import json
import socket
import struct
import threading
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pulih.data.images import DecodedImage, ImageLimits, decode_image, write_tiff
from pulih.restorer.files import restore_bytes
from pulih.restorer.infer import Restorer

PREDICT, INFER = "/v1/models/restorer:predict", "/v2/models/restorer/infer"
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def local(blur_restorer, scan):
    """What `pulih restore` writes for the same scan, by the value of ``paper``."""
    restorer = Restorer.load(blur_restorer, threads=1)
    return {paper: restore_bytes(scan, "scan", restorer, paper, ImageLimits())[0] for paper in ("keep", "white")}


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def v1(client, instances, **more):
    status, body = client.request("POST", PREDICT, json.dumps({"instances": instances, **more}).encode(), JSON)
    return status, json.loads(body)


def v2(client, **request):
    status, body = client.request("POST", INFER, json.dumps(request).encode(), JSON)
    return status, json.loads(body)


def v2_binary(client, header: dict, data: bytes, announced: int | None = None):
    text = json.dumps(header).encode()
    length = len(text) if announced is None else announced
    headers = {"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(length)}
    return client.request("POST", INFER, text + data, headers)


def bytes_tensor(data: list, **parameters):
    return {"name": "image", "shape": [len(data)], "datatype": "BYTES", "data": data, "parameters": parameters}


def png_of(width: int, height: int, rows: bytes) -> bytes:
    def chunk(body: bytes) -> bytes:
        return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))

    header = chunk(b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT" + zlib.compress(rows)) + chunk(b"IEND")


def test_health_and_metadata(client) -> None:
    for path in ("/v2/health/live", "/v2/health/ready", "/v2/models/restorer/ready", "/v1/models/restorer"):
        assert client.request("GET", path)[0] == 200
    metadata = client.model_metadata()
    assert metadata["inputs"] == [{"name": "image", "datatype": "BYTES", "shape": [-1]}]
    assert metadata["outputs"] == [{"name": "restored", "datatype": "BYTES", "shape": [-1]}]


def test_v1_and_v2_and_the_command_line_give_the_same_bytes(client, scan, local) -> None:
    assert client.restore_v1(scan).png == local["keep"]
    assert client.restore_v2(scan).png == local["keep"]


def test_raw_image_as_v1_body_is_answered_with_png(client, scan, local) -> None:
    status, body = client.request("POST", PREDICT, scan, {"Content-Type": "image/png"})
    assert (status, body) == (200, local["keep"])


def test_paper_is_chosen_per_request(client, scan, local) -> None:
    instances = [{"image": {"b64": b64(scan)}, "paper": paper} for paper in ("white", "keep")]
    answers = v1(client, instances)[1]["predictions"]
    assert [base64.b64decode(answer["image"]["b64"]) for answer in answers] == [local["white"], local["keep"]]
    answer = v2(client, inputs=[bytes_tensor([b64(scan)])], parameters={"paper": "white"})[1]
    assert base64.b64decode(answer["outputs"][0]["data"][0]) == local["white"]


def test_v1_answer_says_how_the_page_was_restored(client, scan) -> None:
    answer = v1(client, [{"image": {"b64": b64(scan)}}])[1]
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


def test_v2_request_keeps_its_id_and_gets_one_without(client, scan) -> None:
    assert v2(client, id="seventeen", inputs=[bytes_tensor([b64(scan)])])[1]["id"] == "seventeen"
    assert len(v2(client, inputs=[bytes_tensor([b64(scan)])])[1]["id"]) > 8


def test_several_images_come_back_in_order(client, scan) -> None:
    small = io.BytesIO()
    Image.new("RGB", (64, 32), "white").save(small, "PNG")
    answer = v2(client, inputs=[bytes_tensor([b64(small.getvalue()), b64(scan)])])[1]["outputs"][0]
    sizes = [Image.open(io.BytesIO(base64.b64decode(text))).size for text in answer["data"]]
    assert sizes == [(64, 32), (560, 420)]


def test_binary_png_in_and_out(client, scan, local) -> None:
    data = struct.pack("<I", len(scan)) + scan
    tensor = {"name": "image", "shape": [1], "datatype": "BYTES", "parameters": {"binary_data_size": len(data)}}
    status, body = v2_binary(client, {"inputs": [tensor], "parameters": {"binary_data_output": True}}, data)
    assert status == 200
    assert body.endswith(local["keep"])
    asked = {"inputs": [tensor], "outputs": [{"name": "restored", "parameters": {"binary_data": True}}]}
    assert v2_binary(client, asked, data)[1].endswith(local["keep"])


def test_binary_pixels_in_and_out(client, scan, local) -> None:
    pixels = decode_image(scan, "scan").pixels
    data = pixels.tobytes()
    tensor = {
        "name": "image",
        "shape": list(pixels.shape),
        "datatype": "UINT8",
        "parameters": {"binary_data_size": len(data)},
    }
    status, body = v2_binary(client, {"inputs": [tensor], "parameters": {"binary_data_output": True}}, data)
    assert status == 200
    answered = np.frombuffer(body[-len(data) :], np.uint8).reshape(pixels.shape)
    assert np.array_equal(answered, decode_image(local["keep"], "local").pixels)


def test_grey_pixels_as_json_numbers(client) -> None:
    tensor = {"name": "image", "shape": [8, 12], "datatype": "UINT8", "data": [200] * 96}
    [output] = v2(client, inputs=[tensor])[1]["outputs"]
    assert output["shape"] == [8, 12, 3]
    assert len(output["data"]) == 288


def test_file_as_uint8_tensor(client, scan, local) -> None:
    tensor = {
        "name": "image",
        "shape": [len(scan)],
        "datatype": "UINT8",
        "parameters": {"binary_data_size": len(scan)},
    }
    status, body = v2_binary(client, {"inputs": [tensor], "parameters": {"binary_data_output": True}}, scan)
    assert status == 200
    assert body.endswith(local["keep"])


def test_requests_side_by_side_are_all_answered_and_health_is_not_blocked(client, scan, local) -> None:
    answers: list[bytes] = []
    threads = [threading.Thread(target=lambda: answers.append(client.restore_v1(scan).png)) for _ in range(3)]
    for thread in threads:
        thread.start()
    longest = 0.0
    while any(thread.is_alive() for thread in threads):
        started = time.perf_counter()
        assert client.request("GET", "/v2/health/live")[0] == 200
        longest = max(longest, time.perf_counter() - started)
    for thread in threads:
        thread.join()
    assert answers == [local["keep"]] * 3
    assert longest < 5


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "empty file"),
        (b"Dear sir, this is a letter and no picture", "a text file"),
        (b"%PDF-1.4", "a PDF file"),
        (png_of(20_000, 20_000, b""), "within"),
        (png_of(100, 100, b"0" * 500), "damaged data"),
    ],
)
def test_bad_image_is_400_with_the_reason_over_both_protocols(client, content: bytes, found: str) -> None:
    status, answer = v1(client, [{"image": {"b64": b64(content)}}])
    assert status == 400
    assert found in answer["error"]
    assert answer["fix"]
    status, answer = v2(client, inputs=[bytes_tensor([b64(content)])])
    assert status == 400
    assert found in answer["error"]


def test_several_pages_in_one_image_are_refused_with_the_way_out(client, tmp_path) -> None:
    page = DecodedImage(np.full((20, 20, 3), 200, np.uint8))
    write_tiff(tmp_path / "book.tif", [page, page])
    status, answer = v1(client, [{"image": {"b64": b64((tmp_path / "book.tif").read_bytes())}}])
    assert status == 400
    assert "pulih restore" in answer["fix"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b"{}",
        b'{"instances": "x"}',
        b'{"instances": []}',
        b'{"instances": [1]}',
        b'{"instances": [{"image": "x"}]}',
        b'{"instances": [{"image": {"b64": "***"}}]}',
        b'{"instances": [{"image": {"b64": "\xc3\xa9"}}]}',
        b'{"instances": [{"image": {"b64": ""}, "paper": "pink"}]}',
        b'{"instances": [{"image": {"b64": ""}, "scale": 2}]}',
        b'{"instances": [1, 2, 3, 4, 5]}',
    ],
)
def test_malformed_v1_request_is_400(client, body: bytes) -> None:
    status, answer = client.request("POST", PREDICT, body, JSON)
    assert status == 400
    assert json.loads(answer)["error"]


@pytest.mark.parametrize(
    "request_body",
    [
        {},
        {"inputs": "x"},
        {"inputs": []},
        {"inputs": [bytes_tensor(["aGk="]), bytes_tensor(["aGk="])]},
        {"inputs": [{**bytes_tensor(["aGk="]), "name": "picture"}]},
        {"inputs": [{**bytes_tensor(["aGk="]), "datatype": "FP32"}]},
        {"inputs": [{**bytes_tensor(["aGk="]), "datatype": "NONSENSE"}]},
        {"inputs": [{**bytes_tensor(["aGk="]), "shape": [2]}]},
        {"inputs": [{**bytes_tensor(["aGk="]), "shape": [-5]}]},
        {"inputs": [bytes_tensor([])]},
        {"inputs": [bytes_tensor(["aGk="] * 5)]},
        {"inputs": [bytes_tensor(["aGk="])], "parameters": {"paper": "pink"}},
        {"inputs": [{"name": "image", "shape": [2, 2], "datatype": "UINT8", "data": [1, 2, 3, 300]}]},
        {"inputs": [{"name": "image", "shape": [2, 2], "datatype": "UINT8", "data": [1, 2, 3]}]},
        {"inputs": [{"name": "image", "shape": [2, 2, 4], "datatype": "UINT8", "data": [1] * 16}]},
        {"inputs": [{"name": "image", "shape": [0, 5], "datatype": "UINT8", "data": []}]},
        {"inputs": [{"name": "image", "shape": [90000, 90000], "datatype": "UINT8", "data": [1]}]},
    ],
)
def test_malformed_v2_request_is_400(client, request_body: dict) -> None:
    status, answer = v2(client, **request_body)
    assert status == 400
    assert answer["error"]


def test_malformed_binary_requests_are_400(client, scan) -> None:
    tensor = {"name": "image", "shape": [1], "datatype": "BYTES", "parameters": {"binary_data_size": 10}}
    good = {"inputs": [tensor]}
    for header, data, announced in [
        (good, b"0123456789", 99_999),
        (good, b"0123456789", 3),
        (good, b"01234", None),
        (good, b"0123456789 and more", None),
        (good, struct.pack("<I", 2**31) + b"012345", None),
        ({"inputs": [{**tensor, "parameters": {"binary_data_size": -1}}]}, b"", None),
        ({"inputs": [{"name": "image"}]}, b"", None),
        ({}, b"", None),
    ]:
        status, answer = v2_binary(client, header, data, announced)
        assert status == 400, (header, answer)
    assert client.request("POST", INFER, scan, {"Content-Type": "application/octet-stream"})[0] == 400


def test_unknown_output_is_400(client, scan) -> None:
    status, answer = v2(client, inputs=[bytes_tensor([b64(scan)])], outputs=[{"name": "enlarged"}])
    assert status == 400
    assert "enlarged" in answer["error"]


def test_unknown_model_is_404(client) -> None:
    assert client.request("POST", "/v1/models/other:predict", b"{}", JSON)[0] == 404
    assert client.request("GET", "/v2/models/other")[0] == 404


def test_declared_body_above_the_limit_is_413(client) -> None:
    status, answer = client.request("POST", PREDICT, b" " * 3_000_001, JSON)
    assert status == 413
    assert b"3,000,000 bytes" in answer


def test_chunked_body_above_the_limit_is_413(client) -> None:
    import http.client

    connection = http.client.HTTPConnection(client.host, client.port, timeout=30)
    connection.request("POST", PREDICT, (b" " * 100_000 for _ in range(40)), JSON, encode_chunked=True)
    assert connection.getresponse().status == 413


def test_caller_that_waits_for_permission_is_refused_before_sending(client) -> None:
    with socket.create_connection((client.host, client.port), timeout=10) as connection:
        head = f"POST {PREDICT} HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n"
        connection.sendall(head.encode())
        assert b" 413 " in connection.recv(4096).splitlines()[0]


def test_body_that_never_arrives_is_408(client) -> None:
    with socket.create_connection((client.host, client.port), timeout=20) as connection:
        connection.sendall(f"POST {PREDICT} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{".encode())
        assert b" 408 " in connection.recv(4096).splitlines()[0]


def test_too_many_requests_at_once_are_503_with_a_time_to_retry(client) -> None:
    held = []
    try:
        for _ in range(4):
            held.append(socket.create_connection((client.host, client.port), timeout=20))
            held[-1].sendall(f"POST {PREDICT} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n".encode())
        time.sleep(0.5)
        assert client.request("POST", PREDICT, b"{}", JSON)[0] == 503
        assert client.request("GET", "/v2/health/live")[0] == 200
    finally:
        for connection in held:
            connection.close()
    deadline = time.monotonic() + 10
    while (status := client.request("POST", PREDICT, b"{}", JSON)[0]) == 503 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert status == 400


def test_models_cannot_be_unloaded_over_the_network(client) -> None:
    assert client.request("POST", "/v2/repository/models/restorer/unload", b"", JSON)[0] == 501
    assert client.is_ready()


def test_metrics_count_pages_and_pixels(client, scan) -> None:
    def value(name: str) -> float:
        lines = client.request("GET", "/metrics")[1].decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))

    pages, pixels = value('pulih_pages_total{outcome="restored"}'), value("pulih_pixels_total")
    refused, failed = value('pulih_pages_total{outcome="refused"}'), value('pulih_pages_total{outcome="failed"}')
    client.restore_v1(scan)
    v1(client, [{"image": {"b64": b64(b"text")}}])
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


def test_log_has_a_line_per_refusal_and_no_traceback(client, server_log) -> None:
    v1(client, [{"image": {"b64": b64(b"a letter")}}])
    text = server_log.read_text()
    assert "refused with 400: expected a PNG, JPEG or TIFF image in instance 0; found a text file" in text
    assert "Traceback" not in text
