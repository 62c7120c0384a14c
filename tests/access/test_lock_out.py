"""Wrong passwords and codes: one waits, longer each time, and nobody learns from it who exists."""

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache, caches
from django.core.cache.backends.dummy import DummyCache
from django.test import Client
from django.utils import timezone

from portsec.access import hashers, lockout
from portsec.access.lockout import ACCOUNT, ADDRESS, PAIR, Ladder, LockedOut, begin, succeed
from tests.cast import PASSWORD, Cast

LOGIN = "/account/login/"
OFFICER = "security_officer@gdansk.example"
NOBODY = "nobody@gdansk.example"


@pytest.fixture(autouse=True)
def _no_earlier_attempts() -> Iterator[None]:
    for store in (cache, caches["local"]):
        store.clear()
    yield
    caches["local"].clear()


def wait_of(account: str = "a", address: str = "192.0.2.1") -> int:
    try:
        begin(account, address)
    except LockedOut as locked:
        return locked.seconds
    return 0


# The ladder


@pytest.mark.parametrize(("attempts", "wait"), [(0, 0), (5, 0), (6, 30), (7, 60), (8, 120), (10, 480), (11, 900), (1000, 900)])
def test_each_wrong_attempt_makes_the_wait_longer_up_to_a_quarter_of_an_hour(attempts: int, wait: int) -> None:
    assert PAIR.wait_after(attempts) == wait


def test_an_attempt_while_one_waits_does_not_make_it_longer() -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert [wait_of() for _again in range(6)] == [0] * 6
        assert [wait_of() for _again in range(20)] == [30] * 20
        clock.shift(29)
        assert wait_of() == 1
        clock.shift(1)
        assert (wait_of(), wait_of()) == (0, 60)


def test_one_account_is_guessed_from_many_addresses_no_faster() -> None:
    waits = [wait_of(address=f"192.0.2.{n}") for n in range(ACCOUNT.free + 2)]
    assert waits == [0] * (ACCOUNT.free + 1) + [30]
    assert wait_of("another", "192.0.2.1") == 0


def test_one_address_guesses_many_accounts_no_faster() -> None:
    waits = [wait_of(f"account {n}") for n in range(ADDRESS.free + 2)]
    assert waits == [0] * (ADDRESS.free + 1) + [30]
    assert wait_of("account 1", "192.0.2.2") == 0


def test_the_addresses_of_one_ipv6_network_count_as_one() -> None:
    assert [wait_of(address=f"2001:db8::{n}") for n in range(1, 8)][-1] == 30
    assert wait_of(address="2001:db8:0:1::1") == 0


def test_a_success_takes_its_own_attempts_back_and_no_others() -> None:
    for n in range(ADDRESS.free + 1):
        wait_of(f"guessed {n}")
    assert wait_of("mine") > 0
    with time_machine.travel(timezone.now() + timedelta(seconds=31)):
        assert wait_of("mine") == 0
        succeed("mine", "192.0.2.1")
        assert wait_of("mine") > 0, "one good account must not open the address again for guessing"
    for _again in range(PAIR.free + 1):
        wait_of("other", "198.51.100.1")
    succeed("other", "198.51.100.1")
    assert wait_of("other", "198.51.100.1") == 0


class AwayCache(DummyCache):
    """As django-redis answers while Redis is away."""

    def incr(self, *args: Any, **options: Any) -> Any:
        return None

    decr = incr


def test_without_redis_each_process_counts_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lockout, "cache", AwayCache("", {}))
    assert [wait_of() for _again in range(7)] == [0] * 6 + [30]
    succeed("a", "192.0.2.1")
    assert wait_of() == 0


def test_many_at_once_win_nothing(in_threads: Any) -> None:
    waits = in_threads(lambda _n: wait_of(), range(16))
    pair = next(iter(lockout._ladders("a", "192.0.2.1")))
    assert cache.get(pair) == waits.count(0) > PAIR.free, "whoever was let through was counted"


# The page


def sign_in(client: Client, address: str = OFFICER, password: str = "wrong", **options: Any) -> Any:  # noqa: S107
    return client.post(LOGIN, {"login": address, "password": password}, **options)


