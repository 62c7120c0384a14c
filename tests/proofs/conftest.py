from collections.abc import Iterator
from typing import Any

import pytest

from tests.cast import Cast, raise_curtain
from tests.conftest import empty_tables, global_cast


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: Any) -> Iterator[Cast]:
    """As `committed`, once for all tests of a module: they may commit, and each must leave it as it found it."""
    with django_db_blocker.unblock():
        yield global_cast[0]
        empty_tables()
        global_cast[0] = raise_curtain()
