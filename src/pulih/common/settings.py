"""The one settings object: where the outside world is. Every variable starts with ``PULIH_``."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Addresses, credentials and folders; the defaults need no server."""

    model_config = SettingsConfigDict(env_prefix="PULIH_", extra="ignore", frozen=True)

    runs_dir: Path = Field(Path("runs"), description="runs, the local registry and the caches")
    work_dir: Path | None = Field(None, description="where stages keep what a resume needs; by default their output")
    real_data: Path = Field(Path("../shared/data"), description="folder of real archive data; its archive/ feeds drift")
    fonts_dir: Path = Field(Path("~/.cache/pulih/fonts").expanduser(), description="converted handwriting fonts")

    s3_endpoint: str | None = Field(None, description="host:port of the S3-compatible store, without a scheme")
    s3_access_key: SecretStr | None = None
    s3_secret_key: SecretStr | None = None
    s3_region: str = "us-east-1"
    s3_secure: bool = Field(True, description="TLS towards the store")

    mlflow_uri: str | None = Field(None, description="tracking server; by default SQLite in runs_dir")
    mlflow_artifacts: str | None = Field(None, description="artifact root of new experiments; by default in runs_dir")
    feast_repo: Path | None = Field(None, description="feature repository; by default one in runs_dir")
    kfp_host: str | None = Field(None, description="Kubeflow Pipelines API")
    kfp_token: SecretStr | None = None
    kfp_namespace: str | None = None
