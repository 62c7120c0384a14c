from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from portsec.up.valkey import Valkey


def test_it_answers_at_its_address(valkey: Valkey) -> None:
    client = redis.Redis.from_url(valkey.url())
    client.set("berth", "north")
    assert client.get("berth") == b"north"


def test_it_refuses_who_does_not_know_the_password(valkey: Valkey) -> None:
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=valkey.port, retry=Retry(NoBackoff(), 0)).ping()


def test_it_keeps_the_password_off_the_command_line(valkey: Valkey) -> None:
    assert valkey.password not in " ".join(valkey.server.command)
    assert (valkey.folder / "valkey.conf").stat().st_mode & 0o077 == 0


def test_it_comes_back_at_the_same_address_after_a_crash(valkey: Valkey) -> None:
    address = valkey.url()
    assert valkey.server.process is not None
    valkey.server.process.kill()
    valkey.server.process.wait()
    valkey.start()
    assert valkey.url() == address
    assert redis.Redis.from_url(address).ping()


def test_it_leaves_no_data_behind(tmp_path: Path, eventually: Callable[..., None]) -> None:
    valkey = Valkey(tmp_path)
    valkey.start()
    redis.Redis.from_url(valkey.url()).set("berth", "north")
    valkey.stop()
    assert not valkey.is_alive()
    assert [path.name for path in valkey.folder.iterdir()] == ["valkey.conf"]
