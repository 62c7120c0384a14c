"""Secrets that the product must be able to read again: sealed with the installation's key, so that a dump of the database
opens nothing. Each purpose has a key of its own; a text of one cannot be passed off as one of another."""

from base64 import urlsafe_b64encode
from functools import cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


@cache
def _box(purpose: str, key: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"portsec.sealing.{purpose}".encode()).derive(key.encode())
    return Fernet(urlsafe_b64encode(derived))


def seal(text: str, purpose: str) -> str:
    return _box(purpose, settings.SECRET_KEY).encrypt(text.encode()).decode()


def unseal(sealed: str, purpose: str, *, within: int | None = None) -> str | None:
    """None where it was sealed with another key, for something else, or more than `within` seconds ago."""
    try:
        return _box(purpose, settings.SECRET_KEY).decrypt(sealed.encode(), ttl=within).decode()
    except InvalidToken:
        return None
