"""Service tokens in the hands of their own organisation: made, limited, rotated, revoked, and seen in use."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from portsec.access.acting import Acting, NotAllowedError, acting_for
from portsec.access.actions import create_token, issue_token, revoke_token, rotate_token
from portsec.access.models import ServiceToken
from portsec.access.queries import tokens_to_rotate
from portsec.access.roles import SCOPES, Role
from portsec.access.token_use import comes_from
from portsec.journal.models import Entry
from portsec.live.line import TurnedAway
from portsec.live.sign_in import address_of, visitor_by_request
from portsec.problems import Conflict, Refused
from tests.access import sql
from tests.access.managing import confirm, manager
from tests.cast import Cast

pytestmark = pytest.mark.django_db
Browse = Callable[..., Client]
ME = "/api/v1/me/"
WRITTEN = {"name": "Quay 3 gate", "scopes": ["read", "alerts:write"], "lifetime": "90", "expires_at": "", "networks": ""}


def in_days(days: float) -> datetime:
    return timezone.now() + timedelta(days=days)


def make(acting: Acting, **changes: Any) -> tuple[ServiceToken, str]:
    said = {"name": "Quay 3 gate", "scopes": ["read"], "expires_at": in_days(30), **changes}
    with acting_for(acting):
        return create_token(acting, **said)


def rotate(acting: Acting, token: ServiceToken, grace: int) -> tuple[ServiceToken, str]:
    with acting_for(acting):
        return rotate_token(acting, token, grace=grace)


def revoke(acting: Acting, token: ServiceToken) -> None:
    with acting_for(acting):
        revoke_token(acting, token)


def status(secret: str, address: str = "127.0.0.1", path: str = ME) -> int:
    """The answer; a refusal ends the transaction that the test runs in, so it is taken back."""
    client = APIClient(REMOTE_ADDR=address)
    client.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
    with sql.taken_back():
        return int(client.get(path).status_code)


def entries(acting: Acting, verb: str) -> list[Entry]:
    with acting_for(acting):
        return list(Entry.objects.filter(verb=verb))


# Making one


def test_it_acts_with_its_scopes_until_its_end(cast: Cast) -> None:
    token, secret = make(manager(cast))
    assert (status(secret), status(secret, path="/api/v1/alerts/")) == (200, 200)
    assert token.created_by == cast.user("gdansk", Role.ADMINISTRATOR)
    with time_machine.travel(in_days(30) + timedelta(seconds=5)):
        assert status(secret) == 401


def test_the_organisation_alone_is_told_and_never_the_secret(cast: Cast) -> None:
    token, secret = make(manager(cast))
    (told,) = entries(cast.as_("gdansk", Role.OBSERVER), "token.created")
    assert told.actor_id == cast.user("gdansk", Role.ADMINISTRATOR).pk
    written = f"{told.summary} {told.row} {told.before} {told.after}"
    assert token.token_key not in written
    assert secret not in written
    assert [entries(cast.as_(name), "token.created") for name in ("gdynia", "council", "trieste")] == [[], [], []]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "gate\u202e"}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["read", "everything"]}, "scopes"),
        ({"scopes": [""]}, "scopes"),
        ({"expires_at": in_days(-1)}, "expires_at"),
        ({"expires_at": in_days(800)}, "expires_at"),
        ({"networks": ["10.0.0.0/8", "the quay"]}, "networks/1"),
        ({"networks": ["10.0.0.5/24"]}, "networks/0"),
        ({"networks": [f"10.0.{n}.0/24" for n in range(21)]}, "networks"),
    ],
)
def test_bad_input_names_the_field_and_makes_nothing(cast: Cast, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        make(manager(cast), **changes)
    assert [fault.field for fault in refused.value.faults] == [field]
    assert not ServiceToken.objects.exists()


def test_a_network_written_as_an_address_in_it_is_told_both_ways_out(cast: Cast) -> None:
    with pytest.raises(Refused) as refused:
        make(manager(cast), networks=["10.0.0.5/24"])
    assert "Write 10.0.0.0/24 for all of it, or 10.0.0.5 for this one." in refused.value.faults[0].detail


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.ADMINISTRATOR, Role.SERVICE}])
def test_no_other_role_of_a_port_makes_tokens(cast: Cast, role: Role) -> None:
    token, _secret = issue_token(cast.gdansk, "gate")
    acting = manager(cast, role=role)
    for verb in (lambda: make(acting), lambda: rotate(acting, token, 0), lambda: revoke(acting, token)):
        with pytest.raises(NotAllowedError):
            verb()
    assert ServiceToken.objects.count() == 1


def test_making_and_rotating_ask_for_a_fresh_factor_and_revoking_never(cast: Cast) -> None:
    token, _secret = issue_token(cast.gdansk, "gate")
    late = manager(cast, at=timezone.now() - timedelta(minutes=11))
    for verb in (lambda: make(late), lambda: rotate(late, token, 0)):
        with pytest.raises(NotAllowedError) as refused:
            verb()
        assert refused.value.code == "second_factor_required"
    revoke(late, token)
    assert not ServiceToken.objects.exists()


# Where it is used from


@pytest.mark.parametrize(
    ("networks", "address", "taken"),
    [
        ([], "", True),
        (["192.0.2.0/24"], "192.0.2.77", True),
        (["192.0.2.0/24"], "192.0.3.1", False),
        (["192.0.2.0/24"], "::ffff:192.0.2.77", True),
        (["192.0.2.0/24"], "", False),
        (["192.0.2.0/24"], "unix", False),
        (["2001:db8::/48"], "2001:db8::1", True),
        (["2001:db8::/48"], "2001:db9::1", False),
        (["2001:db8::/48", "192.0.2.7/32"], "192.0.2.7", True),
    ],
)
def test_it_is_taken_from_its_networks_alone(networks: list[str], address: str, taken: bool) -> None:
    assert comes_from(networks, address) is taken


def test_a_stolen_secret_is_of_no_use_elsewhere(cast: Cast) -> None:
    _token, secret = make(manager(cast), networks=["192.0.2.0/24", "2001:db8::/48"])
    assert [status(secret, address) for address in ("192.0.2.9", "2001:db8::9", "198.51.100.9", "127.0.0.1")] == [200, 200, 401, 401]
    assert status(secret, "198.51.100.9", "/alerts/") in {302, 401, 403}


def test_a_forwarded_address_is_not_believed(cast: Cast) -> None:
    """The server says whom to believe (docs/operations.md); the header alone is the caller's invention."""
    _token, secret = make(manager(cast), networks=["192.0.2.0/24"])
    client = APIClient(REMOTE_ADDR="198.51.100.9")
    client.credentials(HTTP_AUTHORIZATION=f"Token {secret}", HTTP_X_FORWARDED_FOR="192.0.2.9")
    assert client.get(ME).status_code == 401


