"""What a call does with servers that mean it ill: real ones, on loopback."""

import socket
import ssl
import time
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from portsec.outbound import Answer, Limits, OutboundError, client, request
from tests.outbound.servers import certificate, drips, hangs, pours, says, serve

SHORT = Limits(connect=0.5, read=0.3, total=0.5, body=1000)


@pytest.fixture(autouse=True)
def _loopback_is_open(settings: Any) -> None:
    settings.PORTSEC_WEBHOOK_ALLOW_PRIVATE = True


def call(port: int, *, limits: Limits = SHORT, path: str = "/", **options: Any) -> Answer:
    return request(options.pop("method", "GET"), f"http://127.0.0.1:{port}{path}", limits=limits, **options)


def failure(port: int, **options: Any) -> OutboundError:
    with pytest.raises(OutboundError) as failed:
        call(port, **options)
    return failed.value


def test_it_brings_status_headers_and_body() -> None:
    with serve(says("202 Accepted", b"taken", "X-Mark: A")) as port:
        answer = call(port)
    assert (answer.status, answer.body, answer.headers["x-mark"]) == (202, b"taken", "A")


def test_it_sends_what_it_is_told_and_its_own_host() -> None:
    seen: list[bytes] = []
    with serve(lambda connection, asked: (seen.append(asked), says("200 OK")(connection, asked))[1]) as port:
        call(port, method="POST", path="/hook?a=b", headers={"X-Mine": "1", "Host": "inside", "Accept-Encoding": "gzip"}, body=b"{}")
    head, _blank, body = seen[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert (lines[0], body) == ("POST /hook?a=b HTTP/1.1", b"{}")
    assert {"X-Mine: 1", f"Host: 127.0.0.1:{port}", "Accept-Encoding: identity", "Content-Length: 2", "User-Agent: PortSec"} <= set(lines)
    assert "inside" not in head.decode()


def leads_to(port: int) -> str:
    return f"Location: http://127.0.0.1:{port}/"


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
def test_it_follows_no_redirect(status: str) -> None:
    asked: list[bytes] = []
    with serve(lambda connection, one: asked.append(one)) as inside, serve(says(status, b"", leads_to(inside))) as port:
        answer = call(port)
    assert answer.status == int(status[:3])
    assert asked == []


def test_it_asks_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []
    with serve(lambda connection, one: asked.append(one)) as proxy, serve(says("200 OK", b"itself")) as port:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy}")
        assert call(port).body == b"itself"
    assert asked == []


# Time


def timed(port: int, **options: Any) -> tuple[OutboundError, float]:
    begun = time.monotonic()
    error = failure(port, **options)
    return error, time.monotonic() - begun


def test_a_server_that_hangs_is_left_after_the_time_for_a_read() -> None:
    with serve(hangs) as port:
        error, taken = timed(port, limits=Limits(read=0.2, total=30))
    assert (error.code, error.permanent) == ("too_late", False)
    assert taken < 3


@pytest.mark.parametrize(("head", "drop"), [
    (b"HTTP/1.1 200 OK\r\n", b"X-More: a\r\n"),
    (b"HTTP/1.1 200 OK\r\nX-Long: ", b"a"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"a"),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
    (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b"a"),
    (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
], ids=["headers", "one header", "a body of known length", "chunks", "a body without end", "interim answers"])  # fmt: skip
def test_a_server_that_drips_is_left_when_the_whole_time_is_over(head: bytes, drop: bytes) -> None:
    with serve(drips(head, drop)) as port:
        error, taken = timed(port, limits=Limits(read=5, total=0.4, body=10**9))
    assert error.code == "too_late"
    assert taken < 3


def test_the_look_up_counts_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: hanging.wait() and [])
    begun = time.monotonic()
    with pytest.raises(OutboundError):
        request("GET", "http://localhost/", limits=Limits(total=0.1))
    hanging.set()
    assert time.monotonic() - begun < 2


def test_nobody_there_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    assert (failure(port).code, failure(port).permanent) == ("no_answer", False)


@pytest.mark.parametrize("nonsense", [b"", b"\x00\x01", b"HTTP/1.1 999999 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"])
def test_half_an_answer_is_none(nonsense: bytes) -> None:
    with serve(lambda connection, _asked: connection.sendall(nonsense)) as port:
        assert failure(port).code == "no_answer"


# Size


@pytest.mark.parametrize("habit", [pours, says("200 OK", b"x" * 1001)], ids=["without end", "a byte too long"])
def test_an_answer_that_is_too_large_is_refused(habit: Any) -> None:
    with serve(habit) as port:
        error = failure(port, limits=Limits(total=5, body=1000))
    assert (error.code, error.permanent) == ("too_large", True)


def test_an_answer_of_the_longest_length_is_taken() -> None:
    with serve(says("200 OK", b"x" * 1000)) as port:
        assert len(call(port).body) == 1000


def test_who_wants_only_the_beginning_gets_it() -> None:
    with serve(pours) as port:
        assert call(port, limits=Limits(body=1000, cut=True)).body == b"x" * 1000


# The address that was checked is the one that is called


def book(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """A name server that changes its mind: each look-up takes the next answer. Returns the hosts that were asked for."""
    asked: list[str] = []

    def look_up(host: str, port: int, *_args: Any, **_options: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answers[len(asked) - 1], port))]

    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *a, **o: real(host, *a, **o) if host == "127.0.0.1" else look_up(host, *a, **o))
    return asked


def test_a_name_that_changes_its_address_after_the_check_wins_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = book(monkeypatch, "127.0.0.1", "127.0.0.2")
    with serve(says("200 OK", b"the checked one")) as port:
        assert request("GET", f"http://rebinding.example:{port}/", limits=SHORT).body == b"the checked one"
    assert asked == ["rebinding.example"]


def test_a_name_that_turns_inside_later_is_refused_then(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.PORTSEC_WEBHOOK_ALLOW_PRIVATE = False
    book(monkeypatch, "127.0.0.1")
    with pytest.raises(OutboundError) as refused:
        request("GET", "https://rebinding.example/")
    assert (refused.value.code, refused.value.permanent) == ("private", True)


# Who it is


def over_tls(monkeypatch: pytest.MonkeyPatch, server: ssl.SSLContext, trusted: ssl.SSLContext, host: str) -> Answer:
    book(monkeypatch, "127.0.0.1")
    monkeypatch.setattr(client, "_trust", lambda: trusted)
    with serve(says("200 OK", b"proven"), tls=server) as port:
        return request("GET", f"https://{host}:{port}/", limits=Limits(total=5))


def test_the_certificate_is_held_against_the_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert over_tls(monkeypatch, *certificate(tmp_path, "hooks.example"), "hooks.example").body == b"proven"


def test_a_certificate_for_another_name_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(OutboundError) as refused:
        over_tls(monkeypatch, *certificate(tmp_path, "other.example"), "hooks.example")
    assert refused.value.code == "certificate"


def test_a_certificate_of_nobody_known_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    server, _trusted = certificate(tmp_path, "hooks.example")
    with pytest.raises(OutboundError) as refused:
        over_tls(monkeypatch, server, ssl.create_default_context(), "hooks.example")
    assert (refused.value.code, refused.value.permanent) == ("certificate", False)


def test_a_server_that_hangs_in_the_greeting_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    book(monkeypatch, "127.0.0.1")
    with serve(hangs) as port, pytest.raises(OutboundError) as late:
        request("GET", f"https://hooks.example:{port}/", limits=Limits(connect=0.2, total=5))
    assert late.value.code == "too_late"
