import sqlite3

import pytest

from pulih.doctor.connections import check_feast, check_kfp, check_mlflow, check_s3
from pulih.stores.s3 import ObjectStore
from pulih.stores.urls import S3Url


def test_what_is_not_configured_needs_nothing(clean):
    assert {check(clean()).state for check in (check_s3, check_mlflow, check_feast, check_kfp)} == {"ok"}


def test_a_probe_is_written_read_and_removed(clean, s3_settings):
    finding = check_s3(clean(s3_bucket="reports"))
    assert (finding.state, "reports" in finding.found) == ("ok", True)
    assert ObjectStore.from_settings(s3_settings).list(S3Url("reports")) == []


def test_the_bucket_of_the_artifacts_is_probed_when_no_other_is_named(clean, s3_settings):
    assert "written to mlflow" in check_s3(clean(s3_bucket=None, mlflow_artifacts="s3://mlflow/root")).found


def test_without_a_bucket_the_store_is_only_listed(clean, s3_settings):
    finding = check_s3(clean(s3_bucket=None))
    assert (finding.state, "5 buckets" in finding.found, "PULIH_S3_BUCKET" in finding.repair) == ("warn", True, True)


def test_an_identity_that_may_not_list_buckets_is_only_a_warning(clean, s3_settings, monkeypatch):
    for name in ("PULIH_S3_ACCESS_KEY", "PULIH_S3_SECRET_KEY", "PULIH_S3_BUCKET"):
        monkeypatch.delenv(name)
    finding = check_s3(clean())
    assert (finding.state, "may not list buckets" in finding.found) == ("warn", True)


@pytest.mark.parametrize(
    ("change", "repair"),
    [
        ({"s3_secret_key": "wrong-secret"}, "PULIH_S3_SECRET_KEY"),
        ({"s3_access_key": "nobody"}, "PULIH_S3_ACCESS_KEY"),
        ({"s3_bucket": "no-such-bucket"}, "Create the bucket"),
        ({"s3_endpoint": "127.0.0.1:1"}, "PULIH_S3_ENDPOINT"),
        ({"s3_secure": True}, "PULIH_S3_SECURE=false"),
        ({"s3_bucket": None, "mlflow_artifacts": "s3://Not_A_Bucket"}, "small letters"),
    ],
)
def test_a_store_that_fails_says_what_to_correct(clean, s3_settings, change, repair):
    finding = check_s3(clean(**{"s3_bucket": "models"} | change))
    assert (finding.state, repair in finding.repair) == ("fail", True), finding
    assert "wrong-secret" not in str(finding)


def test_a_server_that_is_healthy_is_ok(clean, web_server):
    endpoint, asked = web_server((200, "text/plain", b"OK"))
    finding = check_mlflow(clean(mlflow_uri=f"http://user:hidden@{endpoint}/"))
    assert (finding.state, asked) == ("ok", ["/health"])
    assert "hidden" not in finding.found


@pytest.mark.parametrize(
    ("status", "repair"), [(403, "--allowed-hosts"), (401, "token"), (404, "not the address of MLflow")]
)
def test_a_server_that_refuses_says_why(clean, web_server, status, repair):
    endpoint, _ = web_server((status, "text/plain", b""))
    finding = check_mlflow(clean(mlflow_uri=f"http://{endpoint}"))
    assert (finding.state, str(status) in finding.found, repair in finding.repair) == ("fail", True, True)


def test_a_server_that_is_not_there_fails(clean):
    finding = check_mlflow(clean(mlflow_uri="http://127.0.0.1:1"))
    assert (finding.state, "PULIH_MLFLOW_URI" in finding.repair) == ("fail", True)


def test_the_embedded_registry_is_counted_and_a_damaged_one_fails(clean):
    file = clean().runs_dir / "registry" / "mlflow.db"
    file.parent.mkdir(parents=True)
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE runs (id INTEGER)")
        database.execute("INSERT INTO runs VALUES (1)")
    database.close()
    assert "1 runs" in check_mlflow(clean()).found
    file.write_bytes(b"not a database" * 100)
    finding = check_mlflow(clean())
    assert (finding.state, "Restore" in finding.repair) == ("fail", True)


def test_another_database_is_connected_to(clean, tmp_path):
    assert check_mlflow(clean(mlflow_uri=f"sqlite+pysqlite:///{tmp_path}/x.db")).state == "ok"
    finding = check_mlflow(clean(mlflow_uri="nosuchdriver://user:hidden@host/db"))
    assert (finding.state, "hidden" in str(finding)) == ("fail", False)


def test_artifacts_in_a_store_that_is_not_configured_fail(clean):
    finding = check_mlflow(clean(mlflow_artifacts="s3://mlflow/x"))
    assert (finding.state, "PULIH_S3_ENDPOINT" in finding.repair) == ("fail", True)


@pytest.mark.parametrize(
    ("content", "state"),
    [
        ("project: pulih\nprovider: local\nregistry: data/registry.db\n", "ok"),
        ("project: pulih\nprovider: local\nregistry: s3://features/registry.db\n", "fail"),
        ("project: pulih\n", "fail"),
        ("- a list\n", "fail"),
        ("{", "fail"),
        (None, "fail"),
    ],
)
def test_a_feature_repository_needs_a_whole_definition(clean, tmp_path, content, state):
    if content is not None:
        (tmp_path / "feature_store.yaml").write_text(content)
    assert check_feast(clean(feast_repo=tmp_path)).state == state


def test_the_pipelines_are_asked_for_their_health(clean, web_server):
    endpoint, asked = web_server((200, "application/json", b"{}"))
    assert check_kfp(clean(kfp_host=f"http://{endpoint}/", kfp_token="t")).state == "ok"
    assert asked == ["/apis/v2beta1/healthz"]


def test_pipelines_behind_a_login_ask_for_a_token(clean, web_server):
    endpoint, _ = web_server((302, "text/html", b""))
    finding = check_kfp(clean(kfp_host=f"http://{endpoint}", kfp_token="hidden-token"))
    assert (finding.state, "PULIH_KFP_TOKEN" in finding.repair) == ("fail", True)
    assert "hidden-token" not in str(finding)
