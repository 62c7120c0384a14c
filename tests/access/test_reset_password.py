"""Asking for a new password tells nobody who exists: neither by words, nor by time, nor by what fails."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portsec.access import hashers
from portsec.access.models import User
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.django_db
ASK = "/account/password/reset/"
OFFICER = "security_officer@gdansk.example"
NOBODY = "nobody@gdansk.example"
LINK = re.compile(r"http://[^/\s]+(/account/password/reset/key/\S+)")


@pytest.fixture(autouse=True)
def _no_earlier_attempts() -> None:
    cache.clear()


def ask(email: str) -> tuple[int, str, str]:
    client = Client()
    answer = client.post(ASK, {"email": email})
    page = client.get(answer.headers["Location"])
    return answer.status_code, answer.headers["Location"], page.content.decode().replace(page["X-Request-Id"], "")


def test_a_known_address_and_an_unknown_one_are_answered_alike(cast: Cast) -> None:
    assert ask(OFFICER) == ask(NOBODY)
    assert "If we know the address" in ask(NOBODY)[2]


def test_both_are_sent_one_mail_with_the_same_subject(cast: Cast) -> None:
    for email in (OFFICER, NOBODY):
        ask(email)
    assert [one.to for one in mail.outbox] == [[OFFICER], [NOBODY]]
    assert len({one.subject for one in mail.outbox}) == 1
    assert LINK.search(mail.outbox[0].body)
    assert "http" not in mail.outbox[1].body


def test_what_takes_time_is_the_same_for_both(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """One mail each, which takes by far the most of it, no hash for either, and hardly more questions."""
    hashes: list[str] = []
    EmailAddress.objects.create(user=cast.user("gdansk"), email=OFFICER, verified=True, primary=True)  # as an invitation leaves it
    monkeypatch.setattr(hashers.BoundedArgon2PasswordHasher, "encode", lambda *_args, **_options: hashes.append("") or "")
    counts = []
    for email in (OFFICER, NOBODY):
        with CaptureQueriesContext(connection) as asked:
            Client().post(ASK, {"email": email})
        counts.append(len(asked))
    assert (len(mail.outbox), hashes) == (2, [])
    assert abs(counts[0] - counts[1]) <= 2


def test_a_mail_server_that_is_away_tells_nothing_either(cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    def away(*_args: Any) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailBackend, "send_messages", away)
    assert ask(OFFICER) == ask(NOBODY)
    assert caplog.text.count("could not be sent") == 2


def test_a_closed_account_is_answered_like_an_unknown_one(cast: Cast) -> None:
    User.objects.filter(email=OFFICER).update(is_active=False)
    assert ask(OFFICER) == ask(NOBODY)
    assert not [one for one in mail.outbox if LINK.search(one.body)]


def test_the_link_sets_a_new_password_once_and_ends_other_sessions(cast: Cast) -> None:
    open_one, client = Client(), Client()
    open_one.force_login(cast.user("gdansk"))
    client.post(ASK, {"email": OFFICER})
    found = LINK.search(mail.outbox[0].body)
    assert found
    form = client.get(found[1], follow=True)
    new = {"password1": "seven boats at dawn", "password2": "seven boats at dawn"}
    assert client.post(form.request["PATH_INFO"], new).status_code == 302
    assert "This link no longer works" in Client().get(found[1], follow=True).content.decode()
    assert open_one.get("/").status_code == 302
    tried = [Client().post("/account/login/", {"login": OFFICER, "password": one}) for one in (PASSWORD, "seven boats at dawn")]
    assert [one.status_code for one in tried] == [200, 302]


def test_asking_again_and_again_is_held_up(cast: Cast) -> None:
    answers = [Client().post(ASK, {"email": NOBODY}) for _again in range(6)]
    assert [one.status_code for one in answers] == [302] * 5 + [429]
    assert answers[-1].headers["Retry-After"] == "60"
