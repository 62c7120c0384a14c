"""Servers of the test's own on loopback, each with one bad habit; and the certificates for those that speak TLS."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Habit = Callable[[socket.socket, bytes], None]  # the connection, and the request as it came


@contextmanager
def serve(habit: Habit, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """The port on which it listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        Thread(target=_accept, args=(listening, habit, tls), daemon=True).start()
        yield listening.getsockname()[1]


def _accept(listening: socket.socket, habit: Habit, tls: ssl.SSLContext | None) -> None:
    with suppress(OSError):
        while True:
            connection, _address = listening.accept()
            Thread(target=_answer, args=(connection, habit, tls), daemon=True).start()


def _answer(connection: socket.socket, habit: Habit, tls: ssl.SSLContext | None) -> None:
    with suppress(OSError), connection:
        speaking = tls.wrap_socket(connection, server_side=True) if tls else connection
        with speaking:
            habit(speaking, _whole(speaking))


def _whole(connection: socket.socket) -> bytes:
    """The request with its body, in however many pieces it comes."""
    said = b""
    while (more := connection.recv(65536)) != b"":
        said += more
        head, blank, body = said.partition(b"\r\n\r\n")
        length = next((int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
        if blank and len(body) >= length:
            break
    return said


def says(status: str, body: bytes = b"", *headers: str) -> Habit:
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""])
    return lambda connection, _request: connection.sendall(head.encode() + body)


def drips(head: bytes, drop: bytes) -> Habit:
    """Never silent for long, and never done."""

    def habit(connection: socket.socket, _request: bytes) -> None:
        connection.sendall(head)
        pause = Event()
        while not pause.wait(0.02):
            connection.sendall(drop)

    return habit


def hangs(connection: socket.socket, _request: bytes) -> None:
    connection.recv(1)  # until the other side goes


def pours(connection: socket.socket, _request: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65536)


def certificate(folder: Path, host: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server that proves to be `host`, and whom to trust to believe it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    built = built.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    built = built.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    signed = built.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    file = folder / "server.pem"
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(secret + signed.public_bytes(serialization.Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cafile=str(file))
