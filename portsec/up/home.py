"""A stack's home folder: its data, keys, logs and mail. One stack at a time lives in it."""

import fcntl
import os
import shlex
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from portsec.up.keys import make_private, write_private
from portsec.up.program import StartFailed

CHECKOUT = Path(__file__).resolve().parents[2]


def home_folder() -> Path:
    return Path(os.environ.get("PORTSEC_HOME") or CHECKOUT / ".portsec").expanduser().resolve()


def occupy(home: Path, address: str) -> IO[str]:
    """The lock lasts as long as the returned file is open, so that a crash frees it too."""
    file = (make_private(home) / "lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.seek(0)
        raise StartFailed(
            f"A stack already runs in {home} ({file.read() or 'just starting'}). Stop it, or choose another folder and port: "
            "PORTSEC_HOME=.portsec-2 PORT=8001 make run"
        ) from error
    file.truncate(0)
    file.write(f"process {os.getpid()}, {address}")
    file.flush()
    return file


def note_environment(home: Path, environment: Mapping[str, str]) -> None:
    """For manage.py, and for a shell: `set -a; . .portsec/environment`."""
    write_private(home / "environment", "".join(f"{name}={shlex.quote(value)}\n" for name, value in sorted(environment.items())))


def load_environment(home: Path) -> None:
    """What the environment already says stays; a database of the caller's own choice is not mixed with this stack's."""
    if "DATABASE_URL" in os.environ:
        return
    with suppress(FileNotFoundError):
        for assignment in shlex.split((home / "environment").read_text()):
            name, _, value = assignment.partition("=")
            os.environ.setdefault(name, value)
