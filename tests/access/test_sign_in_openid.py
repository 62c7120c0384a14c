"""Signing in through an organisation's own OpenID provider: whom its word lets in, where, and whom it never does."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from threading import BoundedSemaphore
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
import time_machine
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.core.cache import cache
from django.db import ProgrammingError
from django.test import Client
from django.utils import timezone

from portsec.access import lockout
from portsec.access.acting import acting_for, as_system
from portsec.access.actions import (
    add_member,
    allow_passwords,
    connect_provider,
    deactivate_member,
    invite_person,
    require_second_factor_from,
)
from portsec.access.lockout import Ladder
from portsec.access.models import Invitation, Membership, OpenIdConnection, OpenIdLink, User
from portsec.access.openid import provider as openid_calls
from portsec.access.roles import Role
from tests.access import sql
from tests.access.managing import manager, membership
from tests.access.openid_provider import CLIENT_ID, CLIENT_SECRET, Provider, key, provider
from tests.cast import PASSWORD, Cast

START = "/sign-in/organisation/"
OFFICER = "security_officer@gdansk.example"
NEW = "ola.morska@gdansk.example"


@pytest.fixture(autouse=True)
def _loopback_is_open(settings: Any) -> None:
    settings.PORTSEC_WEBHOOK_ALLOW_PRIVATE = True
    cache.clear()


@pytest.fixture
def there() -> Iterator[Provider]:
    with provider() as found:
        yield found


@pytest.fixture
def connection(committed: Cast, there: Provider) -> OpenIdConnection:
    """Gdańsk's."""
    return connect(committed, there)


def connect(cast: Cast, there: Provider, name: str = "gdansk", **changes: Any) -> OpenIdConnection:
    said = {"issuer": there.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "domains": [f"{name}.example"]}
    with acting_for(manager(cast, name)) as acting:
        made = connect_provider(acting, **{**said, "trusts_factor": False, **changes})
    with acting_for(acting):
        made.refresh_from_db()
    return made


def set_out(client: Client, email: str = OFFICER, next_address: str = "") -> str:
    """The provider's address, from the page that leads there."""
    page = client.post(START, {"email": email, "next": next_address})
    assert page.status_code == 200, page.content.decode()[-1500:]
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page.content.decode())
    assert found
    return unescape(found[1])


def come_back(client: Client, connection: OpenIdConnection, brought: dict[str, str]) -> Any:
    return client.get(f"{START}{connection.pk}/", brought)


def sign_in(client: Client, there: Provider, connection: OpenIdConnection, **claims: Any) -> Any:
    """The officer's address is typed; whom the provider means is another matter."""
    return come_back(client, connection, there.sign_in(set_out(client), **claims))


def me(client: Client, **headers: str) -> Any:
    return client.get("/api/v1/me/", headers=headers)


def links() -> list[tuple[str, str]]:
    with as_system("a test looks"):
        return list(OpenIdLink.objects.values_list("user__email", "subject"))


# A member comes in


def test_a_member_signs_in_with_the_verified_address(committed: Cast, connection: OpenIdConnection, there: Provider) -> None:
    client = Client()
    address = set_out(client, next_address="/ports/")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert (asked["client_id"], asked["response_type"], asked["code_challenge_method"]) == (CLIENT_ID, "code", "S256")
    assert asked["scope"] == "openid email profile"
    assert asked["redirect_uri"].endswith(f"{START}{connection.pk}/")
    answer = come_back(client, connection, there.sign_in(address))
    assert (answer.status_code, answer.headers["Location"]) == (302, "/ports/")
    assert me(client).json()["email"] == OFFICER
    assert links() == [(OFFICER, "subject-1")]


def test_once_linked_the_subject_decides_and_no_address(committed: Cast, connection: OpenIdConnection, there: Provider) -> None:
    sign_in(Client(), there, connection)
    for claims in ({"email": "deputy@gdansk.example"}, {"email": None, "email_verified": None}):
        client = Client()
        sign_in(client, there, connection, **claims)
        assert me(client).json()["email"] == OFFICER


def test_a_subject_never_becomes_another_person(committed: Cast, connection: OpenIdConnection, there: Provider) -> None:
    sign_in(Client(), there, connection)
    client = Client()
    assert sign_in(client, there, connection, sub="subject-2").status_code == 403
    assert me(client).status_code == 401
    assert links() == [(OFFICER, "subject-1")]


