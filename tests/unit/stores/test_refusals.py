"""Answers of an API server become errors that say what to do."""

import pytest

from pulih.stores.refusals import explain, unreachable


@pytest.mark.parametrize(
    ("status", "body", "found", "fix"),
    [
        (401, '{"message": "Unauthorized"}', "Unauthorized", "Log in again"),
        (403, b'{"message": "pods is forbidden"}', "pods is forbidden", "rbac.deployers"),
        (403, '{"message": "admission webhook x denied the request: y"}', "denied", "Correct the object"),
        (404, "<html>\n not here</html>", "<html> not here</html>", "Correct the name"),
        (500, '{"message": ".spec.x: field not declared in schema"}', "spec.x", "Correct the object"),
        (503, "[1]", "[1]", "no pod that answers"),
        (418, None, "teapot", "API server's log"),
    ],
)
def test_status_and_message_are_told_with_the_next_step(status, body, found, fix):
    err = explain(status, "teapot", body, "GET /x", "https://cluster")
    assert found in err.found
    assert fix in err.fix
    assert str(err).startswith("expected https://cluster to accept GET /x")


def test_nobody_there_is_told_with_the_address():
    err = unreachable(ConnectionRefusedError("refused"), "https://cluster:6443")
    assert "https://cluster:6443" in str(err)
    assert "kubectl cluster-info" in err.fix
