"""Signing in: an address and a password, nobody signs up, and how old a second factor may be."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from allauth.account.internal.flows import login
from django.conf import settings as configured
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from incidents.step_up import require_extreme
from portsec.access.acting import Acting, NotAllowedError
from portsec.access.models import User
from portsec.access.roles import Role
from portsec.access.step_up import has_fresh_second_factor
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.django_db
LOGIN = "/account/login/"
OFFICER = "security_officer@gdansk.example"


@pytest.fixture(autouse=True)
def _no_earlier_attempts() -> None:
    """Attempts are counted in the cache, which no transaction takes back."""
    cache.clear()


def sign_in(client: Client, address: str = OFFICER, password: str = PASSWORD, **query: str) -> Any:
    return client.post(LOGIN, {"login": address, "password": password, **query})


def test_the_page_asks_for_an_address_and_a_password(cast: Cast, client: Client) -> None:
    page = client.get(LOGIN)
    assert page.status_code == 200
    assert {"login", "password"} <= set(re.findall(r'name="(\w+)"', page.content.decode()))


def test_a_person_signs_in_and_stands_on_the_dashboard(cast: Cast, client: Client) -> None:
    answer = sign_in(client)
    assert (answer.status_code, answer.url) == (302, "/")
    assert client.get("/").status_code == 200
    assert client.get("/api/v1/me/").json()["email"] == OFFICER


@pytest.mark.parametrize("address", [OFFICER.upper(), f"  {OFFICER} "])
def test_the_address_is_taken_as_people_type_it(cast: Cast, client: Client, address: str) -> None:
    assert sign_in(client, address).status_code == 302


@pytest.mark.parametrize(("address", "password"), [(OFFICER, "wrong"), ("nobody@gdansk.example", PASSWORD), (OFFICER, "")])
def test_a_wrong_pair_opens_nothing(cast: Cast, client: Client, address: str, password: str) -> None:
    assert sign_in(client, address, password).status_code == 200
    assert client.get("/").status_code == 302


def test_a_wrong_password_and_an_unknown_address_are_answered_alike(cast: Cast, client: Client) -> None:
    errors = [str(sign_in(client, address, "wrong").context["form"].errors) for address in (OFFICER, "nobody@gdansk.example")]
    assert errors[0] == errors[1] != ""


def test_the_service_user_and_a_closed_account_do_not_sign_in(cast: Cast, client: Client) -> None:
    service = cast.user("gdansk", Role.SERVICE)
    assert sign_in(client, service.email).status_code == 200
    User.objects.filter(email=OFFICER).update(is_active=False)
    answer = sign_in(client)
    assert client.get("/").status_code == 302, answer.status_code


def test_after_sign_in_one_is_where_one_wanted_to_be(cast: Cast, client: Client) -> None:
    asked = client.get("/alerts/?show=all")
    assert asked.url == f"{LOGIN}?next=/alerts/%3Fshow%3Dall"
    assert sign_in(client, next="/alerts/?show=all").url == "/alerts/?show=all"


def test_after_sign_in_one_is_never_on_another_site(cast: Cast, client: Client) -> None:
    assert sign_in(client, next="https://evil.example/").url == "/"


def test_nobody_signs_up(cast: Cast, client: Client) -> None:
    """People are invited by their organisation's administrator."""
    before = User.objects.count()
    assert "signup" not in client.get(LOGIN).content.decode()
    answer = client.post("/account/signup/", {"email": "new@gdansk.example", "password1": "a-long-new-password"})
    assert answer.status_code == 200
    assert User.objects.count() == before
    assert client.get("/").status_code == 302


def test_signing_out_ends_the_session(cast: Cast, client: Client) -> None:
    sign_in(client)
    client.post("/account/logout/")
    assert client.get("/").status_code == 302
    assert client.get("/api/v1/me/").status_code == 401


