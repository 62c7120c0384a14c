"""One whole stack for the session, as `make run` starts it, in a home of its own."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import psutil

from portsec.up.home import CHECKOUT
from portsec.up.program import end_with
from tests.waiting import wait_until

START_WITHIN = 120  # seconds
STOP_WITHIN = 60
BACK_WITHIN = 60.0
OURS = ("PORTSEC_", "DATABASE_", "REDIS_", "EMAIL_", "DJANGO_", "PORT")  # tests/servers.py has set them for another stack
ALERT = {
    "instruction": "Look over your outer anchorage.",
    "event": "Suspicious craft",
    "category": ["Security"],
    "urgency": "Immediate",
    "severity": "Severe",
    "certainty": "Observed",
    "tlp": "GREEN",
}


@dataclass
class Stack:
    home: Path
    port: int
    process: subprocess.Popen[str]
    accounts: list[dict[str, Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @classmethod
    def start(cls, **environment: str) -> "Stack":
        home, port = Path(tempfile.mkdtemp(prefix="portsec-browser-")), free_port()
        process = manage(home, port, "up", environment=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        stack = cls(home, port, process)
        try:
            stack._wait_ready()
            stack._learn_accounts()
        except BaseException:
            stack.stop()
            raise
        return stack

    def _wait_ready(self) -> None:
        """The last line says that all is up. What it writes later fits into the pipe."""
        assert self.process.stdout is not None
        deadline, said = time.monotonic() + START_WITHIN, ""
        for line in self.process.stdout:
            said += line
            if line.startswith("PortSec is ready:"):
                return
            assert time.monotonic() < deadline, f"not ready after {START_WITHIN} s:\n{said}"
        raise AssertionError(f"the stack ended while it started:\n{said}")

    def _learn_accounts(self) -> None:
        file = self.home / "tokens.json"
        assert manage(self.home, self.port, "demo", "--tokens-file", str(file), stdout=subprocess.DEVNULL).wait(60) == 0
        self.accounts = json.loads(file.read_text())

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.communicate(timeout=STOP_WITHIN)
        finally:
            self.process.kill()
            shutil.rmtree(self.home, ignore_errors=True)

    def child(self, words: str) -> psutil.Process:
        """The one process of this stack whose command line has these words: waited for, as it may just be starting again."""
        wait_until(lambda: self._find(words), BACK_WITHIN, f"{words} runs")
        found = self._find(words)
        assert found is not None, f"{words} has just ended"
        return found

    def _find(self, words: str) -> psutil.Process | None:
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.Error):  # one that ends at this moment has no command line any more
                if words in " ".join(child.cmdline()):
                    return child
        return None

    def kill(self, words: str) -> None:
        """As by `kill -9`: the supervisor starts it again."""
        process = self.child(words)
        process.send_signal(signal.SIGKILL)
        process.wait(10)

    def program(self, login: str) -> httpx.Client:
        """A REST client with a service token of the person's organisation."""
        account = next(one for one in self.accounts if one["email"] == f"{login}@demo.example")
        headers = {"Authorization": f"Token {account['token']}"}
        return httpx.Client(base_url=f"{self.url}/api/v1", headers=headers, timeout=30)

    def ids(self, *logins: str) -> list[str]:
        """Ids of the organisations of these people."""
        found = []
        for login in logins:
            with self.program(login) as program:
                found.append(program.get("/me/").json()["organisation"]["id"])
        return found

    def raise_alert(self, login: str, headline: str, *to: str, **changes: Any) -> dict[str, Any]:
        """Sent by a program: to the organisations of the people named, or as `audience` says."""
        audience = changes.pop("audience", None) or {"kind": "named", "organisations": self.ids(*to)}
        with self.program(login) as program:
            answer = program.post("/alerts/", json={**ALERT, "headline": headline, "audience": audience, **changes})
        assert answer.status_code == 201, answer.text
        alert: dict[str, Any] = answer.json()
        return alert


def manage(
    home: Path, port: int, *words: str, environment: Mapping[str, str] = MappingProxyType({}), **options: Any
) -> "subprocess.Popen[str]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    whole = {**kept, **environment, "PORT": str(port), "PORTSEC_HOME": str(home)}
    command, parent = [sys.executable, str(CHECKOUT / "manage.py"), *words], os.getpid()
    tied = partial(end_with, parent, signal.SIGTERM)  # a run that is cut off leaves no stack behind
    return subprocess.Popen(command, env=whole, text=True, preexec_fn=tied, **options)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
