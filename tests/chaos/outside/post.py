"""A mail server of the test's own on loopback: it takes what comes, and remembers it."""

import re
import socketserver
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from threading import Lock, Thread

DISPATCH = re.compile(r"/answer/([0-9a-f]{32}):")


@dataclass(frozen=True)
class Mail:
    to: str
    id: str
    subject: str
    dispatches: frozenset[str]  # of the links by which it can be answered


@dataclass
class Post:
    port: int = 0
    mails: list[Mail] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def take(self, to: str, raw: bytes) -> None:
        parsed = message_from_bytes(raw, policy=policy.default)
        text = parsed.get_body(("plain",))
        links = frozenset(DISPATCH.findall(text.get_content() if text else ""))
        with self.lock:
            self.mails.append(Mail(to, str(parsed["Message-ID"]), str(parsed["Subject"]), links))

    def ids_of_dispatches(self) -> dict[tuple[str, str], set[str]]:
        """(mailbox, dispatch) → the ids of the messages that let it be answered."""
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for mail in tuple(self.mails):
            for dispatch in mail.dispatches:
                found[mail.to, dispatch].add(mail.id)
        return found


@contextmanager
def post_office() -> Iterator[Post]:
    post = Post()

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            to: list[str] = []
            self.wfile.write(b"220 sink\r\n")
            while line := self.rfile.readline():
                verb = line[:4].upper()
                if verb == b"RCPT":
                    to.append(line.split(b"<")[1].split(b">")[0].decode())
                if verb == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    raw = b"".join(iter(self.rfile.readline, b".\r\n"))
                    for one in to:
                        post.take(one, raw)
                    to = []
                self.wfile.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
                if verb == b"QUIT":
                    return

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads, allow_reuse_address, request_queue_size = True, True, 64

    with Server(("127.0.0.1", 0), Session) as server:
        post.port = server.server_address[1]
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        try:
            yield post
        finally:
            server.shutdown()