def test_the_live_line_holds_it_to_its_networks_too(cast: Cast) -> None:
    _token, secret = make(manager(cast), networks=["192.0.2.0/24"])
    headers = {"authorization": f"Token {secret}"}
    assert visitor_by_request(headers, "", "192.0.2.9").organisation == str(cast.gdansk.pk)
    for address in ("198.51.100.9", ""):
        with pytest.raises(TurnedAway):
            visitor_by_request(headers, "", address)
    assert (address_of({"client": ("192.0.2.9", 5)}), address_of({"client": None}), address_of({})) == ("192.0.2.9", "", "")


# Rotating


@pytest.mark.parametrize("grace", [3600, 86400])
def test_the_old_secret_works_for_its_grace_and_no_longer(cast: Cast, grace: int) -> None:
    token, old = make(manager(cast), networks=["127.0.0.0/8"])
    made, new = rotate(manager(cast), token, grace)
    assert (made.name, made.scopes, made.networks, status(old), status(new)) == (token.name, ["read"], ["127.0.0.0/8"], 200, 200)
    with time_machine.travel(timezone.now() + timedelta(seconds=grace + 5)):
        assert (status(old), status(new)) == (401, 200)


def test_without_grace_the_old_secret_ends_at_once(cast: Cast) -> None:
    token, old = make(manager(cast))
    _made, new = rotate(manager(cast), token, 0)
    assert (status(old), status(new)) == (401, 200)
    assert len(entries(cast.as_("gdansk"), "token.rotated")) == 1


def test_a_grace_does_not_lengthen_the_life_of_the_old(cast: Cast) -> None:
    token, _old = make(manager(cast), expires_at=timezone.now() + timedelta(minutes=5))
    rotate(manager(cast), token, 86400)
    assert ServiceToken.objects.get(id=token.id).expiry == token.expiry


def test_the_new_one_lives_as_long_as_the_old_was_made_for(cast: Cast) -> None:
    with time_machine.travel(in_days(-20)):
        token, _old = make(manager(cast))
    made, _new = rotate(manager(cast), token, 0)
    assert timedelta(days=29, hours=23) < made.expiry - timezone.now() <= timedelta(days=30)


