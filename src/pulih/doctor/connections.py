"""Checks of the stores and servers that the settings name; what is not configured is embedded and needs none."""

import json
import sqlite3
import uuid
from contextlib import closing
from pathlib import Path

from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError

from pulih.common.errors import ConfigError, StoreError
from pulih.common.settings import Settings, without_password
from pulih.doctor.finding import Finding
from pulih.stores.s3 import ObjectStore
from pulih.stores.urls import S3Url, is_s3

PROBE = b"pulih doctor was here"
TIMEOUT = Timeout(connect=5, read=15)


def check_s3(settings: Settings) -> Finding:
    """Write, read and delete a probe object in the configured store."""
    if not settings.s3_endpoint:
        return Finding("S3", "ok", "not configured: artifacts stay in local folders")
    bucket = None
    try:
        bucket = _bucket(settings)
        store = ObjectStore.from_settings(settings.model_copy(update={"s3_retries": min(settings.s3_retries, 1)}))
        if bucket is None:
            buckets = store.buckets()
            found = f"{store.address} answers; {len(buckets)} buckets ({', '.join(buckets[:4]) or 'none'})"
            return Finding("S3", "warn", found, "Set PULIH_S3_BUCKET to have writing to it tested.")
        _probe(store, S3Url(bucket, f".pulih-doctor/{uuid.uuid4().hex}"))
    except StoreError as err:
        if bucket is None and "AccessDenied" in err.found:
            found = f"{settings.s3_url} knows these keys, which may not list buckets"
            return Finding("S3", "warn", found, "Set PULIH_S3_BUCKET to have writing to it tested.")
        return Finding("S3", "fail", f"expected {err.expected}; found {err.found}", err.fix)
    return Finding("S3", "ok", f"{store.address}: an object was written to {bucket}, read and deleted")


def _bucket(settings: Settings) -> str | None:
    if settings.s3_bucket:
        return settings.s3_bucket
    root = settings.mlflow_artifacts or ""
    return S3Url.parse(root).bucket if root.startswith("s3:") and is_s3(root) else None


def _probe(store: ObjectStore, url: S3Url) -> None:
    store.write(PROBE, url)
    try:
        if store.read(url) != PROBE:
            raise StoreError(f"the probe that was written to {url}", "something else", "Repair the store.")
    finally:
        store.delete(url)


def check_mlflow(settings: Settings) -> Finding:
    """Check the tracking server, or the local database with the registry."""
    from pulih.stores.tracking import tracking_uri

    uri = tracking_uri(settings)
    address = without_password(uri)
    if (settings.mlflow_artifacts or "").startswith("s3:") and not settings.s3_endpoint:
        found = f"artifacts go to {settings.mlflow_artifacts}, but no S3 store is configured"
        return Finding("MLflow", "fail", found, "Set PULIH_S3_ENDPOINT and its keys.")
    if uri.startswith("sqlite:///"):
        return _check_sqlite(Path(uri.removeprefix("sqlite:///")))
    if uri.startswith(("http://", "https://")):
        return _check_server("MLflow", f"{uri.rstrip('/')}/health", {}, "PULIH_MLFLOW_URI")
    return _check_database(uri, address)


def _check_sqlite(file: Path) -> Finding:
    if not file.is_file():
        return Finding("MLflow", "ok", f"embedded; {file} will be made by the first run")
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=rw", uri=True, timeout=5)) as database:
            (state,) = database.execute("PRAGMA quick_check(1)").fetchone()
            runs = database.execute("SELECT count(*) FROM runs").fetchone()[0] if state == "ok" else 0
    except sqlite3.Error as err:
        state = str(err)
    if state != "ok":
        repair = f"Restore {file} from a copy, or move it away: the next run makes a new registry."
        return Finding("MLflow", "fail", f"{file}: {state}", repair)
    return Finding("MLflow", "ok", f"embedded, {runs} runs in {file}")


def _check_database(uri: str, address: str) -> Finding:
    from sqlalchemy import create_engine
    from sqlalchemy.exc import SQLAlchemyError

    try:
        engine = create_engine(uri)
        with engine.connect():
            pass
        engine.dispose()
    except (SQLAlchemyError, ImportError) as err:
        reason = without_password(str(err).splitlines()[0])
        return Finding("MLflow", "fail", f"{address}: {reason}", "Correct PULIH_MLFLOW_URI, or start the database.")
    return Finding("MLflow", "ok", f"{address} accepts a connection")


def _check_server(name: str, url: str, headers: dict[str, str], variable: str) -> Finding:
    shown = without_password(url)
    try:
        with PoolManager(timeout=TIMEOUT, retries=False) as http:
            answer = http.request("GET", url, headers=headers, redirect=False)
    except (HTTPError, ValueError) as err:
        return Finding(name, "fail", f"{shown}: {type(err).__name__}", f"Start the server, or correct {variable}.")
    if answer.status == 200:
        return Finding(name, "ok", f"{shown} answers")
    repairs = {
        301: f"Set {variable} to the address it redirects to.",
        302: "It asks for a log-in: set PULIH_KFP_TOKEN, or use an address inside the cluster.",
        401: "Give a token or a user and password that it knows.",
        403: "It refuses this client or host name: an MLflow server behind another name needs --allowed-hosts.",
    }
    repair = repairs.get(answer.status, f"Check {variable}: this is not the address of {name}.")
    return Finding(name, "fail", f"{shown}: HTTP status {answer.status}", repair)


def check_feast(settings: Settings) -> Finding:
    """Check that the configured feature repository has a readable definition."""
    if settings.feast_repo is None:
        return Finding("Feast", "ok", "embedded; a local feature repository is made when the drift check runs")
    import yaml  # type: ignore[import-untyped]

    path = settings.feast_repo / "feature_store.yaml"
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as err:
        return Finding("Feast", "fail", f"{path}: {type(err).__name__}", "Correct PULIH_FEAST_REPO or that file.")
    lacking = [
        key for key in ("project", "provider", "registry") if not isinstance(content, dict) or key not in content
    ]
    if lacking:
        return Finding("Feast", "fail", f"{path} lacks {', '.join(lacking)}", "Complete the file.")
    if "s3://" in json.dumps(content) and not settings.s3_endpoint:
        return Finding("Feast", "fail", f"{path} names s3://, but no S3 store is configured", "Set PULIH_S3_ENDPOINT.")
    return Finding("Feast", "ok", f"project {content['project']}, provider {content['provider']} in {path}")


def check_kfp(settings: Settings) -> Finding:
    """Check the API of Kubeflow Pipelines when there is one."""
    if settings.kfp_host is None:
        return Finding("Pipelines", "ok", "not configured: runs take place on this machine")
    try:
        token = settings.kfp_bearer()
    except ConfigError as err:
        return Finding("Pipelines", "fail", err.found, err.fix)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = f"{settings.kfp_host.rstrip('/')}/apis/v2beta1/healthz"
    return _check_server("Pipelines", url, headers, "PULIH_KFP_HOST")
