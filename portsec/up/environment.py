"""What portsec/settings.py reads: the caller's own values, and for the rest those of a stack on this machine only."""

import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from portsec.delivery.vapid import new_private_key
from portsec.up.keys import keep, make_private
from portsec.up.program import StartFailed

DATABASES = {"DATABASE_URL": "portsec_app", "DATABASE_SYSTEM_URL": "portsec_system", "DATABASE_OWNER_URL": "portsec_owner"}


def defaults(home: Path, port: int) -> dict[str, str]:
    return {
        "PORTSEC_SECRET_KEY": keep(home, "secret_key"),
        "PORTSEC_ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
        "PORTSEC_DEBUG": "0",
        "PORTSEC_DEMO": "1",
        "PORTSEC_BASE_URL": f"http://localhost:{port}",
        "PORTSEC_TIME_ZONE": "UTC",
        "PORTSEC_FILES": str(make_private(home / "files")),
        "PORTSEC_VAPID_PRIVATE_KEY": keep(home, "vapid_key", new_private_key),
        "EMAIL_URL": f"filemail:///{quote(str(make_private(home / 'mail')))}",
    }


def caller_prefers(values: dict[str, str]) -> dict[str, str]:
    return {name: os.environ.get(name) or value for name, value in values.items()}


def is_outside(names: Iterable[str]) -> bool:
    """Whether the caller brings a server. Half of its addresses would mix that server with ours."""
    given = {name for name in names if os.environ.get(name)}
    missing = sorted(set(names) - given)
    if given and missing:
        raise StartFailed(f"{sorted(given)[0]} is set, so {' and '.join(missing)} must be set as well (or none of them).")
    return bool(given)


def is_on(value: str) -> bool:
    return value.strip().lower() in {"1", "true", "on", "yes", "ok", "y", "t"}  # as django-environ reads it
