"""The secrets of endpoints: sealed, for they must be read again to be used."""

import base64
import secrets

from portsec.access.sealing import seal, unseal

PURPOSE = "endpoint"


class LostSecretError(ValueError):
    """Sealed with another key: the installation's key has changed since."""


def seal_secret(secret: str) -> str:
    return seal(secret, PURPOSE)


def open_secret(sealed: str) -> str:
    """Raises LostSecretError."""
    opened = unseal(sealed, PURPOSE)
    if opened is None:
        raise LostSecretError
    return opened


def new_webhook_secret() -> str:
    """As Standard Webhooks writes them: 24 random bytes in base64, behind `whsec_`."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
