"""The limit: a bare uvloop server, fed by Redis, that writes each message to every socket and does nothing else.

No framework, no library for WebSockets, no rights, no journal: a protocol of a few lines. Nothing that sends a frame to
each client from one Python process can do less. `python -m portsec.bench.bare <descriptor> <redis> <channel>`
"""

import asyncio
import socket
import sys
from typing import cast

import redis.asyncio as redis
import uvloop

from portsec.bench import wire


class Socket(asyncio.Protocol):
    open: set[asyncio.Transport] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.head = b""

    def data_received(self, data: bytes) -> None:
        if self.transport in self.open:
            return  # what clients say is not read
        self.head += data
        if self.head.endswith(wire.END_OF_HEADERS):
            key = next(line for line in self.head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key:"))
            self.transport.write(wire.acceptance(key.partition(b":")[2].strip()))
            self.open.add(self.transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.open.discard(self.transport)


async def relay(address: str, channel: str) -> None:
    async with redis.Redis.from_url(address, socket_timeout=None).pubsub(ignore_subscribe_messages=True) as subscription:
        await subscription.subscribe(channel)
        async for said in subscription.listen():
            frame = wire.text_frame(said["data"])
            for transport in Socket.open:
                transport.write(frame)


async def main(descriptor: str, address: str, channel: str) -> None:
    loop = asyncio.get_running_loop()
    await loop.create_server(Socket, sock=socket.socket(fileno=int(descriptor)))
    await relay(address, channel)


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