def test_it_is_rotated_once(cast: Cast) -> None:
    token, _secret = make(manager(cast))
    rotate(manager(cast), token, 3600)
    with pytest.raises(Conflict, match="rotated already"):
        rotate(manager(cast), token, 3600)
    gone, _secret = make(manager(cast))
    rotate(manager(cast), gone, 0)
    with pytest.raises(Conflict, match="revoked"):
        rotate(manager(cast), gone, 0)
    with pytest.raises(Refused):
        rotate(manager(cast), token, 12)


# Revoking, and other organisations


def test_a_revoked_token_is_nobodys_at_once(cast: Cast) -> None:
    token, secret = make(manager(cast))
    revoke(manager(cast), token)
    assert status(secret) == 401
    assert len(entries(cast.as_("gdansk"), "token.revoked")) == 1
    with pytest.raises(Conflict):
        revoke(manager(cast), token)


def test_no_other_organisation_touches_it(cast: Cast, browse: Browse) -> None:
    token, secret = make(manager(cast))
    for verb in (lambda: rotate(manager(cast, "gdynia"), token, 0), lambda: revoke(manager(cast, "gdynia"), token)):
        with pytest.raises(Conflict):
            verb()
    client = confirm(browse("gdynia", Role.ADMINISTRATOR))
    assert client.post(f"/organisation/tokens/{token.id}/revoke/").status_code == 404
    assert client.post(f"/organisation/tokens/{token.id}/rotate/", {"grace": "0"}).status_code == 404
    assert token.name not in client.get("/organisation/tokens/").content.decode()
    assert client.get("/api/v1/service-tokens/").json()["results"] == []
    assert status(secret) == 200


def test_the_api_lists_them_to_an_administrator_without_any_secret(cast: Cast, browse: Browse) -> None:
    token, _secret = make(manager(cast))
    answer = browse("gdansk", Role.ADMINISTRATOR).get("/api/v1/service-tokens/")
    (listed,) = answer.json()["results"]
    assert (listed["id"], listed["name"], listed["last_used_at"]) == (str(token.id), token.name, None)
    assert token.token_key not in answer.content.decode()


# The pages


def test_the_secret_is_shown_once(cast: Cast, browse: Browse) -> None:
    client = confirm(browse("gdansk", Role.ADMINISTRATOR))
    page = client.post("/organisation/tokens/new/", {**WRITTEN, "networks": "127.0.0.1, 2001:db8::/48\n"}, follow=True)
    secret = page.context["secret"]
    assert f'value="{secret}" readonly' in page.content.decode()
    assert "It is not shown again." in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]
    assert status(secret) == 200
    token = ServiceToken.objects.get()
    assert (token.scopes, token.networks) == (["read", "alerts:write"], ["127.0.0.1/32", "2001:db8::/48"])
    for address in ("/organisation/tokens/", f"/organisation/tokens/{token.id}/"):
        later = client.get(address).content.decode()
        assert token.name in later
        assert token.token_key not in later


def made_on_the_page(client: Client) -> str:
    """The address to which the answer leads."""
    answer = client.post("/organisation/tokens/new/", WRITTEN)
    assert (answer.status_code, b"ps_" in answer.content) == (302, False)
    return str(answer.headers["Location"])


def test_reloading_shows_no_secret_and_makes_no_second_token(cast: Cast, browse: Browse) -> None:
    client = confirm(browse("gdansk", Role.ADMINISTRATOR))
    address = made_on_the_page(client)
    assert "ps_" in client.get(address).content.decode()
    again = client.get(address, follow=True)
    assert again.redirect_chain == [(f"/organisation/tokens/{ServiceToken.objects.get().id}/", 302)]
    assert "ps_" not in again.content.decode()
    assert "A secret is shown once." in again.content.decode()
    assert ServiceToken.objects.count() == 1


def test_a_secret_that_nobody_fetches_is_gone_after_minutes(cast: Cast, browse: Browse) -> None:
    client = confirm(browse("gdansk", Role.ADMINISTRATOR))
    address = made_on_the_page(client)
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        assert client.get(address).status_code == 302


def test_the_table_of_sessions_holds_no_readable_secret(cast: Cast, browse: Browse) -> None:
    client = confirm(browse("gdansk", Role.ADMINISTRATOR))
    made_on_the_page(client)
    token = ServiceToken.objects.get()
    assert not [value for value in client.session.values() if token.token_key in str(value) or "ps_" in str(value)]


