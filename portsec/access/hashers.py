from threading import BoundedSemaphore
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher

AT_ONCE = 2
_room = BoundedSemaphore(AT_ONCE)


class BoundedArgon2PasswordHasher(Argon2PasswordHasher):
    """Argon2, two at a time: a hash takes 100 MiB, and a storm of sign-ins would take them for every thread at once."""

    def encode(self, *args: Any, **kwargs: Any) -> str:
        with _room:
            return super().encode(*args, **kwargs)

    def verify(self, *args: Any, **kwargs: Any) -> bool:
        with _room:
            return super().verify(*args, **kwargs)
