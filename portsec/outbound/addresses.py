"""From what somebody typed to an address that may be called: read strictly, looked up once, every answer checked."""

import re
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from threading import Thread
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from portsec.outbound.errors import OutboundError
from portsec.outbound.networks import is_open, is_private

LONGEST = 2000
PORTS = {443, 8443}  # where https is served; others are doors of something else
USUAL = {"https": 443, "http": 80}
LOOKUP = 3.0  # seconds for the name server
# No sign outside of ASCII, no user name, no backslash, no #.
PLAIN = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+([/?][\x21\x22\x24-\x5b\x5d-\x7e]*)?", re.IGNORECASE)
LABEL = re.compile(r"(?!-)[a-z0-9\-]{1,63}(?<!-)")


@dataclass(frozen=True)
class CheckedAddress:
    """`address` is the IP address that was checked, and the only one to connect to; `target` is path and query."""

    scheme: str
    host: str
    port: int
    target: str
    address: str

    @property
    def authority(self) -> str:
        """As the Host header wants it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == USUAL[self.scheme] else f"{host}:{self.port}"


def check_address(url: str, *, within: float = LOOKUP) -> CheckedAddress:
    """Looks the host up, once. Raises OutboundError with words for who typed the address. `within`: seconds."""
    scheme, host, port, target = read(url)
    found = look_up(host, port, within)
    if not all(may_be_called(address) for address in found):
        # A name with one outer and one inner address is no mistake of typing: refused as a whole.
        words = _("This address leads into a private network. Use one that is reachable from the internet.")
        raise OutboundError(words, "private", permanent=True)
    return CheckedAddress(scheme, host, port, target, found[0])


def may_be_called(address: str) -> bool:
    return is_open(address) or (settings.PORTSEC_WEBHOOK_ALLOW_PRIVATE and is_private(address))


def read(url: str) -> tuple[str, str, int, str]:
    """Scheme, host, port and target of a plain address. Anything that two programs could read differently is refused."""
    if len(url) > LONGEST or not PLAIN.fullmatch(url):
        raise _refused(_("Write a plain address, as https://example.org/path, without user name, spaces or #."))
    try:
        parts = urlsplit(url)
        host, port = _host(parts.netloc, parts.hostname or ""), parts.port
    except ValueError as error:
        raise _refused(_("The host of this address cannot be read. Write its name, as example.org.")) from error
    if parts.scheme != "https" and not settings.PORTSEC_WEBHOOK_ALLOW_PRIVATE:
        raise _refused(_("The address must begin with https://."))
    port = USUAL[parts.scheme] if port is None else port
    if port not in PORTS and not settings.PORTSEC_WEBHOOK_ALLOW_PRIVATE:
        raise _refused(_("Use port 443 or 8443: others are not called."))
    return parts.scheme, host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _host(netloc: str, host: str) -> str:
    """A name, or an address as everybody writes it. Raises ValueError for 0x7f.1, 2130706433, 127.1 and the like."""
    if netloc.startswith("[") and re.fullmatch(r"\[[^\]]+\](:\d*)?", netloc):
        return str(IPv6Address(host))
    labels = host.split(".")
    if labels[-1].isdigit() or re.fullmatch(r"0x[0-9a-f]*", labels[-1]):  # a name that ends so is read as a number (WHATWG URL)
        return str(IPv4Address(host))
    if len(host) > 253 or not all(LABEL.fullmatch(label) for label in labels):
        raise ValueError(host)
    return host


def look_up(host: str, port: int, within: float) -> list[str]:
    """Every address of the host. The system's resolver knows no time limit of its own, so it is left behind when it takes too long."""
    answers: list[list[str] | OSError] = []

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.append(list(dict.fromkeys(str(sockaddr[0]) for *_family, sockaddr in found)))
        except (OSError, UnicodeError) as error:
            answers.append(error if isinstance(error, OSError) else OSError(str(error)))

    thread = Thread(target=ask, name="outbound-lookup", daemon=True)
    thread.start()
    thread.join(max(within, 0))
    if not answers or isinstance(answers[0], OSError) or not answers[0]:
        raise OutboundError(_("No host of this name was found. Check how it is written."), "unknown_host")
    return answers[0]


def _refused(words: str) -> OutboundError:
    return OutboundError(words, "invalid_address", permanent=True)
