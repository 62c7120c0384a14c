"""What tests of ports ask for often."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.urls import reverse

from ports.actions import add_facility, set_security_level
from ports.models import PortFacility, SecurityLevelChange
from portsec.access.acting import Acting, acting_for
from portsec.face.waits import Wait

SetLevel = Callable[..., SecurityLevelChange]
AddFacility = Callable[..., PortFacility]


def but_for_ways(waiting: Iterable[Wait]) -> list[Wait]:
    """What waits, without the warning that urgent alerts reach nobody: the cast has named no contacts for them."""
    return [one for one in waiting if one.url != reverse("endpoint_list")]


@pytest.fixture
def set_level() -> SetLevel:
    """`set_level(acting, 2, …)`, in a context of its own."""

    def run(acting: Acting, level: int, reason: str = "Unlit craft", **options: Any) -> SecurityLevelChange:
        with acting_for(acting):
            return set_security_level(acting, level=level, reason=reason, **options)

    return run


@pytest.fixture
def facility() -> AddFacility:
    """`facility(acting, "PLGDN-0001", …)`, in a context of its own."""

    def run(acting: Acting, number: str, **content: Any) -> PortFacility:
        with acting_for(acting):
            return add_facility(acting, **{"name": f"Terminal {number}", "imo_number": number, **content})

    return run
