"""The stack of these tests: one for the session, started as `make run` starts it, its parts found among its children."""

import shlex
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import httpx
import psutil
import psycopg2
import redis

from tests.browser.stack import BACK_WITHIN, Stack
from tests.waiting import wait_until

VALKEY, WEB, WORKER, POSTGRES = "valkey-server", "portsec.up.web", "--app portsec worker", "postgres -D"
BEAT = "--app portsec beat"


class Running(Stack):
    @cached_property
    def environment(self) -> dict[str, str]:
        """As a shell would read the note that the stack leaves for manage.py."""
        pairs = (line.partition("=") for line in shlex.split((self.home / "environment").read_text()))
        return {name: value for name, _equals, value in pairs}

    @cached_property
    def tokens(self) -> dict[str, str]:
        """By the part of the address before the @."""
        return {one["email"].partition("@")[0]: one["token"] for one in self.accounts}

    @cached_property
    def names(self) -> dict[str, str]:
        return {one["email"].partition("@")[0]: one["organisation"] for one in self.accounts}

    def client(self, login: str, **options: Any) -> httpx.Client:
        headers = {"Authorization": f"Token {self.tokens[login]}"}
        return httpx.Client(base_url=f"{self.url}/api/v1", headers=headers, trust_env=False, **{"timeout": 10, **options})

    @contextmanager
    def database(self, role: str = "SYSTEM") -> Iterator[Any]:
        """A cursor whose work is taken back."""
        connection = psycopg2.connect(self.environment[f"DATABASE_{role}_URL"])
        try:
            with connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()

    def rows(self, sql: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
        with self.database() as cursor:
            cursor.execute(sql, parameters)
            return list(cursor.fetchall())

    @property
    def valkey(self) -> "redis.Redis":
        return redis.Redis.from_url(self.environment["REDIS_URL"], socket_timeout=2, decode_responses=True)

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def wait_ready(self) -> None:
        wait_until(self.is_ready, BACK_WITHIN, "/readyz answers 200")

    def strike(self, words: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Ends one part, and returns when the supervisor has started it again."""
        struck = self.child(words)
        struck.send_signal(number)
        struck.wait(30)
        wait_until(lambda: self._has_another(words, struck.pid), BACK_WITHIN, f"{words} runs again")

    def _has_another(self, words: str, than: int) -> bool:
        found = self._find(words)
        return found is not None and found.pid != than

    def processes(self) -> list[psutil.Process]:
        supervisor = psutil.Process(self.process.pid)
        return [supervisor, *supervisor.children(recursive=True)]
