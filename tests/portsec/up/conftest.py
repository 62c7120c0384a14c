import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from portsec.up.postgres import Postgres
from portsec.up.program import Program
from portsec.up.valkey import Valkey

Eventually = Callable[[Callable[[], bool]], None]


@pytest.fixture
def eventually() -> Eventually:
    def wait(is_so: Callable[[], bool], seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < deadline, "it did not come about in time"
            time.sleep(0.02)

    return wait


@pytest.fixture(scope="package")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    postgres = Postgres(tmp_path_factory.mktemp("cluster"), durable=False)
    postgres.start()
    postgres.create_database("portsec")
    yield postgres
    postgres.stop()


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    valkey = Valkey(tmp_path)
    valkey.start()
    yield valkey
    valkey.stop()


@pytest.fixture
def python(tmp_path: Path) -> Callable[..., Program]:
    """A program of a few lines, as a stand-in for a server."""

    def make(script: str, kind: type[Program] = Program, name: str = "stand-in", **more: object) -> Program:
        return kind(name, [sys.executable, "-c", script], tmp_path / "log" / f"{name}.log", **more)  # type: ignore[arg-type]

    return make


def lives(process: int) -> bool:
    """A dead process that nobody has collected yet does not count."""
    return psutil.pid_exists(process) and psutil.Process(process).status() != psutil.STATUS_ZOMBIE