def test_a_new_secret_is_shown_to_who_made_it_and_as_that_token(cast: Cast, browse: Browse) -> None:
    client, colleague = confirm(browse("gdansk", Role.ADMINISTRATOR)), confirm(browse("gdansk", Role.ADMINISTRATOR))
    address = made_on_the_page(client)
    other, _secret = make(manager(cast), name="Another gate")
    assert colleague.get(address).status_code == 302
    assert client.head(address).status_code == 405  # what only looks ahead does not use it up
    assert client.get(f"/organisation/tokens/{other.id}/secret/").status_code == 302


def test_the_page_keeps_what_was_typed_and_says_what_is_wrong(cast: Cast, browse: Browse) -> None:
    client = confirm(browse("gdansk", Role.ADMINISTRATOR))
    for changes, field in (
        ({"networks": "10.0.0.5/24"}, "networks"),
        ({"scopes": []}, "scopes"),
        ({"lifetime": "date"}, "expires_at"),
        ({"lifetime": "date", "expires_at": "yesterday"}, "expires_at"),
        ({"lifetime": "date", "expires_at": "01.01.2020"}, "expires_at"),
        ({"name": ""}, "name"),
    ):
        page = client.post("/organisation/tokens/new/", {**WRITTEN, **changes})
        assert (page.status_code, list(page.context["form"].errors)) == (422, [field])
        assert page.context["form"]["lifetime"].value() == {**WRITTEN, **changes}["lifetime"]
    assert not ServiceToken.objects.exists()


def test_a_last_day_ends_with_that_day_on_the_local_clock(cast: Cast, browse: Browse) -> None:
    client = confirm(browse("gdansk", Role.ADMINISTRATOR))
    day = timezone.localdate() + timedelta(days=100)
    client.post("/organisation/tokens/new/", {**WRITTEN, "lifetime": "date", "expires_at": f"{day:%d.%m.%Y}"})
    with timezone.override(cast.gdansk.time_zone):
        end = timezone.localtime(ServiceToken.objects.get().expiry)
    assert (end.date(), end.hour, end.minute) == (day, 23, 59)


def test_each_scope_is_offered_in_the_words_of_what_it_allows(browse: Browse) -> None:
    form = browse("gdansk", Role.ADMINISTRATOR).get("/organisation/tokens/new/").context["form"]
    offered = dict(form.fields["scopes"].choices)
    assert tuple(offered) == SCOPES
    assert offered["alerts:write"] == "Prepare alerts; send alerts; update alerts; cancel alerts; pause, resume or restart escalations"


def test_without_a_fresh_factor_what_was_typed_is_kept(cast: Cast, browse: Browse) -> None:
    client = browse("gdansk", Role.ADMINISTRATOR)
    assert client.post("/organisation/tokens/new/", WRITTEN).headers["Location"] == "/organisation/tokens/new/"
    form = confirm(client).get("/organisation/tokens/new/").context["form"]
    assert {name: form[name].value() for name in WRITTEN} == WRITTEN
    assert not ServiceToken.objects.exists()


def test_the_page_rotates_and_revokes(cast: Cast, browse: Browse) -> None:
    token, old = make(manager(cast))
    client = confirm(browse("gdansk", Role.ADMINISTRATOR))
    page = client.post(f"/organisation/tokens/{token.id}/rotate/", {"grace": "3600"}, follow=True)
    assert "The old secret works for another 1 h." in page.content.decode()
    assert (status(old), status(page.context["secret"])) == (200, 200)
    assert client.post(f"/organisation/tokens/{token.id}/rotate/", {"grace": "3600"}).status_code == 422
    assert client.post(f"/organisation/tokens/{token.id}/revoke/").headers["Location"] == "/organisation/tokens/"
    assert status(old) == 401


# What waits


def test_what_expires_within_two_weeks_waits_for_those_who_can_rotate_it(cast: Cast, browse: Browse) -> None:
    acting = manager(cast)
    soon, _secret = make(acting, name="Soon", expires_at=in_days(13.5))
    make(acting, name="Later", expires_at=in_days(15))
    replaced, _secret = make(acting, name="Replaced", expires_at=in_days(3))
    rotate(acting, replaced, 86400)
    make(manager(cast, "gdynia"), name="Foreign", expires_at=in_days(3))
    waits = [(one.title, one.url, one.badge) for one in tokens_to_rotate(acting) if "Replaced" not in one.title]
    assert waits == [("Rotate service token Soon", f"/organisation/tokens/{soon.id}/", "13 days left")]
    assert list(tokens_to_rotate(cast.as_("gdansk"))) == []
    page = browse("gdansk", Role.ADMINISTRATOR).get("/").content.decode()
    assert "Rotate service token Soon" in page
    assert "rotate soon" in browse("gdansk", Role.ADMINISTRATOR).get("/organisation/tokens/").content.decode()
