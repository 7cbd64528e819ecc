"""The viewer's requests as plain HTTP."""

import hashlib
import http.client
import json
import time

import cv2
import numpy as np
import pytest

from pulih.data.encoding import encode_png
from pulih.data.images import decode_image

RESTORE = "/viewer/restore"


@pytest.fixture
def ask(reading_server):
    client = reading_server.client

    def request(method: str, path: str, body: bytes | None = None, **headers: str):
        connection = http.client.HTTPConnection(client.host, client.port, timeout=120)
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()

    return request


def test_the_page_and_its_files_come_with_a_strict_policy(ask) -> None:
    for name, media_type in (("", "text/html"), ("compare.js", "text/javascript"), ("openseadragon.js", "text/java")):
        status, headers, body = ask("GET", f"/viewer/{name}")
        assert (status, headers["content-type"].startswith(media_type), bool(body)) == (200, True, True)
        policy = headers["content-security-policy"]
        assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
        assert "unsafe" not in policy
    page = ask("GET", "/viewer/")[2].decode()
    assert "<style" not in page
    assert all('src="' in tag for tag in page.split("<script")[1:])


def test_no_other_file_is_given(ask) -> None:
    for name in ("config.json", "../routes.py", "%2e%2e/routes.py", "/etc/passwd", "static/viewer.js"):
        assert ask("GET", f"/viewer/{name}")[0] == 404


def test_the_address_without_its_slash_leads_to_the_page(ask) -> None:
    status, headers, _ = ask("GET", "/viewer")
    assert (status, headers["location"]) == (307, "viewer/")


def test_limits_are_told_before_a_scan_is_sent(ask) -> None:
    about = json.loads(ask("GET", "/viewer/about")[2])
    assert about["formats"] == ["PNG", "JPEG", "TIFF"]
    assert (about["max_bytes"], about["max_pixels"], about["reads"]) == (64 * 2**20, 100_000_000, True)


def test_one_answer_holds_the_page_its_doubt_its_lines_and_its_provenance(ask, scan, local, parts_of) -> None:
    status, _, answer = ask("POST", RESTORE, scan, X_File_Name="folder%2Fletter%201.png")
    parts = {facts["part"]: (facts, body) for facts, body in parts_of(answer)}
    assert status == 200
    assert parts["restored"][1] == local["keep"]
    assert decode_image(parts["confidence"][1], "map").pixels.shape[1] <= 560
    lines = parts["lines"][0]["lines"]
    assert 5 <= len(lines) <= 8
    assert all(set(line["text"]) == {"a"} and line["confidence"] > 0.5 for line in lines)
    assert all(0 <= line["box"][0] < line["box"][2] <= 560 for line in lines)
    document = json.loads(parts["provenance"][1])
    entity = document["entity"]
    assert entity["pulih:input"]["prov:label"] == "letter 1.png"
    assert entity["pulih:input"]["pulih:sha256"] == hashlib.sha256(scan).hexdigest()
    assert entity["pulih:output"]["pulih:sha256"] == hashlib.sha256(local["keep"]).hexdigest()
    assert entity["pulih:model"]["pulih:digest"] == parts["page"][0]["digest"]
    assert [facts["part"] for facts, _ in parts_of(answer)][-1] == "end"


def test_progress_names_the_steps_in_their_order(ask, scan, parts_of) -> None:
    told = [facts for facts, _ in parts_of(ask("POST", RESTORE, scan)[2]) if facts["part"] == "progress"]
    stages = list(dict.fromkeys(step["stage"] for step in told))
    assert stages == ["waiting", "decoding", "measuring", "restoring", "encoding", "reading"]
    tiles = [step for step in told if step["stage"] == "restoring"]
    assert tiles[-1]["done"] == tiles[-1]["of"] >= 1


def test_white_paper_is_given_where_it_is_asked_for(ask, scan, local, parts_of) -> None:
    parts = {facts["part"]: body for facts, body in parts_of(ask("POST", f"{RESTORE}?paper=white", scan)[2])}
    assert parts["restored"] == local["white"]


def test_a_broken_file_is_answered_with_what_was_expected_and_found(ask, scan, parts_of) -> None:
    facts = parts_of(ask("POST", RESTORE, scan[: len(scan) // 2])[2])[-1][0]
    assert facts["part"] == "error"
    assert facts["found"]
    assert facts["fix"]


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_other_sites_cannot_make_the_server_work(ask, scan, site: str) -> None:
    assert ask("POST", RESTORE, scan, Sec_Fetch_Site=site)[0] == 403


def test_a_blank_page_has_no_lines_and_a_batch_would_pass_it_on(ask, parts_of) -> None:
    blank = encode_png(np.full((300, 400, 3), 235, np.uint8))
    parts = {facts["part"]: facts for facts, _ in parts_of(ask("POST", RESTORE, blank)[2])}
    assert parts["lines"]["lines"] == []
    assert (parts["page"]["safe"], parts["page"]["criterion"]) == (False, "writing")


def test_a_reader_who_leaves_ends_the_work(reading_server, reading_log, scan) -> None:
    page = cv2.resize(decode_image(scan, "page").pixels, None, fx=5, fy=5)
    client = reading_server.client
    connection = http.client.HTTPConnection(client.host, client.port, timeout=60)
    connection.request("POST", RESTORE, encode_png(page))
    assert json.loads(connection.getresponse().readline()) == {"part": "progress", "stage": "waiting"}
    connection.close()
    until = time.monotonic() + 60
    while "the reader left before the page was done" not in reading_log.read_text():
        assert time.monotonic() < until
        time.sleep(0.2)
