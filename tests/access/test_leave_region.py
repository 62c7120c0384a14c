"""An organisation leaves a region: it loses what only that region shared with it, keeps its own, and is told. With real commits."""

from collections.abc import Callable
from uuid import UUID

import pytest

from incidents import queries
from incidents.models import Alert
from portsec.access.acting import acting_for
from portsec.access.actions import join_region, leave_region
from portsec.access.audiences import AudienceWish, resolve_audience
from portsec.access.models import Organisation
from portsec.access.pages import newest_page
from portsec.delivery.models import Delivery
from portsec.problems import Refused
from tests.access.sql import rows
from tests.access.test_join_region import seen_by, told
from tests.cast import Cast

Publish = Callable[..., Alert]


@pytest.fixture
def sent(committed: Cast, publish: Publish) -> dict[str, UUID]:
    """What Gdynia sees of Gdańsk, by kind of audience, and an alert of its own."""
    kinds = ("region_ports", "region", "linked_regions", "named")
    alerts = {kind: publish(committed.as_("gdansk"), kind, named=[committed.gdynia] if kind == "named" else ()).pk for kind in kinds}
    return {**alerts, "of its own": publish(committed.as_("gdynia")).pk}


def leave(cast: Cast, name: str, region: str) -> None:
    leave_region(cast.organisations[name], cast.regions[region])


def test_the_regions_records_are_gone_and_its_own_and_named_ones_stay(committed: Cast, sent: dict[str, UUID]) -> None:
    assert seen_by(committed, "gdynia") == set(sent.values())
    leave(committed, "gdynia", "baltic")
    assert seen_by(committed, "gdynia") == {sent["named"], sent["of its own"]}


def test_those_who_stay_lose_nothing(committed: Cast, sent: dict[str, UUID]) -> None:
    before = seen_by(committed, "riga")
    leave(committed, "gdynia", "baltic")
    assert seen_by(committed, "riga") == before != set()
    assert sent["of its own"] in before


def test_ones_own_records_are_still_in_ones_lists(committed: Cast, sent: dict[str, UUID]) -> None:
    leave(committed, "gdynia", "baltic")
    with acting_for(committed.as_("gdynia")) as acting:
        page = newest_page(queries.filtered(acting, show="all"), acting, limit=50)
        found = {alert.pk for alert in page.records}
        opened = queries.readable(acting).filter(pk=sent["of its own"])
        assert (found, len(opened)) == ({sent["named"], sent["of its own"]}, 1)


def test_what_another_region_still_shares_stays(committed: Cast, publish: Publish, sent: dict[str, UUID]) -> None:
    join_region(committed.gdynia, committed.regions["kattegat"])
    danish = publish(committed.as_("aarhus")).pk
    leave(committed, "gdynia", "baltic")
    assert seen_by(committed, "gdynia") == {sent["named"], sent["of its own"], sent["linked_regions"], danish}
    leave(committed, "gdynia", "kattegat")
    assert seen_by(committed, "gdynia") == {sent["named"], sent["of its own"]}


def test_who_comes_back_sees_it_all_again(committed: Cast, sent: dict[str, UUID]) -> None:
    leave(committed, "gdynia", "baltic")
    join_region(committed.gdynia, committed.regions["baltic"])
    assert seen_by(committed, "gdynia") == set(sent.values())


def test_it_is_told_which_audiences_to_forget_and_nobody_else_is(committed: Cast, sent: dict[str, UUID]) -> None:
    with acting_for(committed.as_("gdynia")) as acting:
        lost = {str(Alert.objects.get(pk=sent[kind]).audience_id) for kind in ("region_ports", "region", "linked_regions")}
        assert acting.organisation == committed.gdynia
    leave(committed, "gdynia", "baltic")
    (entry,) = told(committed, "gdynia", "access.revoked")
    assert set(entry.row["audiences"]) == lost
    assert [told(committed, name, "access.revoked") for name in ("gdansk", "riga", "council", "trieste")] == [[]] * 4


def test_leaving_where_one_is_not_says_nothing(committed: Cast) -> None:
    leave(committed, "trieste", "baltic")
    assert told(committed, "trieste", "access.revoked") == []


def test_it_waits_for_its_answer_no_longer(committed: Cast, sent: dict[str, UUID]) -> None:
    with acting_for(committed.as_("gdynia")) as acting:
        assert {one.alert.pk for one in queries.unanswered(acting)} == {*sent.values()} - {sent["of its own"]}
    leave(committed, "gdynia", "baltic")
    with acting_for(committed.as_("gdynia")) as acting:
        assert {one.alert.pk for one in queries.unanswered(acting)} == {sent["named"]}
        assert queries.waiting_counts(acting).alerts == 1


def test_later_records_of_the_region_do_not_reach_it(committed: Cast, publish: Publish) -> None:
    leave(committed, "gdynia", "baltic")
    later = publish(committed.as_("gdansk"))
    assert later.pk not in seen_by(committed, "gdynia")
    with acting_for(committed.as_("gdansk")) as acting:
        assert [one.recipient for one in Delivery.objects.sent_by(acting).filter(object_id=later.pk)] == [committed.riga]


def test_neither_sees_the_other_any_more(committed: Cast) -> None:
    leave(committed, "gdynia", "baltic")
    with acting_for(committed.as_("gdansk")) as acting:
        assert committed.gdynia not in Organisation.objects.visible_to(acting)
        with pytest.raises(Refused):
            resolve_audience(acting, AudienceWish("named", organisations=(committed.gdynia.pk,)))
    with acting_for(committed.as_("gdynia")) as acting:
        assert list(Organisation.objects.visible_to(acting)) == [committed.gdynia]
        with pytest.raises(Refused):
            resolve_audience(acting, AudienceWish("region", committed.regions["baltic"].pk))


def test_a_body_that_is_no_port_keeps_the_audience_that_it_made(committed: Cast, publish: Publish) -> None:
    """`ports of the region` and the coast guard: the coast guard owns it."""
    alert = publish(committed.as_("coastguard"))
    leave(committed, "coastguard", "baltic")
    assert seen_by(committed, "coastguard") == {alert.pk}
    leave(committed, "gdynia", "baltic")
    assert alert.pk not in seen_by(committed, "gdynia")
    assert alert.pk in seen_by(committed, "riga")


def test_every_grant_that_is_given_or_taken_is_logged_by_the_database(committed: Cast, sent: dict[str, UUID]) -> None:
    log = "SELECT action, by_role, audience_id FROM access_audiencegrant_log WHERE group_id = %s AND audience_id = %s ORDER BY at"
    with acting_for(committed.as_("gdynia")):
        audience = Alert.objects.get(pk=sent["region_ports"]).audience_id
    leave(committed, "gdynia", "baltic")
    logged = rows(log, [committed.gdynia.group_id, audience], alias="system")
    assert logged == [("INSERT", "portsec_app", audience), ("DELETE", "portsec_system", audience)]
