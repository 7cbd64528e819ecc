from pathlib import Path

import pytest

from pulih.common.errors import ConfigError
from pulih.common.settings import Settings, unknown_variables, variable_names, without_password


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    for name in variable_names():
        monkeypatch.delenv(name, raising=False)


def test_without_variables_no_server_is_needed():
    settings = Settings()
    assert (settings.s3_url, settings.mlflow_uri, settings.kfp_host) == (None, None, None)
    assert settings.environment_for_s3_tools() == {}


def test_variables_are_read_and_the_home_folder_is_expanded(monkeypatch):
    monkeypatch.setenv("HOME", "/home/archivist")
    monkeypatch.setenv("PULIH_FONTS_DIR", "~/fonts")
    monkeypatch.setenv("PULIH_S3_SECURE", "false")
    monkeypatch.setenv("PULIH_MLFLOW_URI", "")
    settings = Settings()
    assert (settings.fonts_dir, settings.s3_secure, settings.mlflow_uri) == (Path("/home/archivist/fonts"), False, None)
    assert "~" not in str(settings.runs_dir) + str(Settings.model_construct().runs_dir)


@pytest.mark.parametrize("endpoint", ["localhost:9000", "s3.amazonaws.com", "10.0.0.1", "[::1]:9000", "minio.ns.svc"])
def test_a_host_with_or_without_port_is_an_endpoint(endpoint):
    assert Settings(s3_endpoint=endpoint).s3_url == f"https://{endpoint}"


@pytest.mark.parametrize("endpoint", ["http://localhost:9000", "localhost:9000/", "local host", "user:pw@host"])
def test_an_endpoint_with_more_than_that_is_refused(endpoint, monkeypatch):
    monkeypatch.setenv("PULIH_S3_ENDPOINT", endpoint)
    with pytest.raises(ConfigError, match=r"PULIH_S3_ENDPOINT; found one that is refused \(host or host:port"):
        Settings()


@pytest.mark.parametrize("lacking", ["PULIH_S3_ACCESS_KEY", "PULIH_S3_SECRET_KEY"])
def test_one_key_without_the_other_is_refused_and_never_shown(monkeypatch, lacking):
    for name in ("PULIH_S3_ACCESS_KEY", "PULIH_S3_SECRET_KEY"):
        monkeypatch.setenv(name, "hidden-value")
    monkeypatch.delenv(lacking)
    with pytest.raises(ConfigError, match="go together") as caught:
        Settings()
    assert "hidden-value" not in str(caught.value)


def test_a_wrong_value_names_its_variable(monkeypatch):
    monkeypatch.setenv("PULIH_S3_TIMEOUT", "soon")
    with pytest.raises(ConfigError, match="PULIH_S3_TIMEOUT"):
        Settings()


def test_secrets_are_hidden_in_every_printed_form():
    settings = Settings(s3_access_key="access-1", s3_secret_key="secret-1", kfp_token="token-1")
    printed = f"{settings} {settings!r} {settings.model_dump()} {settings.model_dump_json()}"
    assert not [value for value in ("access-1", "secret-1", "token-1") if value in printed]


def test_the_tools_of_s3_are_told_the_same_store(s3_settings):
    import boto3
    from botocore.client import Config

    variables = s3_settings.environment_for_s3_tools()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        client = boto3.Session().client("s3", config=Config(retries={"max_attempts": 0}))
        assert {"archive", "models"} <= {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}
    assert {variables[name] for name in ("AWS_ENDPOINT_URL", "MLFLOW_S3_ENDPOINT_URL", "FEAST_S3_ENDPOINT_URL")} == {
        f"http://{s3_settings.s3_endpoint}"
    }
    assert variables["S3_USE_HTTPS"] == "0"


def test_aws_itself_keeps_its_own_addressing_and_a_private_authority_is_passed_on():
    aws = Settings(s3_endpoint="s3.eu-west-1.amazonaws.com").environment_for_s3_tools()
    private = Settings(s3_endpoint="minio:9000", s3_ca_file=Path("/etc/ca.pem")).environment_for_s3_tools()
    assert (aws["MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE"], aws["S3_VERIFY_SSL"]) == ("auto", "1")
    assert (private["MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE"], private["AWS_CA_BUNDLE"]) == ("path", "/etc/ca.pem")
    assert "AWS_SECRET_ACCESS_KEY" not in aws


def test_a_variable_that_nothing_reads_is_reported_with_the_nearest_name():
    environment = {"PULIH_S3_ENDPONT": "x", "PULIH_MLFLOW_URL": "x", "PULIH_RUNS_DIR": "runs", "PATH": "x"}
    assert unknown_variables(environment) == {
        "PULIH_S3_ENDPONT": "PULIH_S3_ENDPOINT",
        "PULIH_MLFLOW_URL": "PULIH_MLFLOW_URI",
    }


def test_a_password_in_an_address_is_left_out():
    assert without_password("postgresql://user:pw@db:5432/x") == "postgresql://db:5432/x"
    assert without_password("https://mlflow.example.org/a@b") == "https://mlflow.example.org/a@b"
