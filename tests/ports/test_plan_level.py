"""Levels that take effect later: planned, cancelled, set at their time in the name of who planned them, or lapsed with the reason."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from ports.actions import cancel_plan, close_facility, plan_security_level, set_security_level, take_effect
from ports.models import LevelAttainment, PlannedLevel, PortFacility, SecurityLevelChange
from ports.queries import port_levels
from ports.queries.plans import plans
from ports.tasks import set_planned_levels
from portsec.access.acting import Acting, NotAllowedError, acting_for
from portsec.access.actions import deactivate_member
from portsec.access.models import Membership
from portsec.access.roles import Role
from portsec.delivery.models import Delivery
from portsec.journal.models import Entry
from portsec.problems import Conflict, Refused
from tests.access.sql import changed, claiming, column, taken_back
from tests.cast import EVERYBODY, REGION, Cast
from tests.incidents.test_alert_pages import SHELL
from tests.ports.conftest import AddFacility

Browse = Callable[..., Client]
Program = Callable[..., APIClient]
Traveller = Any  # what `time_machine.travel` gives: its name differs from one release to the next
in_a_transaction = pytest.mark.django_db(databases=["default", "system"])
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
AT = NOW + timedelta(hours=6)
API = "/api/v1/planned-levels/"


@pytest.fixture(autouse=True)
def clock() -> Iterator[Traveller]:
    with time_machine.travel(NOW, tick=False) as found:
        yield found


def plan(cast: Cast, name: str = "gdansk", role: Role | None = None, **content: Any) -> PlannedLevel:
    with acting_for(cast.as_(name, role)) as acting:
        return plan_security_level(acting, **{"at": AT, "level": 2, "reason": "Summit in the city", **content})


def stands(cast: Cast, planned: PlannedLevel) -> PlannedLevel:
    with acting_for(cast.as_("gdansk")) as acting:
        found: PlannedLevel = plans(acting).get(pk=planned.pk)
        return found


def level_of(cast: Cast, code: str = "PLGDN") -> int:
    with acting_for(cast.as_("gdansk")) as acting:
        return next(int(one.level) for one in port_levels(acting) if one.port.unlocode == code)


def verbs(acting: Acting, planned: PlannedLevel) -> list[str]:
    return list(Entry.objects.visible_to(acting).of_object("planned_level", planned.pk).order_by("at", "pk").values_list("verb", flat=True))


def test_until_its_time_nothing_holds_and_the_region_knows_what_comes(committed: Cast) -> None:
    planned = plan(committed)
    assert level_of(committed) == 1
    seen = {}
    for name in EVERYBODY:
        with acting_for(committed.as_(name)) as acting:
            seen[name] = (plans(acting).count(), verbs(acting, planned), SecurityLevelChange.objects.visible_to(acting).count())
    assert seen == {name: (1, ["level.planned"], 0) if name in REGION else (0, [], 0) for name in EVERYBODY}
    assert take_effect(AT - timedelta(seconds=1)) == 0


def test_at_its_time_it_is_set_with_entry_deliveries_and_clocks(committed: Cast, facility: AddFacility, clock: Traveller) -> None:
    there = facility(committed.as_("gdansk"), "PLGDN-0001", attain_hours=6)
    planned = plan(committed, until=AT + timedelta(days=1), authority="Ministry")
    clock.move_to(AT)
    set_planned_levels()
    made = stands(committed, planned)
    with acting_for(committed.as_("gdansk")) as acting:
        change = SecurityLevelChange.objects.visible_to(acting).get()
        attainment = LevelAttainment.objects.visible_to(acting).get(facility=there.pk)
        told = {one.recipient for one in Delivery.objects.sent_by(acting)}
        [entry] = Entry.objects.visible_to(acting).filter(verb="level.changed")
    assert (made.state, made.change_id, made.closed_at) == ("effective", change.pk, AT)
    assert (change.level, change.effective_at, change.reason, change.authority) == (2, AT, "Summit in the city", "Ministry")
    assert (change.set_by, entry.actor) == (committed.user("gdansk"), committed.user("gdansk"))
    assert attainment.due_at == AT + timedelta(hours=6), "the clock runs from then, not from the planning"
    assert told == {committed.gdynia, committed.riga, committed.coastguard, committed.council}
    assert level_of(committed) == 2
    assert take_effect(AT) == 0, "once"


def test_two_sweeps_at_once_set_it_once(committed: Cast, in_threads: Any, clock: Traveller) -> None:
    plan(committed)
    clock.move_to(AT)
    assert sorted(in_threads(lambda _number: take_effect(AT), [1, 2])) == [0, 1]
    with acting_for(committed.as_("gdansk")) as acting:
        assert SecurityLevelChange.objects.visible_to(acting).count() == 1


def test_plans_take_effect_in_their_order(committed: Cast, clock: Traveller) -> None:
    """Also when the worker was down over both."""
    plan(committed, at=AT + timedelta(hours=2), level=1, reason="Summit is over")
    plan(committed)
    clock.move_to(AT + timedelta(hours=3))
    assert take_effect(AT + timedelta(hours=3)) == 2
    assert level_of(committed) == 1


def test_a_region_is_planned_by_its_coordination_body(committed: Cast, clock: Traveller) -> None:
    planned = plan(committed, "council")
    assert (planned.scope, planned.region) == ("region", committed.regions["baltic"])
    clock.move_to(AT)
    take_effect(AT)
    assert level_of(committed) == 2


WHEN = [(NOW - timedelta(minutes=1), "past"), (NOW, "past"), (NOW + timedelta(days=14, seconds=1), "too_far")]


@pytest.mark.parametrize(("at", "code"), WHEN)
@in_a_transaction
def test_a_time_that_cannot_be_is_refused_with_the_limit(cast: Cast, at: datetime, code: str) -> None:
    with pytest.raises(Refused) as refused:
        plan(cast, at=at)
    assert [(one.field, one.code) for one in refused.value.faults] == [("effective_at", code)]
    assert plan(cast, at=NOW + timedelta(days=14))


BAD: list[tuple[dict[str, Any], str]] = [
    ({"reason": ""}, "reason"),
    ({"level": 4}, "level"),
    ({"until": AT - timedelta(minutes=1)}, "expected_until"),
    ({"scope": "facility"}, "facility"),
    ({"scope": "facility", "facility": uuid4()}, "facility"),
    ({"scope": "operation"}, "operation"),
]


@pytest.mark.parametrize(("changes", "field"), BAD, ids=[str(changes)[:30] for changes, _field in BAD])
@in_a_transaction
def test_what_a_level_may_not_be_a_plan_may_not_be(cast: Cast, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        plan(cast, **changes)
    assert refused.value.faults[0].field == field


def test_level_3_asks_for_the_second_factor_when_it_is_planned_and_not_at_its_time(committed: Cast, clock: Traveller) -> None:
    with pytest.raises(NotAllowedError) as refused:
        plan(committed, level=3)
    assert refused.value.code == "second_factor_required"
    confirmed = committed.as_("gdansk")
    with acting_for(Acting(confirmed.user, confirmed.organisation, confirmed.role, second_factor_at=NOW)) as acting:
        plan_security_level(acting, at=NOW + timedelta(days=3), level=3, reason="Summit")
    clock.move_to(NOW + timedelta(days=3))
    assert take_effect(NOW + timedelta(days=3)) == 1
    assert level_of(committed) == 3


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.STAFF, Role.OBSERVER])
@in_a_transaction
def test_who_may_not_set_a_level_may_not_plan_or_cancel_one(cast: Cast, role: Role) -> None:
    planned = plan(cast)
    with pytest.raises(NotAllowedError):
        plan(cast, role=role)
    with acting_for(cast.as_("gdansk", role)) as acting, pytest.raises(NotAllowedError):
        cancel_plan(acting, plans(acting).get(pk=planned.pk))
    with acting_for(cast.as_("gdynia")) as acting, pytest.raises(NotAllowedError, match="Only Port of Gdańsk"):
        cancel_plan(acting, plans(acting).get(pk=planned.pk))


def test_what_is_cancelled_does_not_take_effect(committed: Cast, clock: Traveller) -> None:
    planned = plan(committed)
    with acting_for(committed.as_("gdansk", Role.DEPUTY)) as acting:
        cancel_plan(acting, plans(acting).get(pk=planned.pk), reason="Summit moved")
        with pytest.raises(Conflict, match="cancelled already"):
            cancel_plan(acting, plans(acting).get(pk=planned.pk))
        with pytest.raises(Refused) as refused:
            cancel_plan(acting, plans(acting).get(pk=planned.pk), reason="x" * 301)
        assert refused.value.faults[0].field == "reason"
        assert verbs(acting, planned) == ["level.planned", "level.plan_cancelled"]
    clock.move_to(AT)
    assert take_effect(AT) == 0
    made = stands(committed, planned)
    assert (made.state, made.note, made.closed_by) == ("cancelled", "Summit moved", committed.user("gdansk", Role.DEPUTY))
    assert level_of(committed) == 1


def test_what_has_taken_effect_is_not_cancelled(committed: Cast, clock: Traveller) -> None:
    planned = plan(committed)
    clock.move_to(AT)
    take_effect(AT)
    with acting_for(committed.as_("gdansk")) as acting, pytest.raises(Conflict, match="has taken effect"):
        cancel_plan(acting, plans(acting).get(pk=planned.pk))


# What may have changed by then


def test_below_a_region_that_has_risen_meanwhile_it_lapses_with_the_reason(committed: Cast, clock: Traveller) -> None:
    planned = plan(committed, level=1, reason="Back to normal")
    with acting_for(committed.as_("council")) as acting:
        set_security_level(acting, level=2, reason="Threat to the region")
    clock.move_to(AT)
    assert take_effect(AT) == 0
    made = stands(committed, planned)
    assert made.state == "lapsed"
    assert "Choose level 2 or higher" in made.note
    with acting_for(committed.as_("gdansk")) as acting:
        assert verbs(acting, planned) == ["level.planned", "level.plan_lapsed"]
        assert not SecurityLevelChange.objects.visible_to(acting).filter(owner=committed.gdansk).exists()
    assert take_effect(AT) == 0, "it is not tried again"


def test_of_a_facility_that_has_closed_it_lapses(committed: Cast, facility: AddFacility, clock: Traveller) -> None:
    there = facility(committed.as_("gdansk"), "PLGDN-0001")
    planned = plan(committed, scope="facility", facility=there.pk)
    with acting_for(committed.as_("gdansk")) as acting:
        close_facility(acting, PortFacility.objects.visible_to(acting).get())
    clock.move_to(AT)
    take_effect(AT)
    assert (stands(committed, planned).state, "no such open facility" in stands(committed, planned).note) == ("lapsed", True)


def test_of_a_person_who_has_left_or_lost_the_role_it_lapses(committed: Cast, clock: Traveller) -> None:
    left, lost = plan(committed), plan(committed, "gdansk", Role.DEPUTY)
    administrator = committed.as_("gdansk", Role.ADMINISTRATOR)
    fresh = Acting(administrator.user, administrator.organisation, administrator.role, second_factor_at=NOW)
    with acting_for(fresh):
        member = Membership.objects.get(organisation=committed.gdansk, role=Role.SECURITY_OFFICER)
    deactivate_member(fresh, member)
    demote(committed)
    clock.move_to(AT)
    assert take_effect(AT) == 0
    with acting_for(committed.as_("gdynia")) as acting:
        notes = {one.pk: (one.state, one.note) for one in plans(acting)}
    assert notes[left.pk] == ("lapsed", "Who planned it may no longer act for the organisation.")
    assert notes[lost.pk] == ("lapsed", "As observer you may not change the security level.")


def demote(cast: Cast) -> None:
    """As the system: the verb is another room's."""
    theirs = "WHERE organisation_id = %s AND role = 'deputy'"
    changed(f"UPDATE access_membership SET role = 'observer' {theirs}", [str(cast.gdansk.pk)], alias="system")  # noqa: S608


