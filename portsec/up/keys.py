"""Secrets that a stack makes for itself and keeps in its home, one file each."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def random_text() -> str:
    """URL-safe, and long enough for Django's SECRET_KEY."""
    return secrets.token_urlsafe(48)


def keep(home: Path, name: str, make: Callable[[], str] = random_text) -> str:
    """The secret of that name, made at its first use."""
    path = make_private(home / "keys") / name
    if path.exists() and (kept := path.read_text()):
        return kept
    made = make()
    write_private(path, made)
    return made


def make_private(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def write_private(path: Path, text: str) -> None:
    """Replaces the file at once: a reader sees the old text or the new, and other users of the machine neither."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)
