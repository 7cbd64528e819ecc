import logging
import time

import pytest
from urllib3 import PoolManager
from urllib3.exceptions import MaxRetryError, SSLError

from pulih.stores.retries import LONGEST_PAUSE, LoggedRetry, pause_before

XML = ("application/xml", b"<ok/>")


def test_pauses_double_and_are_bounded():
    assert 0.2 <= pause_before(1) <= 0.3
    assert 0.8 <= pause_before(3) <= 1.2
    assert pause_before(50) <= LONGEST_PAUSE * 1.2


def test_a_busy_server_is_asked_again_and_each_retry_is_logged(web_server, caplog):
    endpoint, asked = web_server((503, *XML), (500, *XML), (200, *XML))
    started = time.monotonic()
    answer = PoolManager(retries=LoggedRetry(4)).request("GET", f"http://{endpoint}/bucket?token=hidden")
    assert (answer.status, len(asked)) == (200, 3)
    assert time.monotonic() - started > 0.6
    messages = [record.message for record in caplog.records if record.name == "pulih.stores.retries"]
    assert [message.partition(" in ")[0] for message in messages] == [
        "GET /bucket failed (HTTP 503): retry 1 of 4",
        "GET /bucket failed (HTTP 500): retry 2 of 4",
    ]


def test_the_number_of_attempts_is_bounded_and_the_last_answer_is_returned(web_server):
    endpoint, asked = web_server((503, *XML))
    assert PoolManager(retries=LoggedRetry(2)).request("GET", f"http://{endpoint}/").status == 503
    assert len(asked) == 3


def test_a_refusal_is_not_retried(web_server):
    endpoint, asked = web_server((403, *XML))
    assert PoolManager(retries=LoggedRetry(4)).request("GET", f"http://{endpoint}/").status == 403
    assert len(asked) == 1


def test_nobody_there_is_retried_and_logged_once_per_retry(caplog):
    with pytest.raises(MaxRetryError):
        PoolManager(retries=LoggedRetry(2)).request("GET", "http://127.0.0.1:1/x")
    warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.message.partition(" in ")[0] for record in warnings] == [
        "GET /x failed (NewConnectionError): retry 1 of 2",
        "GET /x failed (NewConnectionError): retry 2 of 2",
    ]


def test_a_wrong_certificate_is_never_retried(faulty_line, certificate, caplog):
    line, _ = faulty_line(certificate=certificate)
    with pytest.raises(SSLError):
        PoolManager(retries=LoggedRetry(4)).request("GET", f"https://{line.endpoint}/")
    assert "retry" not in caplog.text
