"""Every request has an id, a line in the log, its costs in the headers and its place in the histograms."""

import http.client
import json
import logging
import time
from pathlib import Path

import pytest

from serving.call import CURRENT, Call, new_id
from serving.logs import JsonFormatter


@pytest.fixture
def post(client, call):
    """Send a raw image; returns the answer with its headers."""

    def send(body: bytes, **headers: str):
        connection = http.client.HTTPConnection(client.host, client.port, timeout=60)
        connection.request("POST", call.predict, body, {"Content-Type": "image/png", **headers})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()

    return send


def lines_with(log: Path, text: str) -> list[str]:
    """The line follows the answer: a busy machine may show the answer first."""
    until = time.monotonic() + 30
    while True:
        found = [line for line in log.read_text().splitlines() if text in line]
        if found or time.monotonic() > until:
            return found
        time.sleep(0.05)


def test_request_keeps_its_id_in_answer_and_log(post, scan, server_log) -> None:
    headers = post(scan, **{"X-Request-Id": "shelf-12/page-3"})[1]
    assert headers["x-request-id"] == "shelf-12/page-3"
    [line] = lines_with(server_log, "shelf-12/page-3")
    assert "POST /v1/models/restorer:predict 200 in" in line
    assert "1 pages, 1 tiles" in line


@pytest.mark.parametrize("unfit", ["", "two\twords", "x" * 200])
def test_request_without_a_fit_id_gets_one(post, scan, unfit) -> None:
    given = post(scan, **({"X-Request-Id": unfit} if unfit else {}))[1]["x-request-id"]
    assert given != unfit
    assert len(given) == 16


def test_refused_requests_have_an_id_too(post) -> None:
    status, headers, _ = post(b"a letter", **{"X-Request-Id": "bad-1"})
    assert (status, headers["x-request-id"]) == (400, "bad-1")


def test_headers_tell_model_costs_and_confidence(post, scan, client) -> None:
    headers = post(scan)[1]
    assert [headers["x-model-digest"]] == client.model_metadata()["versions"]
    costs = dict(part.strip().split(";dur=") for part in headers["server-timing"].split(","))
    assert float(costs["restore"]) > float(costs["network"]) > 0
    assert 0.3 < float(headers["x-pulih-scale"]) < 3
    assert 0 <= float(headers["x-pulih-confidence"]) <= 1


def test_paper_of_a_raw_image_is_chosen_by_header(post, scan, local) -> None:
    assert post(scan, **{"X-Pulih-Paper": "white"})[2] == local["white"]
    assert post(scan, **{"X-Pulih-Paper": "pink"})[0] == 400


def test_histograms_of_latency_tiles_queue_and_confidence(post, client, scan) -> None:
    def count(name: str) -> float:
        lines = client.request("GET", "/metrics")[1].decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))

    names = (
        'pulih_request_seconds_count{protocol="v1",status="200"}',
        "pulih_queue_seconds_count",
        "pulih_page_tiles_count",
        "pulih_batch_tiles_count",
        "pulih_page_confidence_count",
    )
    before = [count(name) for name in names]
    post(scan)
    assert [count(name) for name in names] == [value + 1 for value in before]
    assert count("pulih_held_requests") == count("pulih_held_bytes") == 0


def test_probes_leave_no_line_in_the_log(client, server_log) -> None:
    client.request("GET", "/v2/health/live")
    assert [line for line in server_log.read_text().splitlines() if "/health/" in line] == []


def test_log_for_programs_is_one_object_per_line() -> None:
    record = logging.makeLogRecord(
        {"name": "serving", "levelname": "INFO", "msg": "%d pages", "args": (2,), "status": 200}
    )
    token = CURRENT.set(Call(new_id("a-1"), "v1"))
    try:
        values = json.loads(JsonFormatter().format(record))
    finally:
        CURRENT.reset(token)
    assert (values["message"], values["status"], values["request_id"]) == ("2 pages", 200, "a-1")


def test_log_for_programs_keeps_a_traceback_in_its_line() -> None:
    try:
        int("torn")
    except ValueError as err:
        record = logging.makeLogRecord({"msg": "failed", "exc_info": (ValueError, err, err.__traceback__)})
    line = JsonFormatter().format(record)
    assert "\n" not in line
    assert "ValueError: invalid literal" in json.loads(line)["traceback"]


def test_made_up_paths_get_neither_a_label_each_nor_a_line_of_their_own(client, call, server_log) -> None:
    for name in ("cellar", "attic%0AINFO forged"):
        assert client.request("POST", f"/{name.replace(' ', '%20')}/page", b"{}", call.json)[0] == 404
    metrics = client.request("GET", "/metrics")[1].decode()
    assert 'pulih_request_seconds_count{protocol="other",status="404"}' in metrics
    assert "cellar" not in metrics
    assert not any(line.startswith("INFO forged") for line in server_log.read_text().splitlines())
