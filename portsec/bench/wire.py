"""As much of RFC 6455 as a benchmark's client and its bare server need."""

import base64
import hashlib
import struct
from collections.abc import Iterator

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
# A fixed key: it keeps caches from mixing up answers, and there is none between two processes of one machine.
KEY = base64.b64encode(b"a benchmark's ok")
END_OF_HEADERS = b"\r\n\r\n"


def request(path: str, host: str) -> bytes:
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY.decode()}\r\n\r\n"
    ).encode()


def acceptance(key: bytes) -> bytes:
    accept = base64.b64encode(hashlib.sha1(key + MAGIC).digest())  # noqa: S324 (RFC 6455 asks for it)
    return b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n"


def text_frame(payload: bytes) -> bytes:
    """As a server sends it, unmasked."""
    size = len(payload)
    if size < 126:
        return bytes((0x80 | TEXT, size)) + payload
    return struct.pack("!BBH", 0x80 | TEXT, 126, size) + payload if size < 65_536 else struct.pack("!BBQ", 0x80 | TEXT, 127, size) + payload


def pong_frame(payload: bytes) -> bytes:
    """As a client sends it: masked, with a mask of zeros, which leaves the payload as it is."""
    return bytes((0x80 | PONG, 0x80 | len(payload))) + b"\0\0\0\0" + payload


def frames(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    """The whole frames at the start of `data`: their kind, payload and end. What comes after the last is not whole yet."""
    start = 0
    while (bounds := _bounds(data, start)) is not None:
        begin, end = bounds
        yield data[start] & 0x0F, data[begin:end], end
        start = end


def _bounds(data: bytes, start: int) -> tuple[int, int] | None:
    """Where the payload of the frame at `start` begins and ends, or None where it is not whole."""
    if len(data) < start + 2:
        return None
    size, begin = data[start + 1] & 0x7F, start + 2
    if size >= 126:
        width = 2 if size == 126 else 8
        begin, size = begin + width, int.from_bytes(data[begin : begin + width], "big")
        if len(data) < begin:
            return None
    return (begin, begin + size) if len(data) >= begin + size else None
