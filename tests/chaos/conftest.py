from collections.abc import Iterator

import pytest

from tests.chaos.running import Running


@pytest.fixture(scope="session")
def stack() -> Iterator[Running]:
    """Started once; each test leaves it ready for the next."""
    started = Running.start()
    assert isinstance(started, Running)
    try:
        started.wait_ready()
        yield started
    finally:
        started.stop()
