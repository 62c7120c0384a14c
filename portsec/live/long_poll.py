"""`Prefer: wait=25` on the delta feed (RFC 7240): the request is held until something comes, and holds no thread meanwhile.

The feed itself is asked as usual, before and after the wait; the wait is here, on the event loop. That anything at all
happened is no secret kept badly: the answer leaves only when it has entries for this client, or when the time is over.
"""

import asyncio
import json
import re
from typing import Any

from portsec.live.hub import Hub

ADDRESS = "/api/v1/changes/"
LONGEST = 25.0  # seconds
CALM = 0.2  # seconds between two questions, however much happens elsewhere
WAIT = re.compile(rb"(?:^|[,;\s])wait=(\d{1,4})(?:$|[,;\s])")


def seconds_to_wait(scope: Any) -> float:
    """0 where the client does not ask for it."""
    if scope["method"] != "GET" or scope["path"] != ADDRESS:
        return 0
    found = WAIT.search(b",".join(value for name, value in scope["headers"] if name == b"prefer"))
    return min(float(found[1]), LONGEST) if found else 0


async def hold(pages: Any, scope: Any, receive: Any, send: Any, seconds: float) -> None:
    """Asks the feed, waits for news where it is empty, asks again; answers once."""
    hub: Hub = scope["state"]["hub"]
    until = asyncio.get_running_loop().time() + seconds
    await receive()  # a GET has no body
    gone = asyncio.ensure_future(receive())
    try:
        while True:
            position = hub.position
            answer = await ask(pages, scope)
            left = until - asyncio.get_running_loop().time()
            if left <= 0 or gone.done() or not is_empty(answer):
                break
            await wait_for_news(hub, position, left, gone)
    finally:
        gone.cancel()
    for message in answer:
        await send(message)


async def wait_for_news(hub: Hub, position: int, seconds: float, gone: "asyncio.Future[Any]") -> None:
    news = asyncio.ensure_future(hub.news_after(position))
    await asyncio.wait({news, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    news.cancel()
    await asyncio.sleep(min(CALM, seconds))


async def ask(pages: Any, scope: Any) -> list[dict[str, Any]]:
    """The feed's whole answer, as the messages that make it."""
    answer: list[dict[str, Any]] = []

    async def body() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def keep(message: dict[str, Any]) -> None:
        answer.append(message)

    await pages(scope, body, keep)
    return answer


def is_empty(answer: list[dict[str, Any]]) -> bool:
    if answer[0]["status"] != 200:
        return False
    body = b"".join(message.get("body", b"") for message in answer[1:])
    return not json.loads(body)["results"]
