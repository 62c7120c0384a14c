"""Is this ID token for us, now, from this provider, and who is it (OpenID Connect Core 1.0 §3.1.3.7)?"""

import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt
from django.utils import timezone
from django.utils.translation import gettext as _

from portsec.access.openid.provider import ProviderError

# Signatures alone: with an HMAC the public key of a provider would sign tokens as good as its own.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
LEEWAY = 60  # seconds that two clocks may differ
FACTORS = {"mfa", "otp", "hwk", "swk", "fpt", "face", "iris", "sc"}  # RFC 8176: more than something known


@dataclass(frozen=True)
class Identity:
    """`email` is empty unless the provider says that it verified it. `factor_at`: when it saw a second factor, if it says so."""

    subject: str
    email: str
    name: str
    has_factor: bool
    factor_at: datetime | None


def verify(token: str, keys: Iterable[dict[str, Any]], *, issuer: str, client_id: str, nonce: str) -> Identity:
    """Raises ProviderError with what is wrong."""
    try:
        found = _key_for(token, keys)
        said = jwt.decode(
            token,
            key=found.key,
            algorithms=[jwt.get_unverified_header(token)["alg"]],
            issuer=issuer,
            audience=client_id,
            leeway=LEEWAY,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise ProviderError(_("The provider's ID token is not good: %s.") % str(error).rstrip(".")[:200]) from error
    _check_rest(said, client_id, nonce)
    return _identity(said)


def _key_for(token: str, keys: Iterable[dict[str, Any]]) -> jwt.PyJWK:
    header = jwt.get_unverified_header(token)
    if header.get("alg") not in ALGORITHMS:
        raise jwt.InvalidAlgorithmError(f"the algorithm {str(header.get('alg'))[:20]} is not taken")
    name = header.get("kid")
    fitting = [key for key in keys if key.get("use", "sig") == "sig" and (name is None or key.get("kid") == name)]
    if len(fitting) != 1:
        raise jwt.InvalidKeyError("no key of the provider has signed it")
    return jwt.PyJWK(json.loads(json.dumps(fitting[0])), algorithm=header["alg"])


def _check_rest(said: dict[str, Any], client_id: str, nonce: str) -> None:
    if not hmac.compare_digest(str(said.get("nonce", "")).encode(), nonce.encode()):
        raise ProviderError(_("The provider's ID token belongs to another sign-in."))
    parties = said["aud"] if isinstance(said["aud"], list) else [said["aud"]]
    if (len(parties) > 1 or "azp" in said) and said.get("azp") != client_id:
        raise ProviderError(_("The provider's ID token was made for another program."))
    if not isinstance(said["sub"], str) or not 0 < len(said["sub"]) <= 255:
        raise ProviderError(_("The provider's ID token names nobody."))


def _identity(said: dict[str, Any]) -> Identity:
    email = said.get("email")
    is_verified = said.get("email_verified") in (True, "true") and isinstance(email, str)
    methods = said.get("amr")
    has_factor = isinstance(methods, list) and bool(FACTORS & {str(method) for method in methods})
    seen_at = said.get("auth_time")
    at = min(seen_at, int(timezone.now().timestamp())) if isinstance(seen_at, int) and seen_at > 0 else None
    return Identity(
        subject=said["sub"],
        email=str(email).strip().lower() if is_verified else "",
        name=" ".join(str(said.get("name") or "").split())[:120],
        has_factor=has_factor,
        factor_at=datetime.fromtimestamp(at, UTC) if has_factor and at else None,
    )
