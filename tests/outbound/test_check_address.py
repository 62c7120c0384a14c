"""Which addresses may be called at all. Names are looked up in a book of the test's own: nothing leaves this machine."""

import socket
from threading import Event
from typing import Any

import pytest

from portsec.outbound import OutboundError, check_address
from portsec.outbound.networks import is_open

Book = dict[str, list[str]]


@pytest.fixture
def book(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Book:
    """What the name server says: host → addresses."""
    settings.PORTSEC_WEBHOOK_ALLOW_PRIVATE = False
    found: Book = {"example.org": ["93.184.215.14"]}

    def look_up(host: str, port: int, **_options: Any) -> list[Any]:
        if host not in found:
            if host.replace(".", "").isdigit() or ":" in host:
                return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
            raise socket.gaierror(socket.EAI_NONAME, "not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found[host]]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return found


def refusal(url: str) -> OutboundError:
    with pytest.raises(OutboundError) as refused:
        check_address(url)
    return refused.value


def test_it_takes_a_plain_address_and_keeps_the_one_that_it_checked(book: Book) -> None:
    checked = check_address("https://Example.org/hooks/a?b=c")
    assert (checked.host, checked.port, checked.target, checked.address) == ("example.org", 443, "/hooks/a?b=c", "93.184.215.14")
    assert checked.authority == "example.org"
    assert check_address("https://example.org:8443").authority == "example.org:8443"
    assert check_address("https://example.org?a=b").target == "/?a=b"
    assert check_address("https://[2606:2800:21f::8b2c]:8443/").authority == "[2606:2800:21f::8b2c]:8443"


# ruff: noqa: S104 (nothing is bound to these)
INNER = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.254", "127.0.0.1", "127.8.8.8", "169.254.169.254", "172.16.0.1",
    "172.31.9.9", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.1", "198.51.100.7",
    "203.0.113.7", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "::", "::1", "::7f00:1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "::ffff:93.184.215.14", "::ffff:0:7f00:1", "64:ff9b::127.0.0.1", "64:ff9b::a00:1",
    "64:ff9b::169.254.169.254", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:7f00:1::", "2001:20::1", "2001:db8::1",
    "2002:7f00:1::", "2002:a00:1::1", "2002:5db8:d70e::1", "3fff::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1", "fec0::1",
    "ff02::1", "2606:2800::5efe:7f00:1", "2606:2800::200:5efe:a00:1",
]  # fmt: skip
OUTER = ["93.184.215.14", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:2800:21f::1", "2a00:1450::1", "64:ff9b::8.8.8.8"]


@pytest.mark.parametrize("address", INNER)
def test_a_name_that_leads_inside_is_refused(book: Book, address: str) -> None:
    book["example.org"] = [address]
    assert (refusal("https://example.org/").code, refusal("https://example.org/").permanent) == ("private", True)


@pytest.mark.parametrize("address", OUTER)
def test_a_name_on_the_open_internet_is_taken(book: Book, address: str) -> None:
    book["example.org"] = [address]
    assert check_address("https://example.org/").address == address


@pytest.mark.parametrize("address", INNER)
def test_an_inner_address_itself_is_refused(book: Book, address: str) -> None:
    book[address] = [address]
    assert refusal(f"https://[{address}]/" if ":" in address else f"https://{address}/").permanent


@pytest.mark.parametrize("inner", ["127.0.0.1", "10.0.0.1", "::1"])
def test_one_inner_address_among_outer_ones_spoils_the_name(book: Book, inner: str) -> None:
    book["example.org"] = ["93.184.215.14", inner]
    assert refusal("https://example.org/").code == "private"


@pytest.mark.parametrize("url", [
    "", "example.org", "//example.org/", "ftp://example.org/", "file:///etc/passwd", "gopher://example.org/", "https:///path", "https://",
    "https://user@example.org/", "https://user:word@example.org/", "https://example.org@127.0.0.1/", "https://example.org/#part",
    "https://example.org\\@127.0.0.1/", "https://example.org/ path", " https://example.org/", "https://example.org/\r\nHost: inside",
    "https://example.org/\x00", "https://exa\tmple.org/", "https://münchen.example/", "https://127.0.0.1。/", "https://example.org/ö",
    "https://0x7f.1/", "https://0x7f000001/", "https://2130706433/", "https://127.1/", "https://0177.0.0.1/", "https://127.0.0.01/",
    "https://1.2.3.4.5/", "https://256.1.1.1/", "https://example.org./", "https://-a.example/", "https://a..example/", "https://a_b.example/",
    "https://[::1%25lo]/", "https://[::1]x/", "https://[1.2.3.4]/", "https://[/", "https://example.org:0x1bb/", "https://example.org:99999/",
    "https://example.org:-1/", "https://" + "a" * 64 + ".example/", "https://example.org/" + "a" * 2000, "http://example.org/",
    "https://example.org:22/", "https://example.org:80/", "https://example.org:6379/", "https://example.org:0/",
])  # fmt: skip
def test_anything_but_a_plain_address_is_refused_before_a_look_up(book: Book, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    asked: list[str] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *_args, **_options: asked.append(host) or [])
    error = refusal(url)
    assert (error.code, error.permanent, asked) == ("invalid_address", True, [])
    assert str(error)


def test_a_name_that_nobody_has_may_come_later(book: Book) -> None:
    error = refusal("https://nobody.example/")
    assert (error.code, error.permanent) == ("unknown_host", False)


def test_a_name_server_that_hangs_is_not_waited_for(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: hanging.wait() and [])
    with pytest.raises(OutboundError) as refused:
        check_address("https://example.org/", within=0.05)
    hanging.set()
    assert refused.value.code == "unknown_host"


def test_the_words_stand_beside_the_field(book: Book) -> None:
    book["example.org"] = ["10.0.0.1"]
    (fault,) = refusal("https://example.org/").refusal("url").faults
    assert (fault.field, fault.code) == ("url", "private")
    assert "reachable from the internet" in fault.detail


# The switch for demo and tests


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "::1", "fd00::1"])
def test_with_the_switch_on_ones_own_network_is_open(book: Book, settings: Any, address: str) -> None:
    settings.PORTSEC_WEBHOOK_ALLOW_PRIVATE = True
    book["localhost"] = [address]
    assert check_address("http://localhost:8123/").address == address
    assert check_address("http://localhost/").authority == "localhost"


@pytest.mark.parametrize("address", ["169.254.169.254", "0.0.0.0", "224.0.0.1", "255.255.255.255", "fe80::1", "ff02::1", "::ffff:7f00:1"])
def test_the_switch_never_opens_what_is_nobodys_own(book: Book, settings: Any, address: str) -> None:
    settings.PORTSEC_WEBHOOK_ALLOW_PRIVATE = True
    book["localhost"] = [address]
    assert refusal("http://localhost/").code == "private"


def test_the_switch_is_off_unless_somebody_turns_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_open("127.0.0.1")
