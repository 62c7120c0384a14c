"""An organisation joins a region: it sees the region's history at once, and is told that it does. With real commits."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from incidents import queries
from incidents.actions import acknowledge_alert, draft_alert, publish_draft
from incidents.models import Alert
from portsec.access.acting import acting_for, as_system
from portsec.access.actions import create_organisation, create_region, join_region
from portsec.access.audiences import AudienceWish
from portsec.access.models import Organisation, Region
from portsec.access.roles import Role
from portsec.delivery.models import Delivery
from portsec.journal.models import Entry
from portsec.problems import Conflict
from tests.cast import Cast

Publish = Callable[..., Alert]
KINDS = ("region_ports", "region", "linked_regions", "own", "named")


@pytest.fixture
def earlier(committed: Cast, publish: Publish) -> dict[str, UUID]:
    """An alert of Gdańsk to each kind of audience, before anyone joined."""
    return {kind: publish(committed.as_("gdansk"), kind, named=[committed.gdynia] if kind == "named" else ()).pk for kind in KINDS}


def seen_by(cast: Cast, name: str) -> set[UUID]:
    """Through both walls, and through the second alone: they agree."""
    with acting_for(cast.as_(name)) as acting:
        both, second = set(Alert.objects.visible_to(acting)), set(Alert.objects.all())
    assert both == second
    return {alert.pk for alert in both}


def told(cast: Cast, name: str, verb: str) -> list[Any]:
    with acting_for(cast.as_(name)) as acting:
        return list(Entry.objects.visible_to(acting).filter(verb=verb).order_by("at"))


def test_a_port_sees_the_regions_history_at_once(committed: Cast, earlier: dict[str, UUID]) -> None:
    assert seen_by(committed, "trieste") == set()
    join_region(committed.trieste, committed.regions["baltic"])
    assert seen_by(committed, "trieste") == {earlier["region_ports"], earlier["region"], earlier["linked_regions"]}


def test_an_agency_sees_what_went_to_the_whole_region_and_not_what_went_to_its_ports(committed: Cast, earlier: dict[str, UUID]) -> None:
    join_region(committed.customs, committed.regions["baltic"])
    assert seen_by(committed, "customs") == {earlier["region"], earlier["linked_regions"]}


def test_a_linked_region_sees_only_what_went_to_linked_regions(committed: Cast, earlier: dict[str, UUID]) -> None:
    assert seen_by(committed, "aarhus") == {earlier["linked_regions"]}
    join_region(committed.trieste, committed.regions["kattegat"])
    assert seen_by(committed, "trieste") == {earlier["linked_regions"]}


def test_what_went_to_the_ports_and_an_agency_reaches_a_port_that_joins(committed: Cast, publish: Publish) -> None:
    """The coast guard is no port: `ports of the region` and itself is an audience of its own."""
    alert = publish(committed.as_("coastguard"))
    join_region(committed.trieste, committed.regions["baltic"])
    join_region(committed.customs, committed.regions["baltic"])
    assert [alert.pk in seen_by(committed, name) for name in ("coastguard", "trieste", "customs")] == [True, True, False]


def test_it_shows_the_joining_to_nobody_else(committed: Cast, earlier: dict[str, UUID]) -> None:
    before = len(told(committed, "gdansk", "access.granted"))
    join_region(committed.trieste, committed.regions["baltic"])
    assert len(told(committed, "trieste", "access.granted")) == 2  # the Adriatic, then the Baltic
    assert [len(told(committed, name, "access.granted")) for name in ("gdansk", "gdynia", "council")] == [before] * 3


def test_the_entry_names_the_audiences_to_fetch(committed: Cast, earlier: dict[str, UUID]) -> None:
    join_region(committed.trieste, committed.regions["baltic"])
    entry = told(committed, "trieste", "access.granted")[-1]
    with acting_for(committed.as_("trieste")) as acting:
        audiences = set(Alert.objects.visible_to(acting).values_list("audience", flat=True))
    assert set(entry.row["audiences"]) == {str(one) for one in audiences}
    assert entry.summary == "Port of Trieste joined Baltic region"


def test_joining_twice_is_joining_once(committed: Cast, earlier: dict[str, UUID]) -> None:
    for _again in range(2):
        join_region(committed.trieste, committed.regions["baltic"])
    assert len(told(committed, "trieste", "access.granted")) == 2
    assert len(seen_by(committed, "trieste")) == 3


def test_what_was_sent_before_waits_for_no_answer_of_the_newcomer(committed: Cast, earlier: dict[str, UUID]) -> None:
    join_region(committed.trieste, committed.regions["baltic"])
    with acting_for(committed.as_("trieste")) as acting:
        assert queries.unanswered(acting) == []
        with pytest.raises(Conflict, match="joined after this alert was sent"):
            acknowledge_alert(acting, Alert.objects.get(pk=earlier["region_ports"]))


@pytest.fixture
def draft(committed: Cast, alert_content: dict[str, Any]) -> Alert:
    with acting_for(committed.as_("gdansk")) as acting:
        return draft_alert(acting, wish=AudienceWish("region_ports"), **alert_content)


def previewed(cast: Cast, draft: Alert) -> list[UUID]:
    with acting_for(cast.as_("gdansk")) as acting:
        return [one.pk for one in queries.preview(acting, AudienceWish.from_json(draft.wish), draft.tlp).organisations]


def test_who_joins_between_preview_and_sending_is_reached_and_the_sender_is_told(committed: Cast, draft: Alert) -> None:
    shown = previewed(committed, draft)
    assert set(shown) == {committed.gdynia.pk, committed.riga.pk}
    join_region(committed.trieste, committed.regions["baltic"])
    with acting_for(committed.as_("gdansk")) as acting:
        sent = publish_draft(acting, Alert.objects.get(pk=draft.pk), previewed=shown)
    assert {one.pk for one in sent.reached} == {*shown, committed.trieste.pk}
    assert sent.joined == [committed.trieste]
    with acting_for(committed.as_("trieste")) as acting:
        assert [one.alert.pk for one in queries.unanswered(acting)] == [draft.pk]


def test_where_nobody_joined_the_sender_is_told_of_nobody(committed: Cast, draft: Alert) -> None:
    with acting_for(committed.as_("gdansk")) as acting:
        assert publish_draft(acting, Alert.objects.get(pk=draft.pk), previewed=previewed(committed, draft)).joined == []


def test_a_draft_to_all_reaches_the_audience_as_it_is_when_it_is_sent(committed: Cast, draft: Alert) -> None:
    with acting_for(committed.as_("gdansk")) as acting:
        publish_draft(acting, Alert.objects.get(pk=draft.pk))
    join_region(committed.trieste, committed.regions["baltic"])
    assert draft.pk in seen_by(committed, "trieste")
    with acting_for(committed.as_("gdansk")) as acting:
        assert committed.trieste not in [one.recipient for one in Delivery.objects.sent_by(acting)]


def test_linking_a_new_region_reaches_across_both_ways(committed: Cast, publish: Publish) -> None:
    baltic = committed.regions["baltic"]
    gulf = create_region("Gulf region", linked_to=[baltic])
    helsinki = create_organisation("Port of Helsinki", Organisation.Kind.PORT)
    join_region(helsinki, gulf)
    with as_system("a test looks at the links"):
        assert set(Region.objects.get(pk=baltic.pk).linked.all()) == {gulf, committed.regions["kattegat"]}
    alert = publish(committed.as_("gdansk"), "linked_regions")
    with acting_for(committed.as_("gdansk")) as acting:
        assert helsinki in [one.recipient for one in Delivery.objects.sent_by(acting).filter(object_id=alert.pk)]


# The coordinator sees who was told, where the region says so and it is itself addressed


def deliveries_seen(cast: Cast, name: str, alert: Alert) -> set[str]:
    with acting_for(cast.as_(name)) as acting:
        return {one.recipient.name for one in Delivery.objects.visible_to(acting).filter(object_id=alert.pk)}


def test_the_coordinator_sees_the_deliveries_of_what_it_is_told(committed: Cast, publish: Publish) -> None:
    alert = publish(committed.as_("gdansk"), "region")
    everyone = {committed.organisations[name].name for name in ("gdynia", "riga", "coastguard", "council")}
    assert deliveries_seen(committed, "council", alert) == everyone
    assert deliveries_seen(committed, "coastguard", alert) == {committed.coastguard.name}


@pytest.mark.parametrize("kind", ["region_ports", "named"])
def test_the_coordinator_sees_nothing_of_what_is_not_addressed_to_it(committed: Cast, publish: Publish, kind: str) -> None:
    alert = publish(committed.as_("gdansk"), kind, named=[committed.gdynia] if kind == "named" else ())
    assert deliveries_seen(committed, "council", alert) == set()


def test_where_the_region_does_not_say_so_the_coordinator_sees_its_own_only(committed: Cast, publish: Publish) -> None:
    with as_system("a test changes the region's rule"):
        Region.objects.filter(pk=committed.regions["baltic"].pk).update(coordinator_sees_deliveries=False)
    alert = publish(committed.as_("gdansk"), "region")
    assert deliveries_seen(committed, "council", alert) == {committed.council.name}


def test_an_answer_is_news_to_the_coordinator_that_sees_deliveries(committed: Cast, publish: Publish) -> None:
    alert = publish(committed.as_("gdansk"), "region")
    with acting_for(committed.as_("riga")) as acting:
        acknowledge_alert(acting, Alert.objects.get(pk=alert.pk), remark="Seen")
    assert [len(told(committed, name, "alert.acknowledged")) for name in ("gdansk", "riga", "council", "gdynia")] == [1, 1, 1, 0]


def test_a_role_does_not_change_what_its_organisation_sees(committed: Cast, earlier: dict[str, UUID]) -> None:
    seen = []
    for role in (Role.SECURITY_OFFICER, Role.OBSERVER, Role.ADMINISTRATOR):
        with acting_for(committed.as_("gdynia", role)) as acting:
            seen.append(set(Alert.objects.visible_to(acting).values_list("pk", flat=True)))
    assert seen == [{earlier[kind] for kind in ("region_ports", "region", "linked_regions", "named")}] * 3
