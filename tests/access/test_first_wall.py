"""The first wall by itself: asked as the system role, which row security lets through, `visible_to` still shows no foreign row.

Elsewhere the second wall would hide that a filter was forgotten. Both must hold alone.
"""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

import pytest
from django.db.models import Count

from incidents import queries
from incidents.actions import draft_alert
from incidents.models import Alert, AlertMessage
from ports.actions import add_facility, set_security_level
from ports.models import LevelAttainment, PortFacility, PortProfile, SecurityLevelChange
from portsec.access.acting import Acting, acting_for, as_system
from portsec.access.audiences import AudienceWish
from portsec.access.models import Audience, Organisation, Region
from portsec.access.pages import Key, capped_count, first_after, newest_page
from portsec.access.roles import Role
from portsec.delivery.models import Delivery
from portsec.journal.models import Entry
from portsec.journal.sequencer import number_entries
from tests.cast import Cast

Publish = Callable[..., Alert]
Found = dict[str, set[Any]]


@pytest.fixture
def evening(committed: Cast, publish: Publish, alert_content: dict[str, Any]) -> dict[str, UUID]:
    """Of Gdańsk: an alert to the ports, one to two organisations, one to a person, a draft and a change of level."""
    gdansk = committed.as_("gdansk")
    named = [committed.gdynia, committed.coastguard]
    sent = {
        "ports": publish(gdansk).pk,
        "named": publish(gdansk, "named", named=named).pk,
        "red": publish(gdansk, "named", named=named[:1], tlp="RED", persons=[committed.user("gdynia").pk]).pk,
    }
    with acting_for(gdansk):
        sent["draft"] = draft_alert(gdansk, wish=AudienceWish("region_ports"), **alert_content).pk
        sent["facility"] = add_facility(gdansk, name="Container terminal", imo_number="PLGDN-0001").pk
        sent["level"] = set_security_level(gdansk, level=2, reason="Drill").pk
    return sent


def seen(cast: Cast, ask: Callable[[Acting], Iterable[Any]], *others: tuple[str, Role | None]) -> Found:
    """What the filter alone lets each of them see."""
    found = {}
    for name, role in (*((name, None) for name in ("gdansk", "gdynia", "riga", "coastguard", "trieste")), *others):
        acting = cast.as_(name, role)
        with as_system("a test asks without the second wall"):
            found[f"{name} {role}" if role else name] = set(ask(acting))
    return found


def names(found: Found, evening: dict[str, UUID]) -> dict[str, set[str]]:
    named = {pk: name for name, pk in evening.items()}
    return {who: {named[pk] for pk in pks} for who, pks in found.items()}


ALERTS = {
    "gdansk": {"ports", "named", "red", "draft"},
    "gdansk deputy": {"ports", "named", "draft"},
    "gdynia": {"ports", "named", "red"},
    "gdynia deputy": {"ports", "named"},
    "riga": {"ports"},
    "coastguard": {"named"},
    "trieste": set(),
}
DEPUTIES = (("gdansk", Role.DEPUTY), ("gdynia", Role.DEPUTY))


@pytest.mark.parametrize("ask", [Alert.objects.visible_to, queries.readable], ids=["visible_to", "readable"])
def test_alerts(committed: Cast, evening: dict[str, UUID], ask: Any) -> None:
    found = seen(committed, lambda acting: ask(acting).values_list("pk", flat=True), *DEPUTIES)
    assert names(found, evening) == ALERTS


@pytest.mark.parametrize("show", queries.FILTERS)
def test_no_list_shows_more(committed: Cast, evening: dict[str, UUID], show: str) -> None:
    found = names(seen(committed, lambda acting: queries.filtered(acting, show=show).values_list("pk", flat=True), *DEPUTIES), evening)
    assert [who for who, shown in found.items() if not shown <= ALERTS[who]] == []
    assert any(found.values()) is (show != "ended")


def test_pages_and_counts(committed: Cast, evening: dict[str, UUID]) -> None:
    """A page goes through the granted audiences and not through each record's: it must show no more by that."""

    def by_pages(acting: Acting) -> Iterable[UUID]:
        published = queries.filtered(acting, show="all")
        found: list[UUID] = []
        before: Key | None = None
        while page := newest_page(published, acting, limit=1, before=before):
            found += [alert.pk for alert in page.records]
            if (before := page.older) is None:
                break
        assert capped_count(published, acting) == len(found) == len(set(found))
        return found

    sent = {who: shown - {"draft"} for who, shown in ALERTS.items()}
    assert names(seen(committed, by_pages, *DEPUTIES), evening) == sent


def test_pages_and_counts_of_united_lists(committed: Cast, evening: dict[str, UUID]) -> None:
    def by_page(acting: Acting) -> Iterable[UUID]:
        published = queries.filtered(acting, show="all")
        united = published.filter(is_exercise=True) | published.filter(is_exercise=False)
        found = [alert.pk for alert in newest_page(united, acting, limit=50).records]
        assert capped_count(united, acting) == len(found)
        return found

    sent = {who: shown - {"draft"} for who, shown in ALERTS.items()}
    assert names(seen(committed, by_page, *DEPUTIES), evening) == sent


def test_it_asks_first_what_is_visible(committed: Cast, evening: dict[str, UUID]) -> None:
    """Of what is united or cut already no condition would reach every part."""
    riga = committed.as_("riga")
    with as_system("a test asks without the second wall"):
        alerts = Alert.objects.all()
        for too_late in (alerts.union(alerts), alerts.order_by("pk")[:2]):
            with pytest.raises(TypeError):
                too_late.visible_to(riga)


