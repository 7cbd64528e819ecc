"""Settings of the trial deployment."""

from pydantic import Field

from pulih.common.config import StageConfig


class DeploymentConfig(StageConfig):
    """How a restorer is served once, and what it must answer."""

    page: str = Field("", description="page scan to send: a file or s3:// address; empty = the first one at hand")
    max_side: int = Field(3000, ge=64, description="a larger page is reduced to this many pixels before it is sent")
    threads: int = Field(0, ge=0, description="CPU threads of the server; 0 = one per core")
    start_seconds: float = Field(300.0, gt=0, description="time the server has to become ready")
    answer_seconds: float = Field(300.0, gt=0, description="time an answer may take")
    stop_seconds: float = Field(30.0, gt=0, description="time from SIGTERM to SIGKILL")
    seed: int = Field(0, ge=0, description="unused: nothing here is drawn")
    page_sha256: str = Field("", description="filled in by the stage: SHA-256 of the page")
    server_digest: str = Field("", description="filled in by the stage: digest of the server's code")
