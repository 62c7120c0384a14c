"""What is asked of a provider. Every call goes through portsec/outbound, as its addresses come from outside."""

import json
from base64 import b64encode
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Any
from urllib.parse import quote, urlencode

from django.utils.translation import gettext as _

from portsec.access.models import OpenIdConnection
from portsec.outbound import Limits, OutboundError, request
from portsec.outbound.addresses import read

AT_ONCE = 4  # a provider that hangs must not hold every thread of the process
_room = BoundedSemaphore(AT_ONCE)
LIMITS = Limits(connect=4, read=6, total=8, body=300_000)
JSON = {"Accept": "application/json"}


class ProviderError(Exception):
    """The provider does not do what it must. The message is for the administrator who set it up."""


@dataclass(frozen=True)
class Provider:
    """From its own description (OpenID Connect Discovery 1.0 §4)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    is_basic: bool  # how it wants to be shown the client's secret

    def sign_in_address(self, parameters: dict[str, str]) -> str:
        mark = "&" if "?" in self.authorization_endpoint else "?"
        return f"{self.authorization_endpoint}{mark}{urlencode(parameters)}"


def describe(issuer: str) -> Provider:
    """Raises ProviderError, or OutboundError."""
    said = _get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if said.get("issuer") != issuer:  # §4.3: another one's description would make us believe another one's tokens
        raise ProviderError(_("The provider calls itself “%s”. Write the issuer's address exactly so.") % str(said.get("issuer", ""))[:200])
    addresses = {name: str(said.get(name, "")) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
    for address in addresses.values():
        read(address)
    methods = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return Provider(issuer, **addresses, is_basic="client_secret_basic" in methods)


def keys_of(provider: Provider) -> list[dict[str, Any]]:
    keys = _get(provider.jwks_uri).get("keys")
    if not isinstance(keys, list) or not keys:
        raise ProviderError(_("The provider shows no keys with which it signs."))
    return [key for key in keys if isinstance(key, dict)]


def redeem(provider: Provider, connection: OpenIdConnection, *, code: str, verifier: str, back: str) -> str:
    """The ID token for a code. Raises ProviderError where the provider gives none."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
    headers = {**JSON, "Content-Type": "application/x-www-form-urlencoded"}
    if provider.is_basic:
        headers["Authorization"] = _basic(connection.client_id, connection.client_secret)
    else:
        form |= {"client_id": connection.client_id, "client_secret": connection.client_secret}
    token = _ask("POST", provider.token_endpoint, headers, urlencode(form).encode()).get("id_token")
    if not isinstance(token, str):
        raise ProviderError(_("The provider gave no ID token."))
    return token


def _basic(name: str, secret: str) -> str:
    """RFC 6749 §2.3.1: both are form-encoded first."""
    return "Basic " + b64encode(f"{quote(name, safe='')}:{quote(secret, safe='')}".encode()).decode()


def _get(address: str) -> dict[str, Any]:
    return _ask("GET", address, JSON)


def _ask(method: str, address: str, headers: dict[str, str], body: bytes = b"") -> dict[str, Any]:
    if not _room.acquire(blocking=False):
        raise ProviderError(_("Too many sign-ins wait for their providers just now."))
    try:
        answer = request(method, address, headers=headers, body=body, limits=LIMITS)
    finally:
        _room.release()
    return _read(answer.status, answer.body)


def _read(status: int, body: bytes) -> dict[str, Any]:
    if 300 <= status < 400:
        raise ProviderError(_("The provider sends us on to another address. Write the address where it answers itself."))
    if status != 200:
        raise ProviderError(_("The provider answers with status %d.") % status)
    try:
        said = json.loads(body)
    except ValueError as error:
        raise ProviderError(_("What the provider answers cannot be read.")) from error
    if not isinstance(said, dict):
        raise ProviderError(_("What the provider answers cannot be read."))
    return said


__all__ = ["OutboundError", "Provider", "ProviderError", "describe", "keys_of", "redeem"]
