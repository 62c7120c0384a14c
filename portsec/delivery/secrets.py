"""Secrets that must be read again to be used: kept sealed, so that a copy of the database alone does not tell them."""

import base64
import hashlib
import hmac
import secrets
from functools import lru_cache

from cryptography.fernet import Fernet
from django.conf import settings


@lru_cache(maxsize=1)
def _box() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hmac.digest(settings.SECRET_KEY.encode(), b"webhook secrets", hashlib.sha256)))


def seal_secret(secret: str) -> str:
    return _box().encrypt(secret.encode()).decode()


def open_secret(sealed: str) -> str:
    """Raises cryptography's InvalidToken where the installation's key has changed."""
    return _box().decrypt(sealed.encode()).decode()


def new_webhook_secret() -> str:
    """As Standard Webhooks writes them: 24 random bytes in base64, behind `whsec_`."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
