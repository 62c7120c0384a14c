"""Publishing: who is told, who is not, and that nothing is half-written."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from incidents.actions import draft_alert, publish_alert, publish_draft
from incidents.models import Alert, AlertMessage
from portsec.access.acting import Acting, NotAllowedError, acting_for
from portsec.access.audiences import AudienceWish
from portsec.access.roles import Role
from portsec.delivery.models import Delivery
from portsec.journal.models import Entry
from portsec.problems import Conflict, Refused
from tests.cast import Cast

pytestmark = pytest.mark.django_db
Publish = Callable[..., Alert]


def told(acting: Acting, alert: Alert) -> set[str]:
    with acting_for(acting):
        return {one.recipient.name for one in Delivery.objects.sent_by(acting).filter(object_id=alert.pk).select_related("recipient")}


def sees(acting: Acting, alert: Alert) -> bool:
    with acting_for(acting):
        return bool(Alert.objects.visible_to(acting).filter(pk=alert.pk).exists())


@pytest.mark.parametrize(
    ("kind", "reached"),
    [
        ("region_ports", {"gdynia", "riga"}),
        ("region", {"gdynia", "riga", "coastguard", "council"}),
        ("linked_regions", {"gdynia", "riga", "coastguard", "council", "aarhus", "customs"}),
    ],
)
def test_it_tells_whom_the_audience_means_and_nobody_else(cast: Cast, publish: Publish, kind: str, reached: set[str]) -> None:
    alert = publish(cast.as_("gdansk"), kind)
    assert told(cast.as_("gdansk"), alert) == {cast.organisations[name].name for name in reached}
    for name in cast.organisations:
        assert sees(cast.as_(name), alert) == (name in reached or name == "gdansk"), name


def test_it_tells_the_named_organisation_alone(cast: Cast, publish: Publish) -> None:
    alert = publish(cast.as_("gdansk"), "named", named=[cast.coastguard], tlp="AMBER+STRICT")
    assert told(cast.as_("gdansk"), alert) == {"Baltic Coast Guard"}
    assert sees(cast.as_("coastguard"), alert)
    assert not sees(cast.as_("gdynia"), alert)


def test_it_tells_every_port_when_an_agency_that_is_no_port_sends(cast: Cast, publish: Publish) -> None:
    alert = publish(cast.as_("coastguard"), "region_ports")
    assert told(cast.as_("coastguard"), alert) == {"Port of Gdańsk", "Port of Gdynia", "Port of Rīga"}
    assert not sees(cast.as_("council"), alert)


def test_it_shows_a_red_alert_to_the_named_person_and_not_to_a_colleague(cast: Cast, alert_content: dict[str, Any]) -> None:
    sender, named = cast.as_("gdansk"), cast.as_("riga")
    wish = AudienceWish("named", organisations=(cast.riga.pk,))
    with acting_for(sender):
        alert = publish_alert(sender, wish=wish, persons=[named.user.pk], **alert_content | {"tlp": "RED"}).alert
    assert sees(named, alert)
    assert not sees(cast.as_("riga", Role.DEPUTY), alert)
    assert not sees(cast.as_("gdansk", Role.DEPUTY), alert)


def test_a_red_alert_without_named_persons_is_refused(cast: Cast, alert_content: dict[str, Any]) -> None:
    sender = cast.as_("gdansk")
    with acting_for(sender), pytest.raises(Refused) as refused:
        publish_alert(sender, wish=AudienceWish("named", organisations=(cast.riga.pk,)), **alert_content | {"tlp": "RED"})
    assert refused.value.faults[0].field == "persons"


def test_it_asks_for_an_answer_by_the_severitys_deadline(cast: Cast, publish: Publish) -> None:
    with time_machine.travel(datetime(2026, 11, 23, 1, 14, tzinfo=UTC), tick=False):
        alert = publish(cast.as_("gdansk"), severity="Moderate")
        severe = publish(cast.as_("gdansk"), severity="Severe")
        own = publish(cast.as_("gdansk"), severity="Severe", acknowledge_within=120)
    with acting_for(cast.as_("gdansk")) as acting:
        due = {one.object_id: one.acknowledge_by for one in Delivery.objects.sent_by(acting)}
    assert due[alert.pk] == datetime(2026, 11, 23, 2, 14, tzinfo=UTC)
    assert due[severe.pk] == datetime(2026, 11, 23, 1, 29, tzinfo=UTC)
    assert due[own.pk] == datetime(2026, 11, 23, 1, 16, tzinfo=UTC)


def test_it_numbers_alerts_per_organisation(cast: Cast, publish: Publish) -> None:
    numbers = [publish(cast.as_(name)).ref_id for name in ("gdansk", "gdynia", "gdansk")]
    year = timezone.localtime().year
    assert numbers == [f"ALR-{year}-0001", f"ALR-{year}-0001", f"ALR-{year}-0002"]


def test_it_writes_one_entry_for_the_audience(cast: Cast, publish: Publish) -> None:
    alert = publish(cast.as_("gdansk"))
    with acting_for(cast.as_("riga")) as neighbour:
        entries = Entry.objects.visible_to(neighbour).of_object("alert", alert.pk)
        assert [(one.verb, one.owner_id) for one in entries] == [("alert.published", cast.gdansk.pk)]


def test_a_refused_alert_leaves_nothing(cast: Cast, alert_content: dict[str, Any]) -> None:
    acting = cast.as_("gdansk")
    with acting_for(acting):
        before = Alert.objects.count(), AlertMessage.objects.count(), Delivery.objects.count(), Entry.objects.count()
        with pytest.raises(Refused):
            publish_alert(acting, wish=AudienceWish("region"), **alert_content | {"tlp": "AMBER"})
        assert (Alert.objects.count(), AlertMessage.objects.count(), Delivery.objects.count(), Entry.objects.count()) == before


@pytest.mark.parametrize("role", [Role.STAFF, Role.OBSERVER, Role.ADMINISTRATOR])
def test_a_role_without_the_right_cannot_send(cast: Cast, publish: Publish, role: Role) -> None:
    with pytest.raises(NotAllowedError):
        publish(cast.as_("gdansk", role))


def test_an_extreme_alert_asks_a_person_for_a_second_factor_within_the_shift(cast: Cast, publish: Publish) -> None:
    officer = cast.as_("gdansk")
    now = timezone.now()
    old = Acting(officer.user, officer.organisation, officer.role, second_factor_at=now - timedelta(hours=12, minutes=1))
    fresh = Acting(officer.user, officer.organisation, officer.role, second_factor_at=now - timedelta(hours=11))
    for acting in (officer, old):
        with pytest.raises(NotAllowedError) as refusal:
            publish(acting, severity="Extreme")
        assert refusal.value.code == "second_factor_required"
    assert publish(fresh, severity="Extreme").is_active


def test_of_two_hands_on_one_button_only_one_sends(cast: Cast, alert_content: dict[str, Any]) -> None:
    acting = cast.as_("gdansk")
    with acting_for(acting):
        draft = draft_alert(acting, wish=AudienceWish("region_ports"), **alert_content)
        same = Alert.objects.get(pk=draft.pk)
        publish_draft(acting, draft)
        with pytest.raises(Conflict):
            publish_draft(acting, same)
        assert Delivery.objects.filter(object_id=draft.pk).count() == 2


def test_a_draft_is_seen_by_its_own_organisation_alone(cast: Cast, alert_content: dict[str, Any]) -> None:
    acting = cast.as_("gdansk")
    with acting_for(acting):
        draft = draft_alert(acting, wish=AudienceWish("region_ports"), **alert_content)
    assert sees(cast.as_("gdansk", Role.OBSERVER), draft)
    assert not sees(cast.as_("gdynia"), draft)
