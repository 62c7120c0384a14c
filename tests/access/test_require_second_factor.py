"""An organisation requires a second factor: who has proven none answers alerts, and does nothing else."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from portsec.access.acting import NotAllowedError, acting_for
from portsec.access.actions import add_member, require_second_factor_from
from portsec.access.middleware import NEVER_BLOCKED
from portsec.access.models import Organisation
from portsec.access.roles import Role
from portsec.journal.models import Entry
from portsec.live.line import NO_ORGANISATION, TurnedAway
from portsec.live.sign_in import SessionStore, visitor_by_request
from portsec.problems import Refused
from tests.access.doors import API, PAGES, Door
from tests.access.managing import confirm, manager, signed_in
from tests.access.test_permission_matrix import addresses
from tests.cast import Cast

SETTINGS = "/organisation/sign-in/"


def require(committed: Cast, name: str = "gdynia", *, begins: datetime | None = None) -> None:
    """As the organisation's administrator; in the past by default, so that it holds."""
    acting = manager(committed, name)
    with acting_for(acting):
        require_second_factor_from(acting, begins or timezone.now() - timedelta(seconds=1))


# The rule


def test_the_rule_holds_from_its_day_on(committed: Cast) -> None:
    require(committed, begins=timezone.now() + timedelta(days=3))
    client = signed_in(committed, "gdynia")
    assert client.get("/").status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=3, seconds=1)):
        assert client.get("/").headers["Location"] == "/second-factor/?next=%2F"


def test_it_is_on_record_for_the_organisation_alone(committed: Cast) -> None:
    require(committed)
    for name, count in (("gdynia", 1), ("gdansk", 0), ("council", 0)):
        with acting_for(committed.as_(name)):
            assert Entry.objects.filter(verb="sign_in.rule_changed").count() == count


def test_only_who_manages_and_has_a_fresh_factor_sets_it(committed: Cast) -> None:
    late = manager(committed, at=timezone.now() - timedelta(minutes=11))
    for acting, code in ((manager(committed, role=Role.SECURITY_OFFICER), "role_missing"), (late, "second_factor_required")):
        with acting_for(acting), pytest.raises(NotAllowedError) as refused:
            require_second_factor_from(acting, timezone.now())
        assert refused.value.code == code


def test_a_day_in_years_is_a_mistake(committed: Cast) -> None:
    acting = manager(committed)
    with acting_for(acting), pytest.raises(Refused) as refused:
        require_second_factor_from(acting, timezone.now() + timedelta(days=400))
    assert refused.value.faults[0].field == "begins"


# What is left to who has none


def refused(committed: Cast) -> Client:
    require(committed)
    return signed_in(committed, "gdynia", Role.SECURITY_OFFICER)


def test_everything_leads_to_the_page_that_says_what_is_missing(committed: Cast) -> None:
    page = refused(committed).get("/ports/", follow=True)
    assert page.redirect_chain == [("/second-factor/?next=%2Fports%2F", 302)]
    text = page.content.decode()
    assert "Set up your second factor" in text
    assert reverse("mfa_activate_totp") in text
    assert "data-live" not in text


def test_the_page_counts_the_alerts_that_wait(committed: Cast, publish: Any, django_assert_num_queries: Any) -> None:
    publish(committed.as_("gdansk"))
    client = refused(committed)
    # session, user, memberships, SAVEPOINT and context, position, second factors, the count of alerts, COMMIT
    with django_assert_num_queries(9):
        page = client.get("/second-factor/").content.decode()
    assert "1 alert waits for your organisation" in page.replace("&#x27;", "'")


def test_it_leads_on_where_nothing_is_missing(committed: Cast) -> None:
    assert signed_in(committed, "gdynia").get("/second-factor/?next=/ports/").headers["Location"] == "/ports/"
    assert signed_in(committed, "gdynia").get("/second-factor/?next=https://evil.example/").headers["Location"] == "/"