def test_an_account_is_made_for_whom_the_organisation_has_invited(committed: Cast, connection: OpenIdConnection, there: Provider) -> None:
    with acting_for(manager(committed)) as acting:
        invite_person(acting, email=NEW, name="Ola", role=Role.DEPUTY)
    client = Client()
    assert sign_in(client, there, connection, email=NEW.upper()).status_code == 302
    user = User.objects.get(email=NEW)
    assert (user.name, user.has_usable_password()) == ("Ola Morska", False)
    assert me(client).json()["role"] == "deputy"
    with acting_for(manager(committed)):
        assert Invitation.objects.get().accepted_at


# Whom it does not let in


def refused(client: Client, answer: Any) -> str:
    assert answer.status_code == 403
    assert me(client).status_code == 401
    return str(answer.content.decode())


# The claims, and why it is refused as the operator's log says it: a token must not fall for another reason than its own.
TOKENS: dict[str, tuple[dict[str, Any], str]] = {
    "for another program": ({"aud": "another"}, "Audience doesn't match"),
    "for several, and made for another": ({"aud": [CLIENT_ID, "another"], "azp": "another"}, "made for another program"),
    "for several, and not said for whom": ({"aud": [CLIENT_ID, "another"]}, "made for another program"),
    "of another sign-in": ({"nonce": "another"}, "belongs to another sign-in"),
    "without nonce": ({"nonce": None}, "belongs to another sign-in"),
    "expired": ({"exp": 1_700_000_000}, "Signature has expired"),
    "without end": ({"exp": None}, 'missing the "exp" claim'),
    "of tomorrow": ({"iat": 4_000_000_000}, "not yet valid"),
    "of another provider": ({"iss": "https://login.evil.example"}, "Invalid issuer"),
    "of nobody": ({"sub": None}, 'missing the "sub" claim'),
    "of an empty name": ({"sub": ""}, "names nobody"),
}


@pytest.mark.parametrize("case", TOKENS)
def test_a_token_that_is_not_for_us_now_opens_nothing(
    committed: Cast, connection: OpenIdConnection, there: Provider, caplog: pytest.LogCaptureFixture, case: str
) -> None:
    client, (claims, why) = Client(), TOKENS[case]
    refused(client, sign_in(client, there, connection, **claims))
    assert why in caplog.text
    assert links() == []


@pytest.mark.parametrize(
    ("signer", "algorithm", "why"),
    [
        (key("another"), "ES256", "Signature verification failed"),
        (None, "none", "the algorithm none is not taken"),
        ("the public key as a password, which HMAC would take", "HS256", "the algorithm HS256 is not taken"),
    ],
)
def test_a_token_that_the_provider_did_not_sign_opens_nothing(
    committed: Cast, connection: OpenIdConnection, there: Provider, caplog: pytest.LogCaptureFixture, signer: Any, algorithm: str, why: str
) -> None:
    there.key, there.algorithm = signer, algorithm
    client = Client()
    refused(client, sign_in(client, there, connection))
    assert why in caplog.text


PERSONS: dict[str, dict[str, Any]] = {
    "an address that is not verified": {"email_verified": False},
    "an address of which nothing is said": {"email_verified": None},
    "an address verified in some other way": {"email_verified": "yes"},
    "no address": {"email": None},
    "an address of another domain": {"email": "security_officer@gdynia.example"},
    "an address that nobody has": {"email": NEW},
    "the service": {"email": "service@gdansk.example"},
}


@pytest.mark.parametrize("case", PERSONS)
def test_a_person_who_is_not_of_the_organisation_does_not_come_in(
    committed: Cast, connection: OpenIdConnection, there: Provider, case: str
) -> None:
    client, before = Client(), User.objects.count()
    refused(client, sign_in(client, there, connection, **PERSONS[case]))
    assert (links(), User.objects.count()) == ([], before)


def test_whoever_left_does_not_come_in(committed: Cast, connection: OpenIdConnection, there: Provider) -> None:
    sign_in(Client(), there, connection)
    deactivate_member(manager(committed), membership(committed, "gdansk", Role.SECURITY_OFFICER))
    client = Client()
    refused(client, sign_in(client, there, connection))


def test_no_account_of_another_organisation_is_taken_over_by_its_address(committed: Cast, there: Provider) -> None:
    """Gdańsk's administrator says that his provider may vouch for Gdynia's addresses."""
    connection = connect(committed, there, domains=["gdansk.example", "gdynia.example"])
    victim = "security_officer@gdynia.example"
    client = Client()
    refused(client, sign_in(client, there, connection, email=victim))
    with acting_for(manager(committed)) as acting:
        invite_person(acting, email=victim, name="Victim", role=Role.STAFF)
    assert "join with your password first" in refused(client, sign_in(client, there, connection, email=victim))
    assert links() == []


