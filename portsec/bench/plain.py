"""Plain handshakes: the web server with the product's settings, and an application that only accepts.

What a storm of reconnecting clients costs beyond this is the product's own doing: the ticket, the room, the greeting.
"""

import socket
import sys
from typing import Any

import uvicorn


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (await receive())["type"] != "websocket.disconnect":
        pass


def main(descriptor: str) -> None:
    config = uvicorn.Config(
        "portsec.bench.plain:application",
        loop="uvloop",
        ws_per_message_deflate=False,
        access_log=False,
        server_header=False,
        lifespan="off",
        log_level="warning",
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(descriptor))])


if __name__ == "__main__":
    main(sys.argv[1])
