"""After wrong passwords or codes one waits, each time longer. It says nothing of who exists: whatever was typed is counted alike.

Counted are the account with the caller's address (a person who mistypes), the account from anywhere (many machines guess one
password), and the address with any account (one machine guesses many). The waits end by themselves, and neither a session
that is open nor a passkey is held up by them: nobody shuts a control room out by typing wrong passwords for it.
"""

import hashlib
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass

from allauth.core.internal.ratelimit import truncate_ip
from django.core.cache import BaseCache, cache, caches

MEMORY = 3600  # seconds that attempts are remembered


@dataclass(frozen=True)
class Ladder:
    """`free` attempts, then a wait that doubles from `first` to `longest`, in seconds."""

    free: int
    first: int = 30
    longest: int = 900

    def wait_after(self, attempts: int) -> int:
        beyond = attempts - self.free
        return 0 if beyond <= 0 else min(self.first * 2 ** min(beyond - 1, 10), self.longest)


PAIR, ACCOUNT, ADDRESS = Ladder(5), Ladder(25), Ladder(60)


class LockedOut(Exception):
    """`seconds` until it can be tried again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def begin(account: str, address: str) -> None:
    """Counts an attempt before it is looked at, so that many at once win nothing. Raises LockedOut, and then counts none."""
    ladders = _ladders(account, address)
    _check(ladders)
    for name, ladder in ladders.items():
        count, store = _count(name)
        if wait := ladder.wait_after(count):
            store.set(f"{name}:until", time.time() + wait, wait)


def succeed(account: str, address: str) -> None:
    """Takes the attempt back. What others tried from the same address stays counted: one good account clears no guessing."""
    pair, whole, source = _ladders(account, address)
    for store in (cache, caches["local"]):
        store.delete_many([pair, f"{pair}:until", f"{whole}:until"])
        for name in (whole, source):
            _take_back(store, name)


def _check(names: Mapping[str, Ladder]) -> None:
    keys = [f"{name}:until" for name in names]
    ends = [end for store in (cache, caches["local"]) for end in (store.get_many(keys) or {}).values()]
    left = max(ends, default=0) - time.time()
    if left > 0:
        raise LockedOut(math.ceil(left))


def _ladders(account: str, address: str) -> dict[str, Ladder]:
    where = truncate_ip(address)  # of IPv6 the network: a single machine has billions of addresses
    return {
        _name("pair", account.lower(), where): PAIR,
        _name("account", account.lower()): ACCOUNT,
        _name("address", where): ADDRESS,
    }


def _name(*parts: str) -> str:
    return "lockout:" + hashlib.sha256("\x00".join(parts).encode("utf-8", "replace")).hexdigest()


def _count(name: str) -> tuple[int, BaseCache]:
    """Without Redis each process counts for itself: sign-in neither ends nor stands open."""
    for store in (cache, caches["local"]):
        store.add(name, 0, MEMORY)
        try:
            if (count := store.incr(name)) is not None:
                return count, store
        except ValueError:
            continue
    return 0, cache


def _take_back(store: BaseCache, name: str) -> None:
    try:
        if (left := store.decr(name)) is not None and left < 0:
            store.delete(name)
    except ValueError:
        pass  # nothing is counted there