# The way there and back


def test_an_answer_is_taken_once_and_by_the_browser_that_asked(committed: Cast, connection: OpenIdConnection, there: Provider) -> None:
    client, other = Client(), Client()
    brought = there.sign_in(set_out(client))
    refused(other, come_back(other, connection, brought))
    refused(client, come_back(client, connection, {**brought, "state": "another"}))
    assert come_back(client, connection, brought).status_code == 302
    client.post("/account/logout/")
    refused(client, come_back(client, connection, brought))


def test_an_answer_is_taken_within_ten_minutes(committed: Cast, connection: OpenIdConnection, there: Provider) -> None:
    client = Client()
    brought = there.sign_in(set_out(client))
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        refused(client, come_back(client, connection, brought))


def test_an_answer_of_one_provider_is_not_taken_for_one_of_another(committed: Cast, connection: OpenIdConnection, there: Provider) -> None:
    other = connect(committed, there, "gdynia")
    client = Client()
    refused(client, come_back(client, other, there.sign_in(set_out(client))))
    brought = there.sign_in(set_out(client))
    refused(client, come_back(client, connection, {**brought, "iss": "https://login.evil.example"}))


@pytest.mark.parametrize("brought", [{"error": "access_denied"}, {}, {"code": ""}, {"code": "code-of-nobody"}])
def test_what_is_no_code_opens_nothing(committed: Cast, connection: OpenIdConnection, there: Provider, brought: dict[str, str]) -> None:
    client = Client()
    state = there.sign_in(set_out(client))["state"]
    refused(client, come_back(client, connection, {**brought, "state": state}))


def test_an_unknown_provider_is_as_closed_as_a_known_one(committed: Cast, connection: OpenIdConnection) -> None:
    answers = [Client().get(f"{START}{pk}/", {"state": "x", "code": "y"}) for pk in (connection.pk, uuid4())]
    bodies = [(one.status_code, one.content.decode().replace(one["X-Request-Id"], "")) for one in answers]
    assert bodies[0] == bodies[1]


def test_one_never_lands_on_another_site(committed: Cast, connection: OpenIdConnection, there: Provider) -> None:
    client = Client()
    brought = there.sign_in(set_out(client, next_address="https://evil.example/"))
    assert come_back(client, connection, brought).headers["Location"] == "/"


def test_a_provider_that_moves_inside_is_not_followed(committed: Cast, connection: OpenIdConnection, there: Provider) -> None:
    client = Client()
    brought = there.sign_in(set_out(client))
    with provider() as inside:
        there.redirects = f"{inside.issuer}/.well-known/openid-configuration"
        refused(client, come_back(client, connection, brought))
        assert inside.asked == []


def test_a_provider_whose_name_leads_inside_now_is_not_called(
    committed: Cast, connection: OpenIdConnection, there: Provider, settings: Any
) -> None:
    client = Client()
    brought = there.sign_in(set_out(client))
    asked = len(there.asked)
    settings.PORTSEC_WEBHOOK_ALLOW_PRIVATE = False
    refused(client, come_back(client, connection, brought))
    assert len(there.asked) == asked


def test_keys_and_tokens_come_from_open_addresses_too(committed: Cast, connection: OpenIdConnection, there: Provider) -> None:
    for name in ("jwks_uri", "token_endpoint"):
        client = Client()
        there.description = {name: "http://169.254.169.254/latest"}
        refused(client, come_back(client, connection, there.sign_in(set_out(client))))


# Only for that organisation


@pytest.fixture
def of_two(committed: Cast) -> User:
    user = committed.user("gdansk")
    add_member(user, committed.riga, Role.DEPUTY)
    return user


def test_the_session_acts_for_that_organisation_alone(committed: Cast, of_two: User, connection: OpenIdConnection, there: Provider) -> None:
    client = Client()
    sign_in(client, there, connection)
    assert me(client).json()["organisation"]["name"] == committed.gdansk.name
    riga = str(committed.riga.pk)
    assert client.post("/switch/", {"organisation": riga}).status_code == 404
    assert me(client, **{"Portsec-Organisation": riga}).status_code == 401
    assert committed.riga.name not in client.get("/account/you/").content.decode()


def test_with_the_own_password_one_acts_for_both(committed: Cast, of_two: User, connection: OpenIdConnection) -> None:
    client = Client()
    client.force_login(of_two)
    assert client.post("/switch/", {"organisation": str(committed.riga.pk)}).status_code == 302


