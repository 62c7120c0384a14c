import time
from collections.abc import Callable
from typing import Any

POLL = 0.05  # seconds


def wait_until(is_so: Callable[[], Any], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(POLL)
