import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from portsec.up.probe import Probe

READY = {"database": True, "worker": True, "beat": False}


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        known = {"/healthz": (200, b"ok"), "/readyz": (503, json.dumps(READY).encode())}
        status, body = known[self.path] if self.headers["Host"] == "portsec.example" else (400, b"")
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        """Not into the output of the tests."""


@pytest.fixture
def port() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_it_asks_as_a_host_that_is_allowed(port: int) -> None:
    assert Probe(port, "portsec.example").is_healthy()
    assert not Probe(port, "elsewhere.example").is_healthy()


def test_it_tells_the_parts_apart_while_not_all_are_there(port: int) -> None:
    probe = Probe(port, "portsec.example")
    assert [probe.reports(part) for part in ("worker", "beat", "no such part")] == [True, False, False]


def test_it_takes_silence_for_not_yet() -> None:
    probe = Probe(1, "portsec.example")
    assert not probe.is_healthy()
    assert not probe.reports("worker")
