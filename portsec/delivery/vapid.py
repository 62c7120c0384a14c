"""The key with which this installation proves itself to push services (VAPID, RFC 8292). Needs no settings: they check it with this."""

import base64

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec


def new_private_key() -> str:
    """As `PORTSEC_VAPID_PRIVATE_KEY` takes it: the number of a P-256 key, 32 bytes in URL-safe base64."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return _written(number.to_bytes(32, "big"))


def read_private_key(written: str) -> str:
    """The key, or nothing where none is given. Raises ValueError with words for the operator, without the key."""
    try:
        return written if not written or public_key(written) else ""
    except ValueError as error:
        raise ValueError("not a key for push messages. `manage.py vapid_key` prints a new one.") from error


def public_key(private: str) -> str:
    """As a browser takes it (`applicationServerKey`). Raises ValueError where `private` is no key of the form above."""
    raw = base64.b64decode(private + "=" * (-len(private) % 4), altchars=b"-_", validate=True)
    if len(raw) != 32:
        raise ValueError("not 32 bytes")
    key = ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1()).public_key()
    return _written(key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint))


def _written(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
