"""Who manages an organisation, with a second factor confirmed just now."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from allauth.account.internal.flows import login
from django.test import Client
from django.utils import timezone

from portsec.access.acting import Acting
from portsec.access.models import Membership
from portsec.access.roles import Role
from tests.cast import Cast


def manager(cast: Cast, name: str = "gdansk", role: Role = Role.ADMINISTRATOR, *, at: datetime | None = None) -> Acting:
    return replace(cast.as_(name, role), second_factor_at=at or timezone.now())


def membership(cast: Cast, name: str, role: Role) -> Membership:
    return Membership.objects.select_related("user").get(organisation=cast.organisations[name], user=cast.user(name, role))


def signed_in(cast: Cast, name: str = "gdansk", role: Role = Role.ADMINISTRATOR) -> Client:
    """As `browse`, for tests that commit."""
    client = Client()
    client.force_login(cast.user(name, role))
    return client


def confirm(client: Client, at: datetime | None = None) -> Client:
    """As allauth leaves it in the session of who has just confirmed a second factor."""
    session = client.session
    session[login._AUTHENTICATION_METHODS_USER_SESSION_KEY] = session["_auth_user_id"]
    session[login.AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "mfa", "at": (at or timezone.now()).timestamp()}]
    session.save()
    return client


def send(client: Client, method: str, address: str, body: Any = None, **headers: str) -> Any:
    """As JSON; `If_Match="*"` is a header."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return getattr(client, method)(address, {} if body is None else body, content_type="application/json", headers=named)


def pointers(answer: Any) -> dict[str, str]:
    """What a problem document names, each with its code."""
    assert answer.headers["Content-Type"] == "application/problem+json", answer.content
    return {one["pointer"]: one["code"] for one in answer.json()["errors"]}