def test_the_api_wants_the_form_token_of_a_browser(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.user("gdansk"))
    assert client.get("/api/v1/me/").status_code == 200
    assert client.post("/api/v1/alerts/preview/", {}, content_type="application/json").status_code == 403


# The second factor: not older than a shift


NOW = timezone.now().replace(microsecond=0)
EARLIER = NOW - timedelta(hours=3)


@pytest.mark.parametrize(("methods", "newest"), [
    ([], None),
    ([("password", NOW)], None),
    ([("mfa", EARLIER), ("password", NOW)], EARLIER),
    ([("mfa", NOW), ("mfa", EARLIER)], NOW),
])  # fmt: skip
def test_the_age_is_that_of_the_newest_second_factor(
    browse: Callable[..., Client], methods: list[tuple[str, datetime]], newest: datetime | None
) -> None:
    client = browse("gdansk")
    remember(client, methods)
    said = client.get("/api/v1/me/").json()["second_factor_at"]
    assert (datetime.fromisoformat(said) if said else None) == newest


def remember(client: Client, methods: list[tuple[str, datetime]]) -> None:
    """As allauth leaves it in the session of who signs in."""
    session = client.session
    session[login._AUTHENTICATION_METHODS_USER_SESSION_KEY] = session["_auth_user_id"]
    session[login.AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": method, "at": at.timestamp()} for method, at in methods]
    session.save()


@pytest.mark.parametrize(
    ("age", "fresh"), [(timedelta(0), True), (timedelta(hours=11, minutes=59), True), (timedelta(hours=12, seconds=1), False)]
)
def test_a_factor_older_than_a_shift_does_not_count(cast: Cast, age: timedelta, fresh: bool) -> None:
    assert configured.SECOND_FACTOR_MAX_AGE == 12 * 3600
    acting = with_factor(cast, timezone.now() - age)
    assert has_fresh_second_factor(acting) is fresh


def with_factor(cast: Cast, at: datetime, role: Role | None = None) -> Acting:
    return replace(cast.as_("gdansk", role), second_factor_at=at)


def test_without_a_factor_an_extreme_alert_waits(cast: Cast) -> None:
    with pytest.raises(NotAllowedError) as refused:
        require_extreme(cast.as_("gdansk"))
    assert refused.value.code == "second_factor_required"
    require_extreme(with_factor(cast, timezone.now()))


def test_a_factor_gives_no_role(cast: Cast) -> None:
    with pytest.raises(NotAllowedError) as refused:
        require_extreme(with_factor(cast, timezone.now(), Role.STAFF))
    assert refused.value.code == "role_missing"


@pytest.mark.parametrize(("hours", "status"), [(1, 201), (13, 403), (None, 403)])
def test_the_session_carries_the_age_into_the_api(
    cast: Cast, alert_content: dict[str, Any], browse: Callable[..., Client], hours: int | None, status: int
) -> None:
    client = browse("gdansk")
    remember(client, [("mfa", timezone.now() - timedelta(hours=hours))] if hours is not None else [])
    body = {**alert_content, "severity": "Extreme", "audience": {"kind": "region_ports"}}
    answer = client.post("/api/v1/alerts/", body, content_type="application/json")
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["errors"][0]["code"] == "second_factor_required"


def test_cancelling_never_asks_for_a_second_factor(cast: Cast, publish: Callable[..., Any], browse: Callable[..., Client]) -> None:
    alert = publish(with_factor(cast, timezone.now()), severity="Extreme")
    assert (
        browse("gdansk").post(f"/api/v1/alerts/{alert.pk}/cancel/", {"reason": "Over"}, content_type="application/json").status_code == 200
    )


def test_the_pages_of_the_second_factor_are_there(browse: Callable[..., Client]) -> None:
    client = browse("gdansk")
    assert client.get(reverse("mfa_index")).status_code == 200
    assert client.get(reverse("mfa_activate_totp")).status_code in {200, 302}  # asks for the password first
