"""What a stack consists of, in the order in which it starts."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from portsec.up.environment import DATABASES, caller_prefers, defaults, is_on, is_outside
from portsec.up.home import CHECKOUT
from portsec.up.postgres import Postgres
from portsec.up.probe import Probe
from portsec.up.program import Program
from portsec.up.valkey import Valkey


class Service(Protocol):
    """Runs until it is stopped."""

    title: str

    def spawn(self) -> object: ...
    def wait_ready(self) -> None: ...
    def is_alive(self) -> bool: ...
    def cause(self) -> str: ...
    def stop(self) -> None: ...


@dataclass
class Daemon(Program):
    is_ready: Callable[[], bool] = lambda: True
    patience: float = 60.0

    def wait_ready(self) -> None:
        self.wait_until(self.is_ready, self.patience, poll=0.25)  # not more often: the server logs each "not yet"


@dataclass
class Task:
    """Runs to its end before the next step begins."""

    title: str
    run: Callable[[], None]


Step = Service | Task


class Stack:
    def __init__(self, home: Path, port: int, listeners: Sequence[socket.socket]) -> None:
        self.home, self.port, self.listeners = home, port, listeners
        self.postgres = None if is_outside(DATABASES) else Postgres(home)
        self.valkey = None if is_outside(["REDIS_URL"]) else Valkey(home)
        self.environment = self._environment()
        self.probe = Probe(port, urlsplit(self.environment["PORTSEC_BASE_URL"]).netloc)
        self.has_demo = is_on(self.environment["PORTSEC_DEMO"])

    def steps(self) -> list[Step]:
        servers: list[Step] = [server for server in (self.postgres, self.valkey) if server is not None]
        return [*servers, *self._preparations(), self._web(), self._worker(), self._beat()]

    def first_run(self) -> str:
        """The set-up code, where nobody has an account yet. It is shown once and stands in no log."""
        if self.has_demo:
            return ""
        _log, surroundings = self._surroundings("setup_code")
        asked = [*MANAGE, "setup_code", "--if-empty"]
        found = subprocess.run(asked, env=surroundings, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        return found.stdout if found.returncode == 0 else "The set-up code could not be made: run `manage.py setup_code`."

    def _environment(self) -> dict[str, str]:
        values = caller_prefers(defaults(self.home, self.port))
        for name, role in DATABASES.items():
            values[name] = self.postgres.url(role) if self.postgres else os.environ[name]
        values["REDIS_URL"] = self.valkey.url() if self.valkey else os.environ["REDIS_URL"]
        return values

    def _preparations(self) -> list[Step]:
        roles = [Task("Database and roles", partial(self.postgres.create_database, "portsec"))] if self.postgres else []
        migrations = self._command("Database migrations", "migrate", "--database", "owner")
        demo = [self._command("Demo region", "demo")] if self.has_demo else []
        return [*roles, migrations, *demo]

    def _command(self, title: str, *words: str) -> Task:
        return Task(title, Program(title, [*MANAGE, *words], *self._surroundings(words[0])).run)

    def _web(self) -> Daemon:
        descriptors = tuple(listener.fileno() for listener in self.listeners)
        return Daemon(
            "Web server",
            [sys.executable, "-m", "portsec.up.web", *map(str, descriptors)],
            *self._surroundings("web"),
            pass_fds=descriptors,
            is_ready=self.probe.is_healthy,
        )

    def _worker(self) -> Daemon:
        # Threads: one process instead of two, and a recipient that hangs delays no other.
        options = ["--pool", "threads", "--concurrency", "8", "--without-gossip", "--without-mingle", "--without-heartbeat"]
        return Daemon(
            "Worker",
            [*CELERY, "worker", "--loglevel", "WARNING", *options],
            *self._surroundings("worker"),
            stop_signals=(signal.SIGTERM, signal.SIGQUIT),
            is_ready=lambda: self.probe.reports("worker"),
        )

    def _beat(self) -> Daemon:
        return Daemon(
            "Beat",
            [*CELERY, "beat", "--loglevel", "WARNING", "--schedule", str(self.home / "beat-schedule")],
            *self._surroundings("beat"),
            is_ready=lambda: self.probe.reports("beat"),
        )

    def _surroundings(self, name: str) -> tuple[Path, Mapping[str, str]]:
        lean = {"MALLOC_ARENA_MAX": "2"}  # glibc otherwise reserves up to eight arenas a core for threads
        own = {"DJANGO_SETTINGS_MODULE": "portsec.settings", "PYTHONPATH": str(CHECKOUT)}
        return self.home / "log" / f"{name}.log", {**lean, **os.environ, **own, **self.environment}


MANAGE = [sys.executable, str(CHECKOUT / "manage.py")]
CELERY = [sys.executable, "-m", "celery", "--app", "portsec"]