def test_a_tokens_plan_takes_effect_in_the_name_of_the_token(committed: Cast, clock: Traveller) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {committed.token('gdansk')}")
    made = client.post(API, {"level": 2, "reason": "Summit", "effective_at": AT.isoformat()}, format="json")
    assert made.status_code == 201, made.content
    clock.move_to(AT)
    assert take_effect(AT) == 1
    assert level_of(committed) == 2


def test_the_sweep_is_on_the_clock() -> None:
    entry = settings.CELERY_BEAT_SCHEDULE["set-planned-levels"]
    assert entry["task"] == set_planned_levels.name
    assert entry["schedule"] <= 5


# The walls


@in_a_transaction
def test_raw_sql_reads_and_changes_no_foreign_plan(cast: Cast) -> None:
    planned = plan(cast)
    seen = {}
    for name in EVERYBODY:
        with claiming(cast.user(name).pk, cast.organisations[name].pk):
            seen[name] = column("SELECT id FROM ports_plannedlevel")
            assert changed("UPDATE ports_plannedlevel SET state = 'cancelled'") == (1 if name == "gdansk" else 0), name
            with pytest.raises(Exception, match="permission denied"), taken_back():
                changed("DELETE FROM ports_plannedlevel")
    assert seen == {name: [planned.pk] if name in REGION else [] for name in EVERYBODY}


