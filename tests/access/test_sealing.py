"""What the product must read again, and nobody else."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from portsec.access.sealing import seal, unseal

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_it_opens_what_it_sealed() -> None:
    assert unseal(seal("gehéim", "a"), "a") == "gehéim"


def test_nothing_readable_stands_outside() -> None:
    assert "secret" not in seal("secret", "a")
    assert seal("secret", "a") != seal("secret", "a")


@pytest.mark.parametrize("sealed", ["", "secret", "gAAAA", pytest.param(seal("secret", "b"), id="another purpose")])
def test_it_opens_nothing_else(sealed: str) -> None:
    assert unseal(sealed, "a") is None


def test_another_installation_opens_nothing(settings: Any) -> None:
    sealed = seal("secret", "a")
    settings.SECRET_KEY = "another-key-of-another-installation-0123456789-0123456789"
    assert unseal(sealed, "a") is None


@pytest.mark.parametrize(("seconds", "opens"), [(0, True), (60, True), (62, False)])
def test_it_opens_within_its_time(seconds: int, opens: bool) -> None:
    with time_machine.travel(NOW, tick=False):
        sealed = seal("secret", "a")
    with time_machine.travel(NOW + timedelta(seconds=seconds), tick=False):
        assert (unseal(sealed, "a", within=60) == "secret") is opens
