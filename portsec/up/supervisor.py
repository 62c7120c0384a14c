"""Starts a stack step by step, keeps it running, and stops it in order. `make run` and `manage.py up` end here."""

import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import TextIOWrapper
from types import FrameType
from typing import NoReturn

from portsec.up.home import home_folder, note_environment, occupy
from portsec.up.listen import chosen_port, listen_on_loopback
from portsec.up.program import StartFailed
from portsec.up.services import Service, Stack, Step, Task

LOOK_EVERY = 0.2  # seconds
STEADY_AFTER = 10.0  # seconds; who lives longer than this is started again at once
LONGEST_PAUSE = 15.0  # seconds
SIGN_INS = """
Sign in to the demo with the password portsec-demo:
  pfso.plgdn@demo.example    port facility security officer, Port of Gdańsk
  coordinator@demo.example   regional coordinator
  coastguard@demo.example    agency liaison, coast guard
Mail that the demo sends: {address}/demo/mail/
"""


def main() -> int:
    listen_for_stop()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without our letters must not end the stack
    try:
        return run_stack()
    except StartFailed as failure:
        print(failure, file=sys.stderr)
    except PermissionError as error:
        print(f"{error.filename} cannot be written. Choose another folder: PORTSEC_HOME=~/portsec make run", file=sys.stderr)
    return 1


def run_stack() -> int:
    home, port = home_folder(), chosen_port()
    address = f"http://localhost:{port}"
    with occupy(home, address):
        listeners = listen_on_loopback(port)
        stack = Stack(home, port, listeners)
        supervisor = Supervisor(stack.steps())
        try:
            note_environment(home, stack.environment)
            supervisor.start()
            announce(address, stack.has_demo, stack.first_run())
            supervisor.watch()
        except KeyboardInterrupt:
            return 0
        finally:
            for listener in listeners:
                listener.close()
            supervisor.stop()


def announce(address: str, has_demo: bool, first_run: str) -> None:
    """`first_run` is what the operator needs to set up an empty installation, or nothing."""
    if has_demo:
        say(SIGN_INS.format(address=address))
    if first_run:
        say(f"\n{first_run.rstrip()}\n")
    say(f"PortSec is ready: {address}")


class Supervisor:
    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = steps
        self.watches: list[Watch] = []

    def start(self) -> None:
        for index, step in enumerate(self.steps):
            with progress(f"{index + 1}/{len(self.steps)} {step.title}"):
                if isinstance(step, Task):
                    step.run()
                else:
                    self._spawn_neighbours(self.steps[index:])
                    step.wait_ready()

    def watch(self) -> NoReturn:
        while True:
            for watch in self.watches:
                watch.look()
            time.sleep(LOOK_EVERY)

    def stop(self) -> None:
        for watch in reversed(self.watches):
            with progress(f"Stopping {watch.service.title}", "stopped"):
                watch.service.stop()

    def _spawn_neighbours(self, steps: Sequence[Step]) -> None:
        """Services that stand side by side in the list start together; a task waits for those before it."""
        for step in steps:
            if isinstance(step, Task):
                return
            if step not in [watch.service for watch in self.watches]:
                self.watches.append(Watch(step))
                step.spawn()


@dataclass
class Watch:
    """Starts a service again when it ended: at once the first time, then more and more slowly."""

    service: Service
    failures: int = 0
    retry_at: float | None = None
    spawned_at: float = field(default_factory=time.monotonic)

    def look(self) -> None:
        if self.service.is_alive():
            return
        now = time.monotonic()
        if self.retry_at is None:
            self._plan(now)
        elif now >= self.retry_at:
            self.retry_at, self.spawned_at = None, now
            self.service.spawn()

    def _plan(self, now: float) -> None:
        self.failures = 1 if now - self.spawned_at > STEADY_AFTER else self.failures + 1
        pause = 0.0 if self.failures == 1 else min(2.0 ** (self.failures - 2), LONGEST_PAUSE)
        self.retry_at = now + pause
        say(f"{self.service.title} ended {self.service.cause()}; starting it again {f'in {pause:.0f} s' if pause else 'now'}.")


@contextmanager
def progress(what: str, outcome: str = "ready") -> Iterator[None]:
    begun = time.monotonic()
    say(f"{what} … ", end="")
    try:
        yield
    except BaseException:
        say("not finished")
        raise
    say(f"{outcome} in {time.monotonic() - begun:.1f} s")


def say(text: str, end: str = "\n") -> None:
    try:
        print(text, end=end, flush=True)
    except OSError:  # nobody reads any more, which must not keep the stack from running on and from stopping in order
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def listen_for_stop() -> None:
    """SIGTERM, and a terminal that closes, stop the stack just as Ctrl-C does. Also where a shell had Ctrl-C ignored."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, request_stop)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # under nohup
        signal.signal(signal.SIGHUP, request_stop)


def request_stop(number: int, frame: FrameType | None) -> None:
    """Only the first request counts: a second one, often the same from make, must not interrupt the ordered stop."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, lambda number, frame: None)
    raise KeyboardInterrupt
