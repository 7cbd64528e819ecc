"""Without a cluster that answers, the doctor says which of the many reasons it is."""

import json
import socket

import pytest
import yaml

from pulih.doctor.cluster import CHECKS, examine_cluster
from pulih.doctor.examination import exit_code


@pytest.fixture
def kubeconfig(tmp_path, monkeypatch):
    """Write a kubeconfig for a server, and use it."""

    def write(server, **context):
        path = tmp_path / "kubeconfig"
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": {"server": server}}],
            "users": [{"name": "u", "user": {"token": "secret-token"}}],
            "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u", **context}}],
            "current-context": "here",
        }
        path.write_text(yaml.safe_dump(config))
        monkeypatch.setenv("KUBECONFIG", str(path))
        return path

    return write


def only(findings):
    [finding] = findings
    assert (finding.state, exit_code(findings)) == ("fail", 1)
    assert "secret-token" not in finding.found
    return finding


def test_no_kubeconfig(monkeypatch, tmp_path):
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    finding = only(examine_cluster(None, None, "pulih"))
    assert "kubeconfig" in finding.found
    assert "KUBECONFIG" in finding.repair


def test_a_kubeconfig_that_is_none(monkeypatch, tmp_path):
    (tmp_path / "broken").write_text("just: [text")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "broken"))
    assert "kubeconfig" in only(examine_cluster(None, None, "pulih")).found


def test_a_context_that_is_not_there(kubeconfig):
    kubeconfig("http://127.0.0.1:9", namespace="pulih")
    assert "get-contexts" in only(examine_cluster("elsewhere", None, "pulih")).repair


def test_a_context_without_a_namespace(kubeconfig):
    kubeconfig("http://127.0.0.1:9")
    assert "--namespace" in only(examine_cluster(None, None, "pulih")).repair


def test_nobody_listens(kubeconfig):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    kubeconfig(f"http://127.0.0.1:{port}", namespace="pulih")
    finding = only(examine_cluster(None, None, "pulih"))
    assert f"127.0.0.1:{port}" in finding.found
    assert "kubectl cluster-info" in finding.repair


def test_a_name_that_does_not_resolve(kubeconfig):
    kubeconfig("https://no-such-host.invalid:6443", namespace="pulih")
    assert "kubectl cluster-info" in only(examine_cluster(None, None, "pulih")).repair


def test_a_refused_token(kubeconfig, web_server):
    answer = json.dumps({"kind": "Status", "message": "Unauthorized"}).encode()
    address, _ = web_server((401, "application/json", answer))
    kubeconfig(f"http://{address}", namespace="pulih")
    finding = only(examine_cluster(None, None, "pulih"))
    assert "status 401: Unauthorized" in finding.found
    assert "Log in again" in finding.repair


def test_another_server_at_the_address(kubeconfig, web_server):
    address, _ = web_server((404, "text/html", b"<html>nothing here</html>"))
    kubeconfig(f"http://{address}", namespace="pulih")
    assert "status 404" in only(examine_cluster(None, None, "pulih")).found


def test_every_check_has_a_name_of_its_own():
    assert len(CHECKS) == len({check.__name__ for check in CHECKS.values()})
