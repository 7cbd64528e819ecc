"""What a failed request to a Kubernetes API server means for the user."""

import json
from typing import Any

from pulih.common.errors import ClusterError

WHO = "`kubectl auth whoami` tells who you are"
FIXES = {
    400: "Correct the object; the message names the field.",
    401: f"Log in again, or choose another context of the kubeconfig ({WHO}).",
    403: f"Ask for the right; in the chart rbac.deployers and rbac.submitters grant it ({WHO}).",
    404: "Correct the name or the namespace, or install what is missing (docs/cluster.md).",
    409: "Somebody changed it meanwhile: run the same command again.",
    422: "Correct the object; the message names the field.",
    503: "The Service has no pod that answers: look at the pods and their events.",
}


class Refused(ClusterError):
    """An answer with an error; ``status`` is its HTTP number."""

    def __init__(self, expected: str, found: str, fix: str, status: int = 0) -> None:
        super().__init__(expected, found, fix)
        self.status = status


def explain(status: int, reason: str, body: Any, request: str, address: str) -> Refused:
    """Return the error that tells what an answer with an error to ``request`` means."""
    message = _message(body) or reason
    # Refusals of the object itself come as 403 and 500 too, by webhooks, Pod Security, and for unknown fields.
    faulty = any(sign in message for sign in ("not declared in schema", "denied the request", "violates PodSecurity"))
    fix = FIXES.get(400 if faulty else status, "Run the same command again; if it stays, look at the API server's log.")
    return Refused(f"{address} to accept {request}", f"status {status}: {message}", fix, status)


def unreachable(err: Exception, address: str) -> ClusterError:
    """Return the error that tells that no API server answered."""
    fix = "Start the cluster or correct the kubeconfig (`kubectl cluster-info` must work)."
    return ClusterError(f"a Kubernetes API server at {address}", f"{type(err).__name__}: {str(err)[:200]}", fix)


def _message(body: Any) -> str:
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body or "")
    try:
        answer = json.loads(text)
    except ValueError:
        return " ".join(text.split())[:500]
    return str(answer.get("message") or answer.get("error") or text)[:1000] if isinstance(answer, dict) else text[:500]
