"""The stack of this proof, with its mail server and its receivers, of which four behave badly."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from portsec.up.home import CHECKOUT
from tests.chaos.outside.names import FAILS, GONE, HANGS, OUTSIDER, REDIRECTS, path_of
from tests.chaos.outside.post import Post, post_office
from tests.chaos.running import Running
from tests.delivery.receiver import Receiver, receiving


@dataclass
class Scene:
    stack: Running
    post: Post
    receiver: Receiver
    senders: list[str]  # tokens
    ports: dict[str, str]  # name → id

    @property
    def well(self) -> list[str]:
        """Ports whose receivers work."""
        return [name for name in self.ports if name not in (HANGS, FAILS, GONE, REDIRECTS)]


@contextmanager
def setting() -> Iterator[Scene]:
    with post_office() as post, receiving() as receiver, started(post) as stack:
        receiver.habits = {path_of(HANGS): receiver.hang, path_of(FAILS): 500, path_of(GONE): 410, path_of(REDIRECTS): 302}
        receiver.headers = {"Location": f"{receiver.url}{path_of(OUTSIDER)}"}
        built = town(stack, receiver.url)
        yield Scene(stack, post, receiver, built["senders"], built["ports"])


@contextmanager
def started(post: Post) -> Iterator[Running]:
    stack = Running.start(EMAIL_URL=f"smtp://127.0.0.1:{post.port}", PORTSEC_WEBHOOK_ALLOW_PRIVATE="1")
    assert isinstance(stack, Running)
    try:
        stack.wait_ready()
        yield stack
    finally:
        stack.stop()


def town(stack: Running, receivers: str) -> dict[str, Any]:
    environment = {**os.environ, **stack.environment, "DJANGO_SETTINGS_MODULE": "portsec.settings", "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-m", "tests.chaos.outside.town", receivers]
    done = subprocess.run(command, env=environment, cwd=CHECKOUT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    built: dict[str, Any] = json.loads(done.stdout)
    return built
