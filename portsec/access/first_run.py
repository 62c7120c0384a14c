"""An installation in which nobody has an account yet, and the code without which nobody else may take it."""

import base64
import hashlib
import hmac

from django.conf import settings
from django.utils.crypto import constant_time_compare

from portsec.access.models import User

LETTERS = 24
GROUP = 4


def is_new_installation() -> bool:
    """Ports may have been imported, which makes service users; a person is what it lacks. 1 query."""
    return not User.objects.filter(is_service=False).exists()


def setup_code() -> str:
    """120 bits that only who holds the installation's secret key can make. It opens nothing once there is a person."""
    digest = hmac.new(settings.SECRET_KEY.encode(), b"portsec set-up code", hashlib.sha256).digest()
    letters = base64.b32encode(digest).decode()[:LETTERS]
    return "-".join(letters[start : start + GROUP] for start in range(0, LETTERS, GROUP))


def is_setup_code(typed: str) -> bool:
    """In any letters, with or without the dashes."""
    return constant_time_compare("".join(typed.split()).replace("-", "").upper(), setup_code().replace("-", ""))
