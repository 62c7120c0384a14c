"""The position in the journal as clients hold it: one block, sealed for an organisation.

A bare number and its gaps would tell an outsider how much it does not see. A foreign or edited cursor does not open.
"""

import base64
import hashlib
import hmac
from functools import lru_cache
from uuid import UUID

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.conf import settings

_MARK = b"portsec1"


class BadCursorError(ValueError):
    """Not a cursor of this organisation."""


@lru_cache(maxsize=4096)
def _cipher(organisation: UUID) -> Cipher[modes.ECB]:
    key = hmac.digest(settings.SECRET_KEY.encode(), b"journal cursor " + organisation.bytes, hashlib.sha256)
    return Cipher(algorithms.AES256(key), modes.ECB())  # noqa: S305 (a single block: there is nothing to chain)


def seal(position: int, organisation: UUID) -> str:
    """22 characters that only `open_cursor` with the same organisation turns back."""
    sealed = _cipher(organisation).encryptor().update(_MARK + position.to_bytes(8, "big"))
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def open_cursor(cursor: str, organisation: UUID) -> int:
    """Raises BadCursorError for anything that `seal` did not make for this organisation."""
    try:
        sealed = base64.b64decode(cursor + "==", altchars=b"-_", validate=True)
        opened = _cipher(organisation).decryptor().update(sealed) if len(sealed) == 16 else b""
    except (ValueError, UnicodeError) as error:
        raise BadCursorError(cursor[:40]) from error
    if not hmac.compare_digest(opened[:8], _MARK) or seal(int.from_bytes(opened[8:], "big"), organisation) != cursor:
        raise BadCursorError(cursor[:40])
    return int.from_bytes(opened[8:], "big")