def test_alerts_are_read_acknowledged_and_cancelled_all_the_same(committed: Cast, publish: Any) -> None:
    theirs, own = publish(committed.as_("gdansk")), publish(committed.as_("gdynia"))
    client = refused(committed)
    assert client.get("/alerts/").status_code == 200
    page = client.get(f"/alerts/{theirs.pk}/")
    assert page.status_code == 200
    assert "data-live-ticket" not in page.content.decode()
    assert "Everything else opens once your second factor is confirmed." in page.content.decode()
    assert client.post(f"/alerts/{theirs.pk}/acknowledge/").headers["Location"] == f"/alerts/{theirs.pk}/"
    assert client.post(f"/alerts/{own.pk}/cancel/", {"reason": "Over"}).headers["Location"] == f"/alerts/{own.pk}/"
    assert client.get(f"/api/v1/alerts/{theirs.pk}/").json()["state"] == "active"
    assert client.get(f"/api/v1/alerts/{own.pk}/").json()["state"] == "cancelled"


def test_a_level_is_acknowledged_and_reported_all_the_same(committed: Cast) -> None:
    names = {"level_change", "level_acknowledge", "level_attain"}
    assert names <= {name for name, _why in never_blocked()}


def never_blocked() -> set[tuple[str, str]]:
    """(address, action) of everything that stays open; pages have no action."""
    found = set()
    for _address, pattern in addresses(get_resolver()):
        view = pattern.callback
        if hasattr(view, "actions"):
            found |= {(pattern.name, one) for one in view.actions.values() if one in getattr(view.cls, NEVER_BLOCKED, ())}
        elif getattr(view, NEVER_BLOCKED, False):
            found.add((pattern.name, ""))
    return found


# What an alert or a level asks of a control room, and the way to become able to do more. Nothing else belongs here.
STAYS_OPEN = {
    ("alert_list", ""), ("alert_detail", ""), ("alert_acknowledge", ""), ("alert_cancel", ""),
    ("level_change", ""), ("level_acknowledge", ""), ("level_attain", ""),
    ("second_factor", ""), ("switch_organisation", ""),
    ("me", "show"),
    ("alert-list", "list"), ("alert-detail", "retrieve"), ("alert-acknowledge", "acknowledge"), ("alert-cancel", "cancel"),
    ("security-level-list", "list"), ("security-level-detail", "retrieve"),
    ("security-level-acknowledge", "acknowledge"), ("security-level-attain", "attain"),
}  # fmt: skip


def test_what_stays_open_is_listed() -> None:
    assert never_blocked() == STAYS_OPEN


OPEN_NAMES = {name for name, _action in STAYS_OPEN}


def without_id(doors: Sequence[Door]) -> set[tuple[str, str]]:
    """(name, method) of the doors that need no object."""
    return {(door.name, door.method) for door in doors if door.at is Door.at}


def test_every_other_page_waits(committed: Cast) -> None:
    client = refused(committed)
    pages = [name for name, method in without_id(PAGES) if method == "get" and name not in OPEN_NAMES]
    assert len(pages) > 15
    wrong = [name for name in pages if not client.get(reverse(name)).headers.get("Location", "").startswith("/second-factor/?next=")]
    assert wrong == []


def test_the_api_refuses_a_session_and_says_why(committed: Cast) -> None:
    client = refused(committed)
    closed = without_id(API) - {("me", "get"), ("alert-list", "get"), ("security-level-list", "get")}
    for name, method in sorted(closed):
        answer = getattr(client, method)(reverse(name), content_type="application/json")
        assert (answer.status_code, answer.headers["Content-Type"]) == (403, "application/problem+json"), name
        assert answer.json()["errors"][0]["code"] == "second_factor_required"


def test_a_service_token_is_no_person(committed: Cast) -> None:
    require(committed)
    program = Client(headers={"Authorization": f"Token {committed.token('gdynia')}"})
    assert program.get("/api/v1/changes/").status_code == 200


def test_the_live_socket_stays_closed(committed: Cast) -> None:
    client = refused(committed)
    key = client.session.session_key
    with pytest.raises(TurnedAway) as away:
        visitor_by_request({}, key, "")
    assert away.value.code == NO_ORGANISATION
    confirm(client)
    assert SessionStore(key).exists(key)
    assert visitor_by_request({}, key, "").organisation == str(committed.gdynia.pk)


