"""A store behind a faulty line, and other servers that a wrong endpoint may meet."""

import contextlib
import datetime
import ipaddress
import logging
import socket
import ssl
import threading

import pytest

from pulih.stores.s3 import ObjectStore
from pulih.stores.urls import S3Url


@pytest.fixture(autouse=True)
def no_secret_in_the_log(request, caplog):
    caplog.set_level(logging.DEBUG)
    yield
    if "s3_server" in request.fixturenames:
        assert request.getfixturevalue("s3_server").keys[1] not in caplog.text


@pytest.fixture
def folder(s3_settings, request):
    """An address below which only this test writes."""
    return S3Url("archive", f"tests/{abs(hash(request.node.nodeid))}")


@pytest.fixture
def store(s3_settings):
    return ObjectStore.from_settings(s3_settings)


class FaultyLine:
    """A TCP proxy that cuts (or corrupts) a connection after so many bytes in one direction, so many times."""

    def __init__(self, upstream, *, cut_up=None, cut_down=None, corrupt_down=None, times=1, certificate=None):
        self.upstream = upstream
        self.limits = {"up": cut_up, "down": cut_down}
        self.corrupt_down, self.times = corrupt_down, times
        self.bytes, self.cuts = {"up": 0, "down": 0}, 0
        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.when_cut = lambda: None
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
                if self.context:
                    client = self.context.wrap_socket(client, server_side=True)
                host, port = self.upstream.split(":")
                server = socket.create_connection((host, int(port)))
            except ssl.SSLError:
                continue
            except OSError:
                if self.listener.fileno() < 0:
                    return
                client.close()
                continue
            for source, sink, way in ((client, server, "up"), (server, client, "down")):
                threading.Thread(target=self._pump, args=(source, sink, way), daemon=True).start()

    def _pump(self, source, sink, way):
        passed = 0
        try:
            while data := source.recv(65536):
                passed += len(data)
                if self.limits[way] is not None and passed > self.limits[way] and self.cuts < self.times:
                    self.cuts += 1
                    self.when_cut()
                    break
                if way == "down" and self.corrupt_down is not None and passed > self.corrupt_down:
                    data, self.corrupt_down = data[:-1] + bytes([data[-1] ^ 1]), None
                self.bytes[way] += len(data)
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def close(self):
        # Without the shutdown, accept() in the thread would keep the port open.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


@pytest.fixture
def faulty_line(s3_server, s3_settings, monkeypatch):
    """Make a store whose connections go through a FaultyLine; returns (line, store)."""
    lines = []

    def make(retries=2, **faults):
        line = FaultyLine(s3_server.endpoint, **faults)
        lines.append(line)
        settings = s3_settings.model_copy(update={"s3_endpoint": line.endpoint, "s3_retries": retries})
        return line, ObjectStore.from_settings(settings)

    yield make
    for line in lines:
        line.close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A self-signed certificate for 127.0.0.1 with its key, as one PEM file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "pulih test")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path
