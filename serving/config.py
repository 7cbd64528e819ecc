"""Settings of the endpoint."""

import os
from typing import Literal

from pydantic import Field

from pulih.common.config import StageConfig
from pulih.data.images import ImageLimits
from pulih.restorer.colour import Paper


def default_host() -> str:
    """Return ``PULIH_SERVING_HOST``, else every interface inside Kubernetes and only this machine elsewhere."""
    return os.environ.get("PULIH_SERVING_HOST") or (
        "0.0.0.0" if "KUBERNETES_SERVICE_HOST" in os.environ else "127.0.0.1"  # noqa: S104 - a pod is reached by its IP
    )


def default_log_format() -> Literal["text", "json"]:
    """Return ``json`` inside Kubernetes, where programs read the log, and ``text`` elsewhere."""
    return "json" if "KUBERNETES_SERVICE_HOST" in os.environ else "text"


class ServingConfig(StageConfig):
    """What is served, where, and how much of it at once."""

    model_dir: str = Field(min_length=1, description="restorer artifact: a folder or an s3:// prefix")
    model_name: str = Field("restorer", pattern=r"^[A-Za-z0-9._-]+$", description="name in the endpoint's paths")
    host: str = Field(default_factory=default_host, description="address to listen on")
    port: int = Field(8080, ge=1, le=65535)
    grpc_port: int = Field(0, ge=0, le=65535, description="port of V2 over gRPC, KServe's is 8081; 0 = no gRPC")
    threads: int = Field(0, ge=0, description="CPU threads of the inference; 0 = one per core")
    paper: Paper = Field("keep", description="what a request gets that does not say")
    max_body_bytes: int = Field(64 * 2**20, gt=0, description="size of a request's body; base64 adds a third")
    max_images: int = Field(16, ge=1, description="images in one request")
    max_requests: int = Field(32, ge=1, description="requests held at once, running or waiting; further ones get 429")
    max_held_bytes: int = Field(256 * 2**20, gt=0, description="bytes of all held bodies; beyond it requests get 429")
    body_seconds: float = Field(120.0, gt=0, description="time a client has to send its body")
    request_seconds: float = Field(600.0, gt=0, description="time from arrival to answer; beyond it 504")
    pages_at_once: int = Field(1, ge=1, description="pages restored side by side; each needs its own memory")
    batch_tiles: int = Field(1, ge=1, description="tiles of different pages that run together; 1 = no batching")
    batch_wait_ms: float = Field(5.0, ge=0, description="time that a tile waits for others to join its batch")
    drain_seconds: float = Field(0.5, ge=0, description="time after SIGTERM in which new requests are still taken")
    grace_seconds: int = Field(60, ge=1, description="time that running requests have after SIGTERM")
    reload_seconds: float = Field(0.0, ge=0, description="time between looks for a new model; 0 = on SIGUSR1 only")
    log_format: Literal["text", "json"] = Field(default_factory=default_log_format, description="json in Kubernetes")
    limits: ImageLimits = ImageLimits()
    recognizer_dir: str = Field(
        "", description="recognizer artifact with an ONNX model (folder, s3:// prefix) that reads for the viewer"
    )
