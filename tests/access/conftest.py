from collections.abc import Iterator

import pytest
from django.core.cache import cache


@pytest.fixture
def nothing_counted() -> Iterator[None]:
    """No wait of another test's proposals, invitations or wrong passwords stands in the cache, and none is left there."""
    cache.clear()
    yield
    cache.clear()