def test_a_page_refuses_what_its_branches_would_lose(committed: Cast) -> None:
    with acting_for(committed.as_("riga")) as acting:
        published = queries.filtered(acting, show="all")
        for more in (
            published.distinct(),
            published[:2],
            published.annotate(n=Count("messages")),
            published.filter(messages__isnull=False),
        ):
            with pytest.raises(TypeError):
                newest_page(more, acting, limit=50)
            with pytest.raises(TypeError):
                capped_count(more, acting)


def test_the_feed(committed: Cast, evening: dict[str, UUID]) -> None:
    number_entries()

    def fed(acting: Acting) -> Iterable[UUID]:
        entries = Entry.objects.visible_to(acting).filter(kind="alert", seq__gt=0)
        return [entry.object_id for entry in first_after(entries, acting, by="seq", limit=100).as_told()]

    assert names(seen(committed, fed, *DEPUTIES), evening) == ALERTS


def test_messages_and_levels(committed: Cast, evening: dict[str, UUID]) -> None:
    sent = {who: shown - {"draft"} for who, shown in ALERTS.items()}
    found = seen(committed, lambda acting: AlertMessage.objects.visible_to(acting).values_list("alert", flat=True), *DEPUTIES)
    assert names(found, evening) == sent
    levels = seen(committed, lambda acting: SecurityLevelChange.objects.visible_to(acting).values_list("pk", flat=True))
    assert {who for who, shown in levels.items() if shown} == {"gdansk", "gdynia", "riga", "coastguard"}


def test_facilities_and_their_clocks(committed: Cast, evening: dict[str, UUID]) -> None:
    facilities = seen(committed, lambda acting: PortFacility.objects.visible_to(acting).values_list("imo_number", flat=True))
    assert {who for who, shown in facilities.items() if shown} == {"gdansk", "gdynia", "riga", "coastguard"}
    clocks = seen(committed, lambda acting: LevelAttainment.objects.visible_to(acting).values_list("pk", flat=True))
    assert {who for who, shown in clocks.items() if shown} == {"gdansk"}


def test_entries(committed: Cast, evening: dict[str, UUID]) -> None:
    def of_alerts(acting: Acting) -> Iterable[Any]:
        return Entry.objects.visible_to(acting).filter(kind="alert").values_list("object_id", flat=True)

    assert names(seen(committed, of_alerts, *DEPUTIES), evening) == ALERTS


def test_deliveries(committed: Cast, evening: dict[str, UUID]) -> None:
    def recipients(acting: Acting) -> Iterable[Any]:
        return Delivery.objects.visible_to(acting).values_list("object_id", "recipient__name")

    found = seen(committed, recipients, *DEPUTIES)
    gdynia, riga, coastguard = committed.gdynia.name, committed.riga.name, committed.coastguard.name
    ports, named, red = evening["ports"], evening["named"], evening["red"]
    level = evening["level"]
    of_level = {(level, one) for one in (gdynia, riga, coastguard, committed.council.name)}
    open_to_colleagues = {(ports, gdynia), (ports, riga), (named, gdynia), (named, coastguard)} | of_level
    assert found == {
        "gdansk": open_to_colleagues | {(red, gdynia)},
        "gdansk deputy": open_to_colleagues,
        "gdynia": {(ports, gdynia), (named, gdynia), (red, gdynia), (level, gdynia)},
        "gdynia deputy": {(ports, gdynia), (named, gdynia), (level, gdynia)},
        "riga": {(ports, riga), (level, riga)},
        "coastguard": {(named, coastguard), (level, coastguard)},
        "trieste": set(),
    }


def test_only_ones_own_can_be_edited(committed: Cast, evening: dict[str, UUID]) -> None:
    found = names(seen(committed, lambda acting: Alert.objects.editable_by(acting).values_list("pk", flat=True), *DEPUTIES), evening)
    assert found == {who: shown if who.startswith("gdansk") else set() for who, shown in ALERTS.items()}


def test_audiences(committed: Cast, evening: dict[str, UUID]) -> None:
    with as_system("a test asks without the second wall"):
        audiences = {name: Alert.objects.get(pk=evening[name]).audience_id for name in ("ports", "named", "draft")}
    found = seen(committed, lambda acting: Audience.objects.visible_to(acting).values_list("pk", flat=True))
    assert {who: {name for name, pk in audiences.items() if pk in shown} for who, shown in found.items()} == {
        "gdansk": {"ports", "named", "draft"},
        "gdynia": {"ports", "named"},
        "riga": {"ports"},
        "coastguard": {"named"},
        "trieste": set(),
    }


@pytest.mark.parametrize(("model", "field", "baltic", "adriatic"), [
    (Region, "name", 2, 1), (Organisation, "name", 7, 1), (PortProfile, "unlocode", 4, 1),
])  # fmt: skip
def test_neighbours(committed: Cast, model: Any, field: str, baltic: int, adriatic: int) -> None:
    found = seen(committed, lambda acting: model.objects.visible_to(acting).values_list(field, flat=True))
    assert {who: len(shown) for who, shown in found.items()} == {
        "gdansk": baltic, "gdynia": baltic, "riga": baltic, "coastguard": baltic, "trieste": adriatic,
    }  # fmt: skip
