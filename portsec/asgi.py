"""The web process: the live line here, every page and the API as WSGI on a bounded number of threads.

Under plain ASGI Django gives each request a thread and a database connection of its own, and 300 at once outnumber
PostgreSQL's connections. Start it with `uvicorn portsec.asgi:application --loop uvloop --ws-per-message-deflate false`.
"""

import gc
import logging
import os
from typing import Any

from a2wsgi import WSGIMiddleware
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portsec.settings")
django_application: Any = get_wsgi_application()
pages = WSGIMiddleware(django_application, workers=16)

from portsec.live.consumer import LiveConsumer  # noqa: E402 (models can be imported only now)
from portsec.live.context import ADDRESS  # noqa: E402
from portsec.live.hub import Hub  # noqa: E402
from portsec.live.long_poll import hold, seconds_to_wait  # noqa: E402

live = LiveConsumer.as_asgi()


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        if seconds := seconds_to_wait(scope):
            await hold(pages, scope, receive, send, seconds)
        else:
            await pages(scope, receive, send)
    elif scope["type"] == "lifespan":
        await run_hub(scope, receive, send)
    elif scope["path"] == ADDRESS:
        await live(scope, receive, send)
    else:
        await send({"type": "websocket.close"})


async def run_hub(scope: Any, receive: Any, send: Any) -> None:
    """From the server's start to its end. Sockets wait for the hub, so that a database that is late stops nobody."""
    hub = scope["state"]["hub"] = Hub()
    await receive()
    hub.start()
    spare_the_collector()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await hub.stop()
    await send({"type": "lifespan.shutdown.complete"})


def spare_the_collector() -> None:
    """Thousands of sockets that come at once are no garbage. By default Python looks them through again and again while they
    come: a storm of 2,000 took 1.6 times plain handshakes, and 1.2 times so. What is loaded stays, and is not looked at."""
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


# At INFO uvicorn logs each socket's address, and the page's ticket stands in it. Thousands may come at once, too.
logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