@pytest.mark.parametrize("path", ["password/change/", "password/set/", "email/", "2fa/totp/activate/", "2fa/webauthn/add/", "2fa/"])
def test_no_key_to_the_other_organisation_is_made_in_it(
    committed: Cast, of_two: User, connection: OpenIdConnection, there: Provider, path: str
) -> None:
    client = Client()
    sign_in(client, there, connection)
    assert client.get(f"/account/{path}").status_code == 403


def test_who_belongs_nowhere_else_adds_a_factor_and_still_no_password(
    committed: Cast, connection: OpenIdConnection, there: Provider
) -> None:
    User.objects.filter(email=OFFICER).update(password="!")  # of who has always come in so
    client = Client()
    sign_in(client, there, connection)
    statuses = [client.get(f"/account/{path}").status_code for path in ("2fa/", "2fa/totp/activate/", "password/change/", "sessions/")]
    assert statuses == [200, 200, 403, 200]


def test_it_ends_the_session_of_whoever_was_signed_in(committed: Cast, connection: OpenIdConnection, there: Provider) -> None:
    client = Client()
    client.force_login(committed.user("trieste"))
    before = client.session.session_key
    sign_in(client, there, connection)
    assert me(client).json()["email"] == OFFICER
    assert client.session.session_key != before


# Second factors


def test_our_second_factor_is_asked_unless_the_provider_counts(committed: Cast, connection: OpenIdConnection, there: Provider) -> None:
    TOTP.activate(committed.user("gdansk"), generate_totp_secret())
    for trusts, amr, location in (
        (False, ["pwd", "otp"], "/account/2fa/authenticate/"),
        (True, ["pwd"], "/account/2fa/authenticate/"),
        (True, None, "/account/2fa/authenticate/"),
        (True, "otp", "/account/2fa/authenticate/"),
        (True, ["pwd", "otp"], "/"),
        (True, ["mfa"], "/"),
    ):
        with acting_for(manager(committed)):
            OpenIdConnection.objects.update(trusts_factor=trusts)
        answer = sign_in(Client(), there, connection, amr=amr)
        assert answer.headers["Location"] == location, (trusts, amr)


def test_the_providers_factor_is_as_old_as_it_says(committed: Cast, there: Provider) -> None:
    connection = connect(committed, there, trusts_factor=True)
    now = int(timezone.now().timestamp())
    for seen_at, expected in ((now - 3600, now - 3600), (now + 10_000, now), (None, None), ("soon", None)):
        client = Client()
        sign_in(client, there, connection, amr=["mfa"], auth_time=seen_at)
        said = me(client).json()["second_factor_at"]
        at = timezone.datetime.fromisoformat(said).timestamp() if said else None
        assert at == pytest.approx(expected, abs=5) if expected else at is None


def test_where_the_provider_counts_the_organisations_rule_is_kept(committed: Cast, there: Provider) -> None:
    connection = connect(committed, there, trusts_factor=True)
    with acting_for(manager(committed)) as acting:
        require_second_factor_from(acting, timezone.now())
    with_factor, without = Client(), Client()
    sign_in(with_factor, there, connection, amr=["mfa"])
    sign_in(without, there, connection, amr=["pwd"])
    assert [client.get("/").status_code for client in (with_factor, without)] == [200, 302]


# Without passwords


def password(email: str) -> Any:
    client = Client()
    answer = client.post("/account/login/", {"login": email, "password": PASSWORD})
    return answer, me(client).status_code


def test_where_passwords_are_off_only_administrators_still_use_them(committed: Cast, connection: OpenIdConnection, there: Provider) -> None:
    open_session = Client()
    open_session.force_login(committed.user("gdansk"))
    with acting_for(manager(committed)) as acting:
        allow_passwords(acting, False)
    answer, status = password(OFFICER)
    assert (answer.headers["Location"], status) == (START, 401)
    assert password("administrator@gdansk.example")[1] == 200
    assert password("security_officer@gdynia.example")[1] == 200
    assert open_session.get("/").status_code == 403
    client = Client()
    sign_in(client, there, connection)
    assert me(client).status_code == 200


def test_a_wrong_password_is_told_nothing_of_it(committed: Cast, connection: OpenIdConnection) -> None:
    with acting_for(manager(committed)) as acting:
        allow_passwords(acting, False)
    answer = Client().post("/account/login/", {"login": OFFICER, "password": "wrong"})
    assert (answer.status_code, "provider" in answer.content.decode()) == (200, False)


# What the first page tells


