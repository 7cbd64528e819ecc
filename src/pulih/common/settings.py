"""The one settings object: where the outside world is. Every variable starts with ``PULIH_``."""

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from pulih.common.errors import ConfigError

PREFIX = "PULIH_"
# Read where no Settings object is: by scripts and tests, while a pipeline compiles, between a parent and its child.
BESIDE_SETTINGS = (
    "PULIH_TRAINING_IMAGE",
    "PULIH_SERVING_HOST",
    "PULIH_PYTHON",
    "PULIH_START_WAIT",
    "PULIH_DRIVER",
    "PULIH_ERROR_REPORT",
    "PULIH_CRDS",
    "PULIH_CLUSTER_TOOLS",
    "PULIH_CONTAINERS",
    "PULIH_KRAKEN",
    "PULIH_OCRD",
)


class Settings(BaseSettings):
    """Addresses, credentials and folders; the defaults need no server.

    Raises:
        ConfigError: a variable has a value that cannot be used; the message names it and never shows a secret.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="ignore", frozen=True, env_ignore_empty=True, hide_input_in_errors=True
    )

    runs_dir: Path = Field(Path("runs"), description="runs, the local registry and the caches")
    logbook: Path = Field(Path("logbook/LOGBOOK.md"), description="where every run leaves its entry")
    work_dir: Path | None = Field(None, description="where stages keep what a resume needs; by default their output")
    real_data: Path = Field(Path("../shared/data"), description="folder of real archive data; its archive/ feeds drift")
    fonts_dir: Path = Field(Path("~/.cache/pulih/fonts"), validate_default=True, description="converted fonts")
    viewer_dir: Path = Field(Path("~/.cache/pulih/viewer"), validate_default=True, description="OpenSeadragon")

    s3_endpoint: str | None = Field(None, description="host:port of the S3-compatible store, without a scheme")
    s3_access_key: SecretStr | None = None
    s3_secret_key: SecretStr | None = None
    s3_bucket: str | None = Field(None, description="bucket of Pulih's own; `pulih doctor` tests writing to it")
    checkpoints: str | None = Field(None, description="s3:// prefix that trainings keep a copy of their checkpoint at")
    s3_region: str = "us-east-1"
    s3_secure: bool = Field(True, description="TLS towards the store")
    s3_ca_file: Path | None = Field(None, description="certificate authority of a store with a private certificate")
    s3_timeout: float = Field(60.0, gt=0, le=3600, description="seconds of silence after which a transfer is retried")
    s3_retries: int = Field(4, ge=0, le=10, description="further attempts after a transient failure")

    mlflow_uri: str | None = Field(None, description="tracking server; by default SQLite in runs_dir")
    mlflow_artifacts: str | None = Field(None, description="artifact root of new experiments; by default in runs_dir")
    live_curves: bool | None = Field(None, description="trainings in MLflow as they run; by default with mlflow_uri")
    feast_repo: Path | None = Field(None, description="feature repository; by default one in runs_dir")
    kfp_host: str | None = Field(None, description="Kubeflow Pipelines API")
    kfp_token: SecretStr | None = None
    kfp_token_file: Path | None = Field(None, description="file with a token that is renewed, e.g. a service account's")
    kfp_namespace: str | None = None
    kfp_service_account: str | None = Field(None, description="account of a run's pods; the chart's: RELEASE-pipeline")

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as err:
            raise _explain(err) from None

    @field_validator(
        "runs_dir", "work_dir", "real_data", "fonts_dir", "viewer_dir", "s3_ca_file", "feast_repo", "kfp_token_file"
    )
    @classmethod
    def _expand_home(cls, value: Path | None) -> Path | None:
        return value.expanduser() if value else value

    @field_validator("s3_endpoint")
    @classmethod
    def _host_and_port_only(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"[\w.-]+(:\d{1,5})?|\[[0-9a-fA-F:]+\](:\d{1,5})?", value):
            raise ValueError("host or host:port, without http:// and without a path; PULIH_S3_SECURE chooses TLS")
        return value

    @model_validator(mode="after")
    def _both_keys_or_none(self) -> "Settings":
        if bool(self.s3_access_key) != bool(self.s3_secret_key):
            raise ValueError("PULIH_S3_ACCESS_KEY and PULIH_S3_SECRET_KEY go together: set both, or none")
        return self

    @property
    def s3_url(self) -> str | None:
        """The store's address with its scheme, or None when there is no store."""
        return f"{'https' if self.s3_secure else 'http'}://{self.s3_endpoint}" if self.s3_endpoint else None

    @property
    def logs_live(self) -> bool:
        """Whether a training shows its curves in MLflow while it runs."""
        return self.mlflow_uri is not None if self.live_curves is None else self.live_curves

    def kfp_bearer(self) -> str | None:
        """Return the token for Kubeflow Pipelines, from its file each time anew where there is one.

        Raises:
            ConfigError: the file cannot be read.
        """
        if self.kfp_token_file is None:
            return self.kfp_token.get_secret_value() if self.kfp_token else None
        try:
            return self.kfp_token_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as err:
            found = f"no readable file at {self.kfp_token_file} ({type(err).__name__})"
            raise ConfigError("a token in PULIH_KFP_TOKEN_FILE", found, "Correct the variable, or unset it.") from err

    def environment_for_s3_tools(self) -> dict[str, str]:
        """Render the store as the variables that boto3, MLflow, Feast and KServe's storage initializer read.

        Empty when no store is configured. The values hold the secret key: pass them on, never print them.
        """
        if not self.s3_url:
            return {}
        variables = {
            "AWS_ENDPOINT_URL": self.s3_url,
            "AWS_ENDPOINT_URL_S3": self.s3_url,
            "AWS_DEFAULT_REGION": self.s3_region,
            "AWS_REGION": self.s3_region,
            "MLFLOW_S3_ENDPOINT_URL": self.s3_url,
            "MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE": "auto" if self._is_aws() else "path",
            "FEAST_S3_ENDPOINT_URL": self.s3_url,
            "S3_USE_HTTPS": "1" if self.s3_secure else "0",
            "S3_VERIFY_SSL": "1" if self.s3_secure else "0",
        }
        if self.s3_access_key and self.s3_secret_key:
            variables["AWS_ACCESS_KEY_ID"] = self.s3_access_key.get_secret_value()
            variables["AWS_SECRET_ACCESS_KEY"] = self.s3_secret_key.get_secret_value()
        if self.s3_ca_file:
            variables["AWS_CA_BUNDLE"] = str(self.s3_ca_file)
        return variables

    def _is_aws(self) -> bool:
        return (self.s3_endpoint or "").split(":")[0].endswith(("amazonaws.com", "amazonaws.com.cn"))


def _explain(err: ValidationError) -> ConfigError:
    first = err.errors(include_input=False, include_url=False)[0]
    name = PREFIX + str(first["loc"][0]).upper() if first["loc"] else f"pair of {PREFIX} variables"
    reason = first["msg"].removeprefix("Value error, ")
    return ConfigError(f"a valid {name}", f"one that is refused ({reason})", "Correct or unset the variable.")


def variable_names() -> list[str]:
    """List the environment variables that Pulih reads."""
    return [*(PREFIX + name.upper() for name in Settings.model_fields), *BESIDE_SETTINGS]


def unknown_variables(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return every ``PULIH_`` variable that nothing reads, with the nearest valid name."""
    present = os.environ if environment is None else environment
    known = variable_names()
    upper = [name for name in present if name.upper().startswith(PREFIX) and name.upper() not in known]
    return {name: difflib.get_close_matches(name.upper(), known, n=1, cutoff=0.0)[0] for name in sorted(upper)}


def without_password(url: str) -> str:
    """Return ``url`` with the user and password before the host left out."""
    return re.sub(r"(?<=://)[^/@]*@", "", url)
