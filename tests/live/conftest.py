"""A real web process's server in a thread, on a real database and Valkey, and real WebSocket clients."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import uvicorn
from rest_framework.test import APIClient
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from portsec import asgi
from portsec.access.acting import Acting, as_system
from portsec.access.ids import new_id
from portsec.journal.models import Entry
from portsec.journal.sequencer import number_entries
from portsec.live.hub import Hub
from portsec.live.line import Line
from portsec.live.tickets import make_ticket
from tests.cast import Cast

PATIENCE = 15.0


def eventually(is_so: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.01)


@dataclass
class Dashboard:
    """A client of the line: keeps the last cursor, as a page does."""

    connection: ClientConnection
    hello: dict[str, Any] = field(default_factory=dict)
    cursor: str = ""

    def frame(self, kind: str) -> dict[str, Any]:
        """The next frame of this kind; pings and what else comes in between is passed over."""
        deadline = time.monotonic() + PATIENCE
        while True:
            said: dict[str, Any] = json.loads(self.connection.recv(timeout=max(deadline - time.monotonic(), 0.01)))
            self.cursor = said.get("cursor", self.cursor)
            if said["type"] == kind:
                return said

    def entries(self, count: int) -> list[dict[str, Any]]:
        """The next entries, at least so many, in however many frames they come."""
        found: list[dict[str, Any]] = []
        while len(found) < count:
            found += self.frame("entries")["entries"]
        return found

    def until(self, headline: str) -> list[str]:
        """The headlines of what comes, up to and with this one. What is not among them was not sent: the line keeps order."""
        headlines: list[str] = []
        while headline not in headlines:
            headlines += [entry["row"].get("headline", entry["verb"]) for entry in self.frame("entries")["entries"]]
        return headlines

    def say(self, **message: Any) -> None:
        self.connection.send(json.dumps(message))

    def refusal(self) -> int | None:
        """The code with which the line was closed, before anything was said over it."""
        with pytest.raises(ConnectionClosed) as closed:
            self.connection.recv(timeout=PATIENCE)
        return closed.value.rcvd.code if closed.value.rcvd else None

    def close_code(self) -> int | None:
        """Reads to the end, which must come."""
        deadline = time.monotonic() + PATIENCE
        try:
            while True:
                self.connection.recv(timeout=max(deadline - time.monotonic(), 0.01))
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None

    def close(self) -> None:
        self.connection.close()


@dataclass
class Web:
    """The running server. `open(acting)` brings a ticket; the other ways in are tried with `knock`."""

    port: int
    hub: Hub
    loop: asyncio.AbstractEventLoop
    stack: ExitStack
    began_at: int = 0

    def __post_init__(self) -> None:
        self.began_at = self.hub.position

    def knock(self, query: str = "", **options: Any) -> Dashboard:
        address = f"ws://localhost:{self.port}/ws/live/?{query}"
        return Dashboard(self.stack.enter_context(connect(address, compression=None, close_timeout=1, **options)))

    def open(self, acting: Acting, since: str = "", **options: Any) -> Dashboard:
        dashboard = self.knock(f"ticket={make_ticket(acting)}&since={since}", **options)
        dashboard.hello = dashboard.frame("hello")
        return dashboard

    def run(self, task: Coroutine[Any, Any, Any]) -> Any:
        """In the server's event loop."""
        return asyncio.run_coroutine_threadsafe(task, self.loop).result(PATIENCE)

    def has_read(self, more: int) -> None:
        """Waits until the hub has read so many entries since it was started."""
        eventually(lambda: self.hub.position >= self.began_at + more)

    def lines(self) -> list[Line]:
        return self.hub.lines()

    def hold_back(self) -> threading.Event:
        """The hub reads nothing more until the event is set."""
        held = threading.Event()
        self.hub._reader._threads.submit(held.wait, PATIENCE)
        return held

    def get(self, path: str) -> tuple[int, bytes]:
        answer = httpx.get(f"http://localhost:{self.port}{path}", timeout=PATIENCE)
        return answer.status_code, answer.content


@pytest.fixture
def serve(committed: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Web]]:
    """`serve(ring_length=4)`: starts the server of portsec/asgi.py; stopped after the test, before the tables are emptied."""
    with ExitStack() as stack:

        def start(**hub_options: Any) -> Web:
            loops: list[asyncio.AbstractEventLoop] = []

            def make_hub() -> Hub:
                loops.append(asyncio.get_running_loop())
                return Hub(**hub_options)

            monkeypatch.setattr(asgi, "Hub", make_hub)
            listener = stack.enter_context(socket.create_server(("localhost", 0)))
            port = listener.getsockname()[1]
            settings.BASE_URL = f"http://localhost:{port}"
            config = uvicorn.Config(asgi.application, loop="uvloop", ws_per_message_deflate=False, log_config=None)
            server = uvicorn.Server(config)
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
            thread.start()
            stack.callback(thread.join)
            stack.callback(setattr, server, "should_exit", True)
            eventually(lambda: server.started and server.lifespan.state["hub"].is_ready.is_set())
            return Web(port, server.lifespan.state["hub"], loops[0], stack)

        yield start


@pytest.fixture
def web(serve: Callable[..., Web]) -> Web:
    return serve()


@pytest.fixture
def write_entries() -> Callable[..., None]:
    """`write_entries(acting, audience_of, 300)`: that many entries at once, as if many actions had been committed."""

    def write(acting: Acting, like: Any, count: int, *, first: int = 0, padding: str = "") -> None:
        with as_system("tests"):
            Entry.objects.bulk_create(
                Entry(
                    id=new_id(),
                    at=like.published_at,
                    verb="alert.remarked",
                    kind="alert",
                    object_id=like.pk,
                    owner=acting.organisation,
                    audience=like.audience,
                    summary=f"entry {first + number}",
                    row={"headline": f"entry {first + number}", "padding": padding},
                )
                for number in range(count)
            )
        number_entries()

    return write


@pytest.fixture
def api_of(committed: Cast) -> Callable[[str], APIClient]:
    def client_of(name: str) -> APIClient:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {committed.token(name)}")
        return client

    return client_of