@pytest.fixture
def short_ladder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing takes half a second on purpose."""
    monkeypatch.setattr(lockout, "PAIR", Ladder(1))


@pytest.mark.django_db
def test_the_door_closes_with_429_and_says_for_how_long(cast: Cast, client: Client, short_ladder: None) -> None:
    answers = [sign_in(client) for _again in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 30
    assert "Try again in" in answers[-1].content.decode()
    assert sign_in(client, password=PASSWORD).status_code == 429
    assert client.get("/").status_code == 302


@pytest.mark.django_db
def test_it_opens_again_by_itself(cast: Cast, client: Client, short_ladder: None) -> None:
    for _again in range(3):
        sign_in(client)
    with time_machine.travel(timezone.now() + timedelta(seconds=31)):
        assert sign_in(client, password=PASSWORD).status_code == 302


@pytest.mark.django_db
def test_another_browser_of_the_person_is_not_held_up(cast: Cast, client: Client, short_ladder: None) -> None:
    for _again in range(3):
        sign_in(client, REMOTE_ADDR="198.51.100.66")
    assert sign_in(client, password=PASSWORD, REMOTE_ADDR="192.0.2.9").status_code == 302


def faceless(answer: Any) -> tuple[int, str]:
    """But for what every answer has of its own, and what was typed."""
    body = re.sub(r'value="[^"]*"|Request [\w-]+', "", answer.content.decode())
    return answer.status_code, body.replace(answer["X-Request-Id"], "")


@pytest.mark.django_db
def test_a_known_address_and_an_unknown_one_are_answered_alike_all_the_way(cast: Cast, short_ladder: None) -> None:
    clients = [Client(REMOTE_ADDR=f"192.0.2.{n}") for n in (1, 2)]
    with time_machine.travel(timezone.now(), tick=False):
        for _again in range(3):
            known, unknown = sign_in(clients[0], OFFICER), sign_in(clients[1], NOBODY)
            assert faceless(known) == faceless(unknown)
    assert known.status_code == 429


@pytest.mark.django_db
@pytest.mark.parametrize("address", [OFFICER, NOBODY])
def test_each_attempt_costs_exactly_one_hash(cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """What takes the time is the hash: one for a known address, one for an unknown one, none while one waits."""
    hashes: list[str] = []
    for name in ("verify", "encode"):
        monkeypatch.setattr(hashers.Argon2PasswordHasher, name, lambda *_args, name=name, **_options: hashes.append(name) or "")
    monkeypatch.setattr(lockout, "PAIR", Ladder(1))
    counts = [(len(hashes), sign_in(client, address).status_code)[1] and len(hashes) for _again in range(3)]
    assert counts == [1, 2, 2]


# Codes of six digits


def with_app(cast: Cast) -> str:
    secret = generate_totp_secret()
    TOTP.activate(cast.user("gdansk"), secret)
    return secret


@pytest.mark.django_db
def test_codes_wait_as_passwords_do(cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = with_app(cast)
    monkeypatch.setattr(lockout, "PAIR", Ladder(2))
    assert sign_in(client, password=PASSWORD).headers["Location"] == "/account/2fa/authenticate/"
    answers = [client.post("/account/2fa/authenticate/", {"code": f"00000{n}"}).status_code for n in range(4)]
    assert answers == [200, 200, 200, 429]
    code = f"{hotp_value(secret, next(iter(yield_hotp_counters_from_time()))):06}"
    assert client.post("/account/2fa/authenticate/", {"code": code}).status_code == 429
    with time_machine.travel(timezone.now() + timedelta(seconds=31)):
        code = f"{hotp_value(secret, int(time.time()) // 30):06}"
        assert client.post("/account/2fa/authenticate/", {"code": code}).headers["Location"] == "/"


@pytest.mark.django_db
def test_the_page_for_the_code_speaks_our_words(cast: Cast, client: Client) -> None:
    with_app(cast)
    sign_in(client, password=PASSWORD)
    page = client.post("/account/2fa/authenticate/", {"code": "000000"}).content.decode()
    assert "Confirm with your second factor" in page
    assert "This code is not right." in page
    assert "Two-Factor" not in page


@pytest.mark.django_db
def test_a_dump_of_the_database_makes_no_codes(cast: Cast) -> None:
    secret = with_app(cast)
    kept = Authenticator.objects.get(user=cast.user("gdansk"))
    assert secret not in str(kept.data)
    assert kept.data["secret"].startswith("sealed:")
    kept.data["secret"] = secret  # as it was kept before
    code = f"{hotp_value(secret, next(iter(yield_hotp_counters_from_time()))):06}"
    assert TOTP(kept).validate_code(code)


# Hashes take memory


def test_a_storm_of_sign_ins_hashes_two_at_a_time(in_threads: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    running, most, pause = [0], [0], Event()

    def slow(*_args: Any, **_options: Any) -> bool:
        running[0] += 1
        most[0] = max(most[0], running[0])
        pause.wait(0.02)
        running[0] -= 1
        return True

    monkeypatch.setattr(hashers.Argon2PasswordHasher, "verify", slow)
    in_threads(lambda _n: hashers.BoundedArgon2PasswordHasher().verify("a", "b"), range(8))
    assert most[0] == hashers.AT_ONCE
