"""How much, how slow, how many at once."""

import http.client
import socket
import threading
import time


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


def test_declared_body_above_the_limit_is_413(client, call) -> None:
    status, answer = client.request("POST", call.predict, b" " * 3_000_001, call.json)
    assert status == 413
    assert b"3,000,000 bytes" in answer


def test_chunked_body_above_the_limit_is_413(client, call) -> None:
    connection = http.client.HTTPConnection(client.host, client.port, timeout=30)
    connection.request("POST", call.predict, (b" " * 100_000 for _ in range(40)), call.json, encode_chunked=True)
    assert connection.getresponse().status == 413


def test_caller_that_waits_for_permission_is_refused_before_sending(client, call) -> None:
    with socket.create_connection((client.host, client.port), timeout=10) as connection:
        head = f"POST {call.predict} HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n"
        connection.sendall(head.encode())
        assert b" 413 " in connection.recv(4096).splitlines()[0]


def test_body_that_never_arrives_is_408(client, call) -> None:
    with socket.create_connection((client.host, client.port), timeout=20) as connection:
        connection.sendall(f"POST {call.predict} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{".encode())
        assert b" 408 " in connection.recv(4096).splitlines()[0]


def test_too_many_requests_at_once_are_429_with_a_time_to_retry(client, call) -> None:
    held = []
    try:
        for _ in range(4):
            held.append(socket.create_connection((client.host, client.port), timeout=20))
            held[-1].sendall(f"POST {call.predict} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n".encode())
        time.sleep(0.5)
        assert client.request("POST", call.predict, b"{}", call.json)[0] == 429
        assert client.request("GET", "/v2/health/live")[0] == 200
    finally:
        for connection in held:
            connection.close()
    deadline = time.monotonic() + 10
    while (status := client.request("POST", call.predict, b"{}", call.json)[0]) == 429 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert status == 400