def asked(email: str) -> tuple[int, str]:
    answer = Client().post(START, {"email": email})
    text = re.sub(r'value="[^"]*"', "", answer.content.decode()).replace(answer["X-Request-Id"], "")
    return answer.status_code, text


def test_it_leads_by_domain_whoever_exists_there(committed: Cast, connection: OpenIdConnection) -> None:
    assert [asked(email)[0] for email in (OFFICER, "nobody@gdansk.example", "NOBODY@GDANSK.EXAMPLE")] == [200, 200, 200]


def test_other_domains_are_answered_alike_and_no_organisation_is_named(committed: Cast, connection: OpenIdConnection) -> None:
    answers = {asked(email) for email in ("security_officer@gdynia.example", "somebody@elsewhere.example")}
    assert len(answers) == 1
    ((status, text),) = answers
    assert status == 422
    assert not [one.name for one in committed.organisations.values() if one.name in text]
    page = Client().get(START).content.decode()
    assert not [one.name for one in committed.organisations.values() if one.name in page]


def test_nobody_leads_other_peoples_sign_in_to_his_own_provider(committed: Cast, there: Provider) -> None:
    """A domain counts only where somebody of the organisation has an address in it; then the own one comes first."""
    connect(committed, there, "gdynia", domains=["gdynia.example", "gdansk.example"])
    assert asked(OFFICER)[0] == 422
    mine = connect(committed, there)
    with as_system("a test"):
        stray = User.objects.create(email="stray@gdansk.example", name="Stray")
        Membership.objects.create(user=stray, organisation=committed.gdynia, role=Role.STAFF)
    assert str(mine.pk) in set_out(Client())


def test_a_provider_that_never_passed_its_test_leads_nowhere(committed: Cast, there: Provider) -> None:
    there.description = {"issuer": "https://another.example"}
    connect(committed, there)
    assert asked(OFFICER)[0] == 422


def test_a_provider_that_is_away_is_said_beside_the_address(committed: Cast, connection: OpenIdConnection, there: Provider) -> None:
    there.redirects = "http://127.0.0.1:1/"
    status, text = asked(OFFICER)
    assert status == 422
    assert "Nobody signs in this way with this address just now." in text


def test_lists_of_domains_are_not_tried_out(committed: Cast) -> None:
    client = Client()
    statuses = [client.post(START, {"email": f"a@domain-{n}.example"}).status_code for n in range(63)]
    assert (statuses[0], statuses[-1]) == (422, 429)


def test_an_office_behind_one_address_signs_in_as_often_as_it_likes(
    committed: Cast, connection: OpenIdConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lockout, "ADDRESS", Ladder(1))
    monkeypatch.setattr(lockout, "PAIR", Ladder(1))
    assert [asked(OFFICER)[0] for _again in range(5)] == [200] * 5


def test_providers_that_hang_hold_a_few_threads_at_most(
    committed: Cast, connection: OpenIdConnection, there: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = len(there.asked)
    monkeypatch.setattr(openid_calls, "_room", BoundedSemaphore(1))
    with openid_calls._room:
        assert asked(OFFICER)[0] == 422
    assert len(there.asked) == calls
    assert asked(OFFICER)[0] == 200


# Second wall


def test_no_other_organisation_reads_a_connection_and_nobody_a_link(committed: Cast, connection: OpenIdConnection, there: Provider) -> None:
    sign_in(Client(), there, connection)
    for name, seen in (("gdansk", 1), ("gdynia", 0), ("council", 0)):
        with acting_for(manager(committed, name)):
            assert OpenIdConnection.objects.count() == seen
    officer = committed.user("gdansk").pk
    with sql.claiming(officer, committed.gdansk.pk):
        assert sql.rows("SELECT * FROM access_openidlink") == []
    with pytest.raises(ProgrammingError, match="permission denied"), sql.claiming(officer, committed.gdansk.pk):
        sql.rows("DELETE FROM access_openidlink")


def test_no_other_organisation_is_joined_in_such_a_session(committed: Cast, connection: OpenIdConnection, there: Provider) -> None:
    with acting_for(manager(committed, "riga")) as acting:
        invite_person(acting, email=OFFICER, name="Officer", role=Role.STAFF)
    link = re.search(r"http://[^/\s]+(/invitation/[\w-]+/)", mail.outbox[-1].body)
    assert link
    client = Client()
    sign_in(client, there, connection)
    answer = client.post(link[1])
    assert (answer.status_code, "sign in with your own password first" in answer.content.decode()) == (422, True)
    assert not Membership.objects.filter(organisation=committed.riga, user__email=OFFICER).exists()
