"""Processes that help a benchmark: each reads a line of JSON and answers with one."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from portsec.up.home import CHECKOUT
from portsec.up.program import end_with


class HelperFailed(RuntimeError):
    """A helper ended before it answered."""


class Helper:
    """A Python module in a process of its own, which ends with this one."""

    def __init__(self, module: str, *words: str, environment: Mapping[str, str] | None = None, descriptors: Sequence[int] = ()) -> None:
        self.module = module
        parent = os.getpid()
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**(environment or os.environ), "PYTHONPATH": str(CHECKOUT)},
            pass_fds=descriptors,
            start_new_session=True,  # Ctrl-C reaches the command only, which then stops its helpers
            preexec_fn=lambda: end_with(parent, signal.SIGKILL),
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, what: str, **options: Any) -> Any:
        """Says what to do and waits for the answer."""
        self.tell(what, **options)
        return self.answer()

    def tell(self, what: str, **options: Any) -> None:
        assert self._process.stdin is not None  # noqa: S101 (for mypy: it was asked for above)
        try:
            self._process.stdin.write(json.dumps({"do": what, **options}).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise HelperFailed(f"{self.module} has ended") from error

    def answer(self) -> Any:
        assert self._process.stdout is not None  # noqa: S101
        line = self._process.stdout.readline()
        if not line:
            raise HelperFailed(f"{self.module} has ended; what it said stands above")
        return json.loads(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def serve(handlers: Mapping[str, Callable[..., Any]]) -> None:
    """The other side of `Helper`: answers each line from standard input until there are no more."""
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(handlers[asked.pop("do")](**asked)), flush=True)
