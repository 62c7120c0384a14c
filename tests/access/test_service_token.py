"""Service tokens: one organisation, its scopes, until they expire; stored as a digest, shown once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from incidents.models import Alert
from portsec.access.acting import as_system
from portsec.access.actions import issue_token
from portsec.access.models import Membership, Organisation, ServiceToken
from portsec.access.roles import SCOPES
from tests.access import sql
from tests.cast import Cast

Program = Callable[..., APIClient]
ME = "/api/v1/me/"


def with_secret(secret: str, word: str = "Token", **headers: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"{word} {secret}", **headers)
    return client


def status(client: APIClient, address: str = ME) -> int:
    with sql.taken_back():
        return int(client.get(address).status_code)


@pytest.mark.django_db
def test_it_acts_for_its_organisation_as_a_service(cast: Cast, program: Program) -> None:
    me = program("gdansk").get(ME).json()
    assert (me["kind"], me["role"], me["organisation"]["name"]) == ("service", "service", cast.gdansk.name)
    assert (me["scopes"], me["email"], me["memberships"]) == (sorted(SCOPES), None, [])


@pytest.mark.django_db
def test_its_secret_is_kept_as_a_digest_only(cast: Cast) -> None:
    token, secret = issue_token(cast.gdansk, "quay sensors")
    stored = sql.one("SELECT access_servicetoken::text FROM access_servicetoken WHERE id = %s", [token.id])
    assert secret not in stored
    assert secret[len(token.token_key) :] not in stored
    assert secret.startswith(token.token_key)
    assert len(secret) >= 40
    assert status(with_secret(secret)) == 200


@pytest.mark.django_db
def test_two_tokens_have_nothing_in_common(cast: Cast) -> None:
    assert len({issue_token(cast.gdansk, "one")[1] for _again in range(5)}) == 5


@pytest.mark.django_db
@pytest.mark.parametrize("word", ["Token", "Bearer", "Basic", ""])
def test_an_unknown_secret_is_nobodys(cast: Cast, word: str) -> None:
    real = cast.token("gdansk")
    for secret in ("ps_" + "a" * 61, real[:-1], real + "a", real[:20], "żółw", ""):
        assert status(with_secret(secret.encode().decode("latin-1"), word)) == 401
    assert status(with_secret(real)) == 200


@pytest.mark.django_db
def test_it_expires(cast: Cast) -> None:
    soon = timezone.now() + timedelta(hours=1)
    token, secret = issue_token(cast.gdansk, "an hour", expires_at=soon)
    assert status(with_secret(secret)) == 200
    ServiceToken.objects.filter(name="an hour").update(expiry=timezone.now() - timedelta(seconds=1))
    assert token.expiry is not None
    assert abs(token.expiry - soon) < timedelta(seconds=5)
    assert status(with_secret(secret)) == 401


@pytest.mark.django_db
def test_a_revoked_token_is_nobodys(cast: Cast) -> None:
    token, secret = issue_token(cast.gdansk, "lost")
    assert status(with_secret(secret)) == 200
    token.delete()
    assert status(with_secret(secret)) == 401


@pytest.mark.django_db
def test_it_acts_for_no_other_organisation(cast: Cast) -> None:
    secret = cast.token("gdansk")
    assert status(with_secret(secret, HTTP_PORTSEC_ORGANISATION=str(cast.gdynia.pk))) == 401
    assert status(with_secret(secret, HTTP_PORTSEC_ORGANISATION=str(cast.gdansk.pk))) == 200


NEEDED = {
    "read": ("get", "/api/v1/alerts/", {}, 200),
    "alerts:write": ("post", "/api/v1/alerts/preview/", {"tlp": "GREEN", "audience": {"kind": "region"}}, 200),
    "alerts:acknowledge": ("post", "/api/v1/alerts/{}/acknowledge/", {}, 200),
}


@pytest.mark.django_db
@pytest.mark.parametrize("scope", NEEDED)
def test_each_scope_opens_its_own_doors_only(cast: Cast, publish: Callable[..., Alert], program: Program, scope: str) -> None:
    alert = publish(cast.as_("gdansk"))
    method, address, body, allowed = NEEDED[scope]
    answered = {}
    for held in ([scope], [one for one in SCOPES if one != scope], []):
        client = program("gdynia", scopes=held)
        with sql.taken_back():
            answer = getattr(client, method)(address.format(alert.pk), body, format="json" if method == "post" else None)
        answered[len(held)] = (answer.status_code, [fault["code"] for fault in answer.json().get("errors", [])])
    refused = (403, ["scope_missing"])
    assert answered == {1: (allowed, []), len(SCOPES) - 1: refused, 0: refused}


@pytest.mark.django_db
@pytest.mark.parametrize("extreme", [True, False])
def test_an_extreme_alert_needs_a_scope_of_its_own(cast: Cast, alert_content: dict[str, Any], program: Program, extreme: bool) -> None:
    scopes = ["read", "alerts:write", *(["alerts:extreme"] if extreme else [])]
    body = {**alert_content, "severity": "Extreme", "audience": {"kind": "region_ports"}}
    answer = program("gdansk", scopes=scopes).post("/api/v1/alerts/", body, format="json")
    assert answer.status_code == (201 if extreme else 403)


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/alerts/", "/search/?q=craft", "/alerts/{}/", "/alerts/{}/history/", "/map/{}/", "/ports/"])
def test_without_the_scope_to_read_it_reads_no_page_either(
    cast: Cast, publish: Callable[..., Alert], program: Program, address: str
) -> None:
    """The API refuses such a token; a page beside it must not say what the API keeps."""
    alert = publish(cast.as_("gdansk"))
    at = address.format(cast.regions["baltic"].pk if "map" in address else alert.pk)
    assert status(program("gdynia", scopes=["alerts:acknowledge"]), at) in {401, 403}


def change(model: type, **where: Any) -> None:
    with as_system("a test closes it"):
        model.objects.filter(**where).update(is_active=False)


def test_a_closed_organisations_token_is_nobodys(committed: Cast) -> None:
    client = with_secret(committed.token("gdansk"))
    assert client.get("/api/v1/ports/").status_code == 200
    change(Organisation, pk=committed.gdansk.pk)
    assert [client.get(f"/api/v1/{address}/").status_code for address in ("me", "ports", "organisations", "alerts")] == [401] * 4


def test_a_token_whose_service_left_the_organisation_is_nobodys(committed: Cast) -> None:
    client = with_secret(committed.token("gdansk"))
    assert client.get("/api/v1/ports/").status_code == 200
    change(Membership, organisation=committed.gdansk, role="service")
    assert [client.get(f"/api/v1/{address}/").status_code for address in ("me", "ports", "organisations", "alerts")] == [401] * 4
