"""The product as `make run` starts it: a stack of its own in a temporary home, or one that runs already."""

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from portsec.bench import machine
from portsec.up.home import CHECKOUT
from portsec.up.program import StartFailed, end_with

# What the caller's environment says about servers belongs to another stack.
OURS = ("PORTSEC_", "DATABASE_", "REDIS_", "EMAIL_", "DJANGO_", "PORT")
STOP_WITHIN = 60  # seconds


@dataclass(frozen=True)
class Served:
    port: int
    web: int
    supervisor: int
    environment: Mapping[str, str]

    @property
    def redis(self) -> list[int]:
        return self._named("valkey-server")

    @property
    def postgres(self) -> list[int]:
        return self._named("postgres")

    def _named(self, words: str) -> list[int]:
        return [one for one in machine.children_of(self.supervisor) if words in machine.command_of(one)]


@contextmanager
def stack_of_its_own() -> Iterator[Served]:
    home, port = Path(tempfile.mkdtemp(prefix="portsec-bench-")), free_port()
    environment = {**without_ours(), "PORT": str(port), "PORTSEC_HOME": str(home)}
    parent = os.getpid()
    supervisor = subprocess.Popen(
        [sys.executable, str(CHECKOUT / "manage.py"), "up"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: end_with(parent, signal.SIGTERM),
    )
    try:
        wait_ready(supervisor)
        yield described(port, {**environment, **noted_environment(home)})
    finally:
        supervisor.terminate()
        try:
            supervisor.communicate(timeout=STOP_WITHIN)
        finally:
            supervisor.kill()
            shutil.rmtree(home, ignore_errors=True)


def wait_ready(supervisor: "subprocess.Popen[str]") -> None:
    """Its last line says that all is up; what it says later fits into the pipe."""
    for line in supervisor.stdout or ():
        if line.startswith("PortSec is ready:"):
            return
    raise StartFailed("The stack to be measured did not start; what it said stands above.")


@contextmanager
def running_at(url: str) -> Iterator[Served]:
    """The stack at that address, which must be the one that the environment, or PORTSEC_HOME, names."""
    yield described(urlsplit(url).port or 80, os.environ)


def described(port: int, environment: Mapping[str, str]) -> Served:
    web = machine.web_process_at(port)
    if web is None:
        raise StartFailed(f"No web process of PortSec listens on port {port} of this machine: its processor time cannot be measured.")
    return Served(port, web, machine.parent_of(web), environment)


def noted_environment(home: Path) -> dict[str, str]:
    """What the supervisor wrote for shells."""
    return dict(line.split("=", 1) for line in shlex.split((home / "environment").read_text()))


def without_ours() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(OURS)}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
