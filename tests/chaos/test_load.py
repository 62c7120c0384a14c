"""Many clients at once: 300 requests without an error, the memory of the whole stack, and clients that do not read."""

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import cycle, islice
from typing import Any

import httpx
import psutil
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.chaos.dashboards import ControlRooms, Dashboard
from tests.chaos.running import Running
from tests.waiting import wait_until

pytestmark = pytest.mark.load

REQUESTS = 300
PATIENCE = 180.0  # seconds; a request keeps the limit of the client that built it, and the last of 300 waits for all before it
MOST_RESIDENT = 700 * 1024 * 1024  # bytes, all processes together
LOGINS = ("pfso.plgdn", "coordinator", "coastguard", "pfso.segot")
PAGES = ("/", "/alerts/", "/ports/", "/roles/", "/search/?q=drone")
RESOURCES = ("me/", "alerts/", "alerts/?count=true", "changes/?limit=50", "ports/", "organisations/", "regions/", "search/?q=ice")
PASSWORD = "portsec-demo"


def sign_in(stack: Running, login: str) -> httpx.Client:
    browser = httpx.Client(base_url=stack.url, timeout=PATIENCE, trust_env=False)
    browser.get("/account/login/")
    form = {"login": f"{login}@demo.example", "password": PASSWORD, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    answer = browser.post("/account/login/", data=form, headers={"Referer": f"{stack.url}/account/login/"})
    assert answer.status_code == 302, answer.text
    return browser


def requests(stack: Running) -> list[httpx.Request]:
    """Pages of people who are signed in, an alert's page among them, and resources by service token, in turns."""
    every: list[httpx.Request] = []
    for login in LOGINS:
        with closing(sign_in(stack, login)) as browser, stack.client(login, timeout=PATIENCE) as program:
            [alert, *_others] = program.get("/alerts/").json()["results"]
            pages = [browser.build_request("GET", path) for path in (*PAGES, f"/alerts/{alert['id']}/")]
            resources = [program.build_request("GET", path) for path in (*RESOURCES, f"alerts/{alert['id']}/deliveries/")]
            every += pages + resources
    return list(islice(cycle(every), REQUESTS))


async def all_at_once(every: list[httpx.Request]) -> list[tuple[str, int | str]]:
    async def ask(client: httpx.AsyncClient, request: httpx.Request) -> tuple[str, int | str]:
        try:
            return request.url.path, (await client.send(request)).status_code
        except httpx.HTTPError as error:
            return request.url.path, repr(error)

    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(limits=limits, trust_env=False) as client:
        return await asyncio.gather(*(ask(client, request) for request in every))


def test_300_requests_at_once_are_all_answered(stack: Running, capsys: pytest.CaptureFixture[str]) -> None:
    answers = asyncio.run(all_at_once(requests(stack)))
    failed = [answer for answer in answers if answer[1] != 200]
    with capsys.disabled():
        print(f"\n  {len(answers)} requests at once, {len(failed)} failed")
    assert len(answers) == REQUESTS
    assert not failed


def test_a_request_that_fails_would_be_counted(stack: Running) -> None:
    """The negative control: a page that nobody has, and a server that is not there."""
    absent = [httpx.Request("GET", f"{stack.url}/no-such-page/"), httpx.Request("GET", "http://localhost:1/")]
    assert [answer[1] == 200 for answer in asyncio.run(all_at_once(absent))] == [False, False]


def resident(processes: list[psutil.Process]) -> dict[str, int]:
    """Bytes by part. PSS: memory that processes share is counted once."""
    found: dict[str, int] = {}
    for process in processes:
        try:
            words = " ".join(process.cmdline()) or process.name()
            part = next((part for part in ("postgres", "valkey", "portsec.up.web", "worker", "beat") if part in words), "supervisor")
            found[part] = found.get(part, 0) + process.memory_full_info().pss
        except psutil.NoSuchProcess:  # a database connection that has just ended
            continue
    return found


def test_the_whole_stack_stays_under_700_megabytes(stack: Running, capsys: pytest.CaptureFixture[str]) -> None:
    """After all that the tests before have asked of it."""
    stack.wait_ready()
    parts = resident(stack.processes())
    said = ", ".join(f"{part} {size / 2**20:.0f}" for part, size in sorted(parts.items(), key=lambda part: -part[1]))
    with capsys.disabled():
        print(f"\n  resident: {sum(parts.values()) / 2**20:.0f} MB ({said})")
    assert {"postgres", "valkey", "portsec.up.web", "worker", "beat", "supervisor"} <= set(parts), "a part was not measured"
    assert sum(parts.values()) < MOST_RESIDENT


# Clients that do not read

ENTRIES, AT_ONCE = 6000, 500
WRITE = """
INSERT INTO journal_entry (id, at, verb, kind, object_id, owner_id, audience_id, summary, row, before, after, request_id)
SELECT uuidv7(), e.at, 'alert.remarked', 'alert', e.object_id, e.owner_id, e.audience_id, n::text,
       jsonb_build_object('headline', repeat('x', 600)), '{}', '{}', ''
FROM (SELECT * FROM journal_entry WHERE id = %s) e, generate_series(%s, %s) AS n
"""


def write_entries(stack: Running, like: str) -> None:
    """As if so many remarks had been made, each numbered after its commit and announced, as the sequencer does."""
    for first in range(0, ENTRIES, AT_ONCE):
        with stack.database() as cursor:
            cursor.execute(WRITE, [like, first, first + AT_ONCE - 1])
            cursor.connection.commit()
            cursor.execute("SELECT newest FROM journal_number_entries()")
            newest = cursor.fetchone()[0]
            cursor.connection.commit()
        stack.valkey.publish("portsec:journal", newest)


class SlowClient:
    """Shakes hands and then reads nothing, with the smallest buffers that a client can have."""

    def __init__(self, stack: Running, login: str, lines: ExitStack, since: str = "") -> None:
        plain = socket.socket()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        plain.connect(("127.0.0.1", stack.port))
        self.cursor = since
        self.remarks: list[int] = []
        self.connection: ClientConnection = lines.enter_context(
            connect(
                f"ws://localhost:{stack.port}/ws/live/?since={since}",
                sock=plain,
                additional_headers={"Authorization": f"Token {stack.tokens[login]}"},
                compression=None,
                max_queue=1,
                max_size=None,
                ping_interval=None,
                close_timeout=1,
            )
        )
        assert self.read()["type"] == "hello"

    def read(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.connection.recv(timeout=30))
        self.cursor = said.get("cursor", self.cursor)
        if said["type"] == "entries":
            self.remarks += [int(entry["summary"]) for entry in said["entries"] if entry["verb"] == "alert.remarked"]
        return said

    def read_to_the_end(self) -> int | None:
        """The code with which the server closed the line."""
        try:
            while True:
                self.read()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None

    def read_all(self) -> None:
        while len(self.remarks) < ENTRIES:
            self.read()


@pytest.fixture
def lines() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def test_five_clients_that_do_not_read_are_dropped_and_resume_whole(
    stack: Running, lines: ExitStack, capsys: pytest.CaptureFixture[str]
) -> None:
    slow = [SlowClient(stack, "pfso.fihel", lines) for _ in range(5)]
    the_others_get_the_flood_undisturbed(stack)
    assert [client.read_to_the_end() for client in slow] == [4408] * 5
    missed = [ENTRIES - len(client.remarks) for client in slow]
    assert all(missed), "they had everything already: the flood was too small"
    for client in slow:
        again = SlowClient(stack, "pfso.fihel", lines, client.cursor)
        again.remarks = client.remarks
        again.read_all()
        assert again.remarks == list(range(ENTRIES)), "not whole, or not in order"
    with capsys.disabled():
        print(f"\n  5 clients that do not read: dropped with 4408, {missed} of {ENTRIES} entries resumed, none twice, others undisturbed")


def the_others_get_the_flood_undisturbed(stack: Running) -> None:
    stack.raise_alert("pfso.plgdn", "For who reads slowly", audience={"kind": "region"})
    [(like,)] = stack.rows("SELECT id FROM journal_entry WHERE verb = 'alert.published' AND row->>'headline' = 'For who reads slowly'")
    rooms = ControlRooms(stack, [Dashboard("pfso.plgdn"), Dashboard("coastguard"), Dashboard("pfso.segot")])
    with rooms.open():
        wait_until(lambda: all(board.connected for board in rooms.boards), 20, "every dashboard is connected")
        write_entries(stack, like)
        stack.raise_alert("pfso.plgdn", "After the flood", audience={"kind": "linked_regions"})
        for board in rooms.boards:
            wait_until(lambda board=board: board.headlines["After the flood"] == 1, 30, f"{board.login} is up to date")
    assert [board.connected for board in rooms.boards] == [1, 1, 1], "somebody who reads was dropped too"
    assert [board.remarks for board in rooms.boards] == [ENTRIES, ENTRIES, 0]
