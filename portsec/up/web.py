"""The web process: uvicorn on sockets that the supervisor opened, given as file descriptors."""

import socket
import sys

import uvicorn


def main(descriptors: list[str]) -> None:
    config = uvicorn.Config(
        "portsec.asgi:application",
        loop="uvloop",
        ws_max_size=65_536,  # bytes: a client says little, and its words are held in memory
        ws_per_message_deflate=False,  # dear for small frames: ARCHITECTURE.md, "live"
        access_log=False,
        proxy_headers=False,  # nothing stands in front, so a forwarded address would be the caller's invention
        server_header=False,
        timeout_graceful_shutdown=5,
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(descriptor)) for descriptor in descriptors])


if __name__ == "__main__":
    main(sys.argv[1:])
