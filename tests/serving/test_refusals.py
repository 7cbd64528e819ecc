"""The caller's fault is answered with 4xx and a reason, nothing else."""

import json
import struct
import zlib

import numpy as np
import pytest

from pulih.data.encoding import write_tiff
from pulih.data.images import DecodedImage

ANY = {"name": "image", "shape": [1], "datatype": "BYTES", "data": ["aGk="]}


def png_of(width: int, height: int, rows: bytes) -> bytes:
    def chunk(body: bytes) -> bytes:
        return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))

    header = chunk(b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT" + zlib.compress(rows)) + chunk(b"IEND")


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
def test_bad_image_is_400_with_the_reason_over_both_protocols(call, content: bytes, found: str) -> None:
    status, answer = call.v1([call.instance(content)])
    assert status == 400
    assert found in answer["error"]
    assert answer["fix"]
    status, answer = call.v2(inputs=[call.tensor(content)])
    assert status == 400
    assert found in answer["error"]


def test_several_pages_in_one_image_are_refused_with_the_way_out(call, tmp_path) -> None:
    page = DecodedImage(np.full((20, 20, 3), 200, np.uint8))
    write_tiff(tmp_path / "book.tif", [page, page])
    status, answer = call.v1([call.instance((tmp_path / "book.tif").read_bytes())])
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
def test_malformed_v1_request_is_400(client, call, body: bytes) -> None:
    status, answer = client.request("POST", call.predict, body, call.json)
    assert status == 400
    assert json.loads(answer)["error"]


@pytest.mark.parametrize(
    "request_body",
    [
        {},
        {"inputs": "x"},
        {"inputs": []},
        {"inputs": [ANY, ANY]},
        {"inputs": [{**ANY, "name": "picture"}]},
        {"inputs": [{**ANY, "datatype": "FP32"}]},
        {"inputs": [{**ANY, "datatype": "NONSENSE"}]},
        {"inputs": [{**ANY, "shape": [2]}]},
        {"inputs": [{**ANY, "shape": [-5]}]},
        {"inputs": [{**ANY, "shape": [0], "data": []}]},
        {"inputs": [{**ANY, "shape": [5], "data": ["aGk="] * 5}]},
        {"inputs": [ANY], "parameters": {"paper": "pink"}},
        {"inputs": [{"name": "image", "shape": [2, 2], "datatype": "UINT8", "data": [1, 2, 3, 300]}]},
        {"inputs": [{"name": "image", "shape": [2, 2], "datatype": "UINT8", "data": [1, 2, 3]}]},
        {"inputs": [{"name": "image", "shape": [2, 2, 4], "datatype": "UINT8", "data": [1] * 16}]},
        {"inputs": [{"name": "image", "shape": [0, 5], "datatype": "UINT8", "data": []}]},
        {"inputs": [{"name": "image", "shape": [90000, 90000], "datatype": "UINT8", "data": [1]}]},
    ],
)
def test_malformed_v2_request_is_400(call, request_body: dict) -> None:
    status, answer = call.v2(**request_body)
    assert status == 400
    assert answer["error"]


def test_malformed_binary_requests_are_400(client, call, scan) -> None:
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
        status, answer = call.v2_binary(header, data, announced)
        assert status == 400, (header, answer)
    assert client.request("POST", call.infer, scan, {"Content-Type": "application/octet-stream"})[0] == 400


def test_unknown_output_is_400(call, scan) -> None:
    status, answer = call.v2(inputs=[call.tensor(scan)], outputs=[{"name": "enlarged"}])
    assert status == 400
    assert "enlarged" in answer["error"]


def test_unknown_model_is_404(client, call) -> None:
    assert client.request("POST", "/v1/models/other:predict", b"{}", call.json)[0] == 404
    assert client.request("GET", "/v2/models/other")[0] == 404


def test_models_cannot_be_unloaded_over_the_network(client, call) -> None:
    assert client.request("POST", "/v2/repository/models/restorer/unload", b"", call.json)[0] == 403
    assert client.is_ready()


def test_log_has_a_line_per_refusal_and_no_traceback(call, server_log) -> None:
    call.v1([call.instance(b"a letter")])
    text = server_log.read_text()
    assert "refused with 400: expected a PNG, JPEG or TIFF image in instance 0; found a text file" in text
    assert "Traceback" not in text