def test_another_organisation_of_the_person_is_not_held_up(committed: Cast) -> None:
    person = committed.user("gdynia")
    add_member(person, committed.riga, Role.STAFF)
    client = refused(committed)
    assert committed.riga.name in client.get("/second-factor/").content.decode()
    client.post("/switch/", {"organisation": str(committed.riga.pk)})
    assert client.get("/").status_code == 200
    client.post("/switch/", {"organisation": str(committed.gdynia.pk)})
    assert client.get("/").status_code == 302


# The way out


def test_one_factor_proven_in_this_session_opens_everything(committed: Cast) -> None:
    client = confirm(refused(committed), at=timezone.now() - timedelta(days=3))
    assert client.get("/").status_code == 200
    assert client.get("/api/v1/changes/").status_code == 200


def test_who_has_an_app_already_confirms_with_it(committed: Cast) -> None:
    TOTP.activate(committed.user("gdynia"), generate_totp_secret())
    page = refused(committed).get("/ports/", follow=True).content.decode()
    assert "Confirm second factor" in page
    assert f"{reverse('mfa_reauthenticate')}?next=%2Fports%2F" in page


def test_the_pages_on_which_one_is_set_up_are_open(committed: Cast) -> None:
    client = refused(committed)
    assert client.get(reverse("mfa_index")).status_code == 200
    assert client.get(reverse("mfa_activate_totp")).headers["Location"].startswith(reverse("account_reauthenticate"))


# The administrator's page


def test_the_page_lists_who_has_none(committed: Cast) -> None:
    TOTP.activate(committed.user("gdansk"), generate_totp_secret())
    Authenticator.objects.create(user=committed.user("gdansk", Role.STAFF), type="recovery_codes", data={})
    page = signed_in(committed, "gdansk", Role.ADMINISTRATOR).get(SETTINGS)
    names = {member.user.name for member in page.context["without"]}
    assert committed.user("gdansk").name not in names
    assert committed.user("gdansk", Role.STAFF).name in names, "recovery codes alone are no factor"
    assert not {name for name in names if "Gdynia" in name}


def save(client: Client, **fields: str) -> Any:
    return client.post(f"{SETTINGS}second-factor/", fields)


def test_the_rule_is_set_and_taken_back_on_the_page(committed: Cast) -> None:
    client = confirm(signed_in(committed, "gdansk", Role.ADMINISTRATOR))
    day = timezone.localdate() + timedelta(days=10)
    assert save(client, required="on", begins=f"{day:%d.%m.%Y}").headers["Location"] == SETTINGS
    begins = Organisation.objects.get(pk=committed.gdansk.pk).second_factor_from
    with timezone.override(committed.gdansk.time_zone):
        assert begins
        assert (timezone.localdate(begins), timezone.localtime(begins).hour) == (day, 0)
    assert re.search(r'name="required"[^>]*checked', client.get(SETTINGS).content.decode())
    save(client)
    assert Organisation.objects.get(pk=committed.gdansk.pk).second_factor_from is None


def test_a_wrong_day_is_shown_beside_its_field(committed: Cast) -> None:
    client = confirm(signed_in(committed, "gdansk", Role.ADMINISTRATOR))
    for begins in ("someday", "01.01.2099"):
        page = save(client, required="on", begins=begins)
        assert (page.status_code, list(page.context["factor_form"].errors)) == (422, ["begins"])
        assert page.context["factor_form"]["begins"].value() == begins


def test_without_a_fresh_factor_nothing_changes(committed: Cast) -> None:
    assert save(signed_in(committed, "gdansk", Role.ADMINISTRATOR), required="on").headers["Location"] == SETTINGS
    assert Organisation.objects.get(pk=committed.gdansk.pk).second_factor_from is None


def test_no_other_organisation_is_touched(committed: Cast) -> None:
    save(confirm(signed_in(committed, "gdynia", Role.ADMINISTRATOR)), required="on")
    assert list(Organisation.objects.exclude(second_factor_from=None)) == [committed.gdynia]


def test_the_audit_log_shows_who_changed_the_rule(committed: Cast) -> None:
    require(committed, "gdansk")
    page = confirm(signed_in(committed)).get("/audit/").content.decode()
    assert "How your people sign in was changed" in page