@in_a_transaction
def test_pages_and_api_show_it_to_the_region_alone(cast: Cast, browse: Browse, program: Program) -> None:
    planned = plan(cast, reason="Zebra summit")
    for at in ("/ports/PLGDN/", f"/levels/planned/{planned.pk}/"):
        assert [name for name in EVERYBODY if "Zebra summit" in browse(name).get(at).content.decode()] == list(REGION), at
    counts = {name: program(name).get(f"{API}?count=true&port={cast.gdansk.pk}").json()["count"] for name in EVERYBODY}
    assert counts == {name: int(name in REGION) for name in EVERYBODY}
    assert [program("trieste").get(f"{API}{pk}/").status_code for pk in (planned.pk, uuid4())] == [404, 404]


# Pages and API


@in_a_transaction
def test_a_person_plans_on_the_form_and_cancels_on_the_page(
    cast: Cast, browse: Browse, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = browse("gdansk")
    form = {"scope": "port", "level": "2", "reason": "Summit", "at": "24.11.2026 19:00", "replaces": ""}
    page = client.post("/levels/new/", form, follow=True)
    html = page.content.decode()
    assert page.context["plan"].effective_at == AT, "19:00 in Warsaw"
    assert "Planned: level 2, Port of Gdańsk" in html
    assert level_of(cast) == 1
    port = client.get("/ports/PLGDN/").content.decode()
    assert "level 2 from" in port
    at = page.context["plan"].get_absolute_url()
    assert at in port
    assert at in client.get("/levels/new/").content.decode()
    with django_assert_num_queries(SHELL + 1):  # the plan
        client.get(at)
    assert "Cancel the plan" not in browse("gdynia").get(at).content.decode()
    over = client.post(f"{at}cancel/", {"reason": "Moved"}, follow=True).content.decode()
    assert "Cancelled. The level stays as it is." in over
    assert "Moved" in over
    assert "cancelled already" in client.post(f"{at}cancel/", follow=True).content.decode()
    assert at not in client.get("/ports/PLGDN/").content.decode()


@in_a_transaction
def test_a_time_that_cannot_be_stands_beside_its_field(browse: Browse) -> None:
    form = {"scope": "port", "level": "2", "reason": "Summit", "at": "24.12.2026 19:00", "replaces": ""}
    page = browse("gdansk").post("/levels/new/", form)
    assert page.status_code == 422
    assert "14 days from now" in page.context["form"].errors["at"][0]
    assert 'value="24.12.2026 19:00"' in page.content.decode()


@in_a_transaction
def test_programs_plan_filter_and_cancel(cast: Cast, program: Program) -> None:
    client, key = program("gdansk"), {"Idempotency-Key": "one"}
    body = {"level": 2, "reason": "Summit", "effective_at": AT.isoformat(), "expected_until": (AT + timedelta(days=1)).isoformat()}
    made = client.post(API, body, format="json", headers=key)
    assert client.post(API, body, format="json", headers=key).json() == made.json()
    told = made.json()
    assert (told["state"], told["effective_at"], told["change"]) == ("planned", "2026-11-24T18:00:00Z", None)
    assert [one["id"] for one in client.get(f"{API}?state=planned").json()["results"]] == [told["id"]]
    assert client.get(f"{API}?state=effective").json()["results"] == []
    assert client.get(f"{API}?state=soon").status_code == 400
    gone = client.post(f"{API}{told['id']}/cancel/", {"reason": "Moved"}, format="json")
    assert (gone.status_code, gone.json()["state"], gone.json()["note"]) == (200, "cancelled", "Moved")
    assert client.post(f"{API}{told['id']}/cancel/", {}, format="json").status_code == 409
    for wrong, pointer in (({"effective_at": NOW.isoformat()}, "/effective_at"), ({"colour": 1}, "/colour"), ({"level": 9}, "/level")):
        refused = client.post(API, {**body, **wrong}, format="json")
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, pointer)
    assert client.post(API, {"level": 2, "reason": "x"}, format="json").json()["errors"][0]["pointer"] == "/effective_at"
