"""A token's last use outlives the request that is refused: it is written before the request's transaction."""

from datetime import datetime, timedelta

import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from portsec.access.actions import issue_token
from portsec.access.models import ServiceToken
from tests.cast import Cast


def ask(secret: str, path: str = "/api/v1/me/", **where: str) -> int:
    client = APIClient(**where)
    client.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
    return int(client.get(path).status_code)


def last_use(token: ServiceToken) -> datetime | None:
    found: datetime | None = ServiceToken.objects.get(id=token.id).last_used_at
    return found


def test_a_refused_request_is_a_use_as_well(committed: Cast) -> None:
    """The answer of 400 takes back what the request wrote, and not this."""
    token, secret = issue_token(committed.gdansk, "quay sensors")
    assert ask(secret, "/api/v1/alerts/?no-such=1") == 400
    assert last_use(token) is not None


def test_it_is_written_once_a_minute(committed: Cast) -> None:
    token, secret = issue_token(committed.gdansk, "quay sensors")
    begin = timezone.now().replace(microsecond=0)
    seen = []
    for seconds in (0, 59, 61):
        with time_machine.travel(begin + timedelta(seconds=seconds), tick=False):
            assert ask(secret) == 200
        seen.append(last_use(token))
    assert seen == [begin, begin, begin + timedelta(seconds=61)]


def test_who_is_turned_away_at_the_door_has_not_used_it(committed: Cast) -> None:
    token, secret = issue_token(committed.gdansk, "quay sensors", networks=["192.0.2.0/24"])
    assert ask(secret, REMOTE_ADDR="198.51.100.9") == 401
    assert last_use(token) is None
