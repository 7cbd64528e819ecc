"""What a failed S3 request means for the user: one StoreError with the next step, and never a secret in it."""

from xml.etree.ElementTree import ParseError

from minio.error import InvalidResponseError, S3Error, ServerError
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
    SSLError,
)

from pulih.common.errors import StoreError
from pulih.stores.urls import S3Url

FAILURES = (S3Error, ServerError, InvalidResponseError, HTTPError, ParseError)
CREDENTIALS = "a rotated key needs the new pair in PULIH_S3_ACCESS_KEY and PULIH_S3_SECRET_KEY"
AGAIN = "What was finished stays: run the same command again when the store answers (`pulih doctor` tests it)."

# S3's error codes: what was expected at {at} of the store {store}, and the next step.
MEANINGS = {
    "InvalidAccessKeyId": ("an access key that {store} knows", f"Correct PULIH_S3_ACCESS_KEY; {CREDENTIALS}."),
    "SignatureDoesNotMatch": (
        "the secret key that belongs to the access key at {store}",
        f"Correct PULIH_S3_SECRET_KEY (or, with AWS, PULIH_S3_REGION); {CREDENTIALS}.",
    ),
    "AccessDenied": ("permission for {at}", "Ask the owner of the store for it, or set the keys of another identity."),
    "NoSuchBucket": ("the bucket of {at} at {store}", "Create the bucket, or correct the address."),
    "NoSuchKey": ("an object at {at}", "Correct the address, or publish the object first."),
    "PreconditionFailed": ("{at} unchanged while it was read", "Somebody wrote to it: run the same command again."),
    "RequestTimeTooSkewed": ("this machine's clock near that of {store}", "Set the clock (NTP)."),
    "PermanentRedirect": ("the region of {at}", "Set PULIH_S3_REGION to the bucket's region."),
    "AuthorizationHeaderMalformed": ("the region of {at}", "Set PULIH_S3_REGION to the bucket's region."),
    "EntityTooLarge": ("an object that {store} accepts", "Raise the store's limit, or split the file."),
    "XMinioStorageFull": ("room at {store}", "Free some space in the store; nothing half-written was left."),
    "QuotaExceeded": ("room at {store}", "Free some space in the store; nothing half-written was left."),
}


def explain(err: Exception, url: S3Url, store: str) -> StoreError:
    """Return the StoreError that tells what ``err``, met at ``url`` of the store at ``store``, means.

    Args:
        err: one of ``FAILURES``, as minio or urllib3 raise them.
        store: the store's address, with its scheme.
    """
    if isinstance(err, MaxRetryError) and err.reason:
        err = err.reason
    if isinstance(err, S3Error):
        return _explain_code(err, url, store)
    if isinstance(err, SSLError):
        return _explain_tls(err, store)
    if isinstance(err, HTTPError):
        return _explain_connection(err, url, store)
    return _explain_stranger(err, store)


def _explain_stranger(err: Exception, store: str) -> StoreError:
    status = err.status_code if isinstance(err, ServerError) else getattr(err, "_code", "unknown")
    if status == 400 and store.startswith("http:"):
        fix = "If the store speaks TLS, set PULIH_S3_SECURE=true."
        return StoreError(f"plain HTTP at {store}", "HTTP status 400", fix)
    fix = "Check PULIH_S3_ENDPOINT: it must be the S3 port, not that of a web page."
    return StoreError(f"an S3 store at {store}", f"an answer that is not S3's (HTTP status {status})", fix)


def _explain_code(err: S3Error, url: S3Url, store: str) -> StoreError:
    expected, fix = MEANINGS.get(err.code or "", (f"{store} to accept the request for {url}", AGAIN))
    return StoreError(expected.format(at=url, store=store), f"the answer {err.code}", fix)


def _explain_tls(err: SSLError, store: str) -> StoreError:
    if "CERTIFICATE_VERIFY_FAILED" in str(err):
        fix = "Set PULIH_S3_CA_FILE to the certificate of its authority, or use the name that the certificate has."
        return StoreError(f"a trusted certificate at {store}", _reason(err), fix)
    fix = "If the store speaks plain HTTP, set PULIH_S3_SECURE=false; otherwise check the port."
    return StoreError(f"a TLS server at {store}", _reason(err), fix)


def _explain_connection(err: HTTPError, url: S3Url, store: str) -> StoreError:
    if isinstance(err, NameResolutionError):
        return StoreError(f"a known host at {store}", "a name that does not resolve", "Correct PULIH_S3_ENDPOINT.")
    if isinstance(err, NewConnectionError | ConnectTimeoutError):
        fix = f"Start the store or correct PULIH_S3_ENDPOINT. {AGAIN}"
        return StoreError(f"a server at {store}", "nothing that accepts a connection", fix)
    if isinstance(err, ReadTimeoutError):
        return StoreError(f"an answer from {store} about {url}", "silence until PULIH_S3_TIMEOUT", AGAIN)
    lost = "a connection that was lost" if isinstance(err, ProtocolError) else _reason(err)
    tls = "" if store.startswith("https:") else " If the store speaks TLS, set PULIH_S3_SECURE=true."
    return StoreError(f"{store} to stay up during the transfer of {url}", lost, AGAIN + tls)


def _reason(err: Exception) -> str:
    return f"{type(err).__name__}: {str(err)[:160]}"
