"""Child processes that log to a file, and end when this process ends, however it ends."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from io import BufferedWriter
from pathlib import Path

from portsec.up.keys import make_private

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1  # linux/prctl.h
LOG_LIMIT = 5_000_000  # bytes
POLL = 0.05  # seconds


class StartFailed(Exception):
    """Says in words for the user what did not start, and what to do."""


@dataclass
class Program:
    title: str
    command: list[str]
    log: Path
    env: Mapping[str, str] | None = None
    stop_signals: tuple[signal.Signals, ...] = (signal.SIGTERM,)
    grace: float = 10.0  # seconds
    death_signal: signal.Signals = signal.SIGKILL  # when this process is gone; nothing may linger for its own reasons
    pass_fds: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = field(default=None, init=False, compare=False)
    log_begins: int = field(default=0, init=False, compare=False)

    def spawn(self) -> subprocess.Popen[bytes]:
        """Call it from the main thread: the kernel ties a child to the thread that made it."""
        parent = os.getpid()
        with open_log(self.log) as log:
            self.log_begins = log.tell()
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.env,
                pass_fds=self.pass_fds,
                start_new_session=True,  # Ctrl-C reaches this process only, which then stops its children in order
                preexec_fn=lambda: end_with(parent, self.death_signal),
            )
        return self.process

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def wait_until(self, is_ready: Callable[[], bool], seconds: float, poll: float = POLL) -> None:
        deadline = time.monotonic() + seconds
        while not is_ready():
            if not self.is_alive():
                raise self.failed(f"ended {self.cause()} while it started")
            if time.monotonic() > deadline:
                raise self.failed(f"was not ready after {seconds:.0f} s")
            time.sleep(poll)

    def run(self) -> None:
        """Runs it to its end, which must be a good one."""
        try:
            code = self.spawn().wait()
        except KeyboardInterrupt:
            self.stop()
            raise
        if code != 0:
            raise self.failed(f"ended {self.cause()}")

    def stop(self) -> None:
        """Each signal gets its time to work before the next, harder one."""
        if self.process is None:
            return
        for number in self.stop_signals:
            self.process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(self.grace)
                return
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def cause(self) -> str:
        code = self.process.returncode if self.process else None
        return f"by signal {-code}" if code is not None and code < 0 else f"with code {code}"

    def failed(self, what: str) -> StartFailed:
        end = "\n".join(f"    {line}" for line in self.said().splitlines()[-12:])
        return StartFailed(f"{self.title} {what}. Its log, {self.log}, ends:\n{end}")

    def said(self) -> str:
        """What it wrote since it was last spawned."""
        with self.log.open("rb") as log:
            log.seek(self.log_begins)
            return log.read().decode(errors="replace")


def end_with(parent: int, number: signal.Signals) -> None:
    """Runs in the new child: have the kernel send it `number` when its parent is gone, even by kill -9."""
    if sys.platform == "linux":
        LIBC.prctl(PR_SET_PDEATHSIG, int(number))
    if os.getppid() != parent:
        os._exit(1)


def open_log(path: Path) -> BufferedWriter:
    """Appends; a log that has grown large makes room once, as <name>.log.1."""
    make_private(path.parent)
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.replace(path.with_name(f"{path.name}.1"))
    return path.open("ab")
