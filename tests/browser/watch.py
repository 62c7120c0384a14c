"""Looks over a page's shoulder: what it logs, what it asks, what it is answered, what comes over its socket."""

import re
from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, WebSocket


@dataclass
class Watch:
    """Anything that a test did not foresee fails it at its end (conftest.py)."""

    faults: list[str] = field(default_factory=list)
    foreseen: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    frames: list[str] = field(default_factory=list)
    sockets: list[WebSocket] = field(default_factory=list)

    def over(self, context: BrowserContext) -> "Watch":
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.faults.append(f"script: {error.error}"))
        context.on("request", self._ask)
        context.on("response", self._answer)
        context.on("page", lambda page: page.on("websocket", self._listen))
        return self

    def foresee(self, *patterns: str) -> None:
        """Faults that match are what the test is about."""
        self.foreseen += patterns

    def unforeseen(self) -> list[str]:
        return [fault for fault in self.faults if not any(re.search(pattern, fault) for pattern in self.foreseen)]

    def forget(self) -> None:
        self.requests.clear()
        self.frames.clear()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _ask(self, request: Request) -> None:
        self.requests.append(f"{request.method} {request.url}")

    def _answer(self, response: Response) -> None:
        if response.status >= 500:
            self.faults.append(f"answer: {response.status} {response.request.method} {response.url}")

    def _listen(self, socket: WebSocket) -> None:
        self.sockets.append(socket)
        socket.on("framereceived", lambda frame: self.frames.append(str(frame)))


def has_sideways_scroll(page: Page) -> bool:
    return bool(page.evaluate("() => document.scrollingElement.scrollWidth > document.scrollingElement.clientWidth"))
