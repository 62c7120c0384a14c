"""Where files lie: under random names in settings.FILES_ROOT, which no web server serves. A file is written once."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.files import File

from portsec.files.kinds import check_file

NAME_BYTES = 32


class FileMissing(Exception):
    """A file is on record, but not in the store: a database was restored without it, or the folder is not mounted."""


@dataclass(frozen=True)
class Stored:
    """`name` leads to the file; nothing of it can be guessed. `size` in bytes, `sha256` in hexadecimal."""

    name: str
    size: int
    sha256: str
    media_type: str


@contextmanager
def stored(file: File[Any]) -> Iterator[Stored]:
    """Checks the file and writes it to the disk before the block runs; where the block fails, the file is gone again.

    So a row never leads to a file that is not there. A transaction that fails later leaves a file without a row, which nobody
    can ask for. Raises Refused naming `file`.
    """
    kind = check_file(file)
    name = secrets.token_hex(NAME_BYTES)
    try:
        size, digest = _write(file, path_of(name))
        yield Stored(name, size, digest, kind.media_type)
    except BaseException:
        path_of(name).unlink(missing_ok=True)
        raise


def open_stored(name: str) -> IO[bytes]:
    """Raises FileMissing."""
    try:
        return path_of(name).open("rb")
    except FileNotFoundError as error:
        raise FileMissing(name) from error


def path_of(name: str) -> Path:
    """Two letters make a folder, so that none holds too many. A name is ours; anything else is a programming error."""
    if len(name) != 2 * NAME_BYTES or not set(name) <= set("0123456789abcdef"):
        raise ValueError("not a name of the store")
    return Path(settings.FILES_ROOT) / name[:2] / name


def incoming() -> Path:
    """Where uploads lie while they come in: on the same disk, not in memory."""
    return _folder(Path(settings.FILES_ROOT) / "incoming")


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def _write(file: File[Any], path: Path) -> tuple[int, str]:
    _folder(path.parent)
    digest, size = hashlib.sha256(), 0
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        for chunk in file.chunks():
            digest.update(chunk)
            size += len(chunk)
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())
    return size, digest.hexdigest()
