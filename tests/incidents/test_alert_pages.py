"""Pages of alerts: what each shows, and with how many queries."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from incidents.models import Alert
from portsec.access.acting import acting_for
from portsec.access.roles import Role
from portsec.delivery.models import Delivery
from tests.cast import Cast

pytestmark = pytest.mark.django_db
Publish = Callable[..., Alert]
Browse = Callable[..., Client]

# Every page: session, user, memberships; savepoint, who acts, the journal's position; what waits; the two ends of the savepoint.
SHELL = 9


@pytest.mark.parametrize(
    ("address", "queries"),
    [
        # region; changes of level, ports; what waits, its alerts, which spares the shell its count; what changed; drafts; levels to decide,
        # to attain; contacts to verify; declarations to answer; those to propose: changes of level, ports, past dealings; where one is told
        ("/", SHELL - 1 + 15),
        ("/alerts/", SHELL + 2),  # the page of alerts, their deliveries
        ("/ports/", SHELL + 4),  # region, its members; changes of level, ports
    ],
)
def test_a_page_makes_the_same_queries_for_few_and_many_alerts(
    cast: Cast, publish: Publish, browse: Browse, django_assert_num_queries: DjangoAssertNumQueries, address: str, queries: int
) -> None:
    client = browse("riga")
    for number in range(5):
        publish(cast.as_("gdansk"), headline=f"Alert {number}")
    client.get(address)  # fills what is asked once a process: the permission's id, the session
    with django_assert_num_queries(queries):
        assert client.get(address).status_code == 200


def test_the_dashboard_shows_what_waits_and_what_changed(cast: Cast, publish: Publish, browse: Browse) -> None:
    alert = publish(cast.as_("gdansk"))
    page = browse("riga").get("/")
    assert [one["ref_id"] for one in page.context["unanswered"]] == [alert.ref_id]
    assert [one["name"] for one in page.context["levels"]] == ["Gdańsk", "Gdynia", "Rīga"]
    assert browse("coastguard").get("/").context["unanswered"] == []


def test_a_draft_goes_through_review_to_its_recipients(cast: Cast, browse: Browse) -> None:
    client = browse("gdansk")
    written = {
        "headline": "Drone over quay 3", "instruction": "Watch your terminal.", "event": "Unauthorised drone", "category": ["Security"],
        "urgency": "Immediate", "severity": "Severe", "certainty": "Observed", "tlp": "AMBER", "audience_kind": "region_ports",
    }  # fmt: skip
    saved = client.post("/alerts/new/", written)
    review = client.get(saved.url)
    assert review.context["reach"]["count"] == 2
    sent = client.post(saved.url, {"previewed": review.context["previewed"]}, follow=True)
    assert sent.context["board"]["total"] == 2
    assert client.post(saved.url, {}).status_code == 302, "a second press of the button finds it sent"
    with acting_for(cast.as_("gdansk")):
        assert Delivery.objects.count() == 2


def test_lines_of_an_instruction_are_kept_as_a_browser_sends_them(cast: Cast, browse: Browse, alert_content: dict[str, Any]) -> None:
    written = {**alert_content, "instruction": "Look over your anchorage.\r\nReport on VHF 16.", "audience_kind": "region_ports"}
    assert browse("gdansk").post("/alerts/new/", written).status_code == 302
    with acting_for(cast.as_("gdansk")):
        assert Alert.objects.get().instruction == "Look over your anchorage.\nReport on VHF 16."


def test_an_extreme_alert_is_sent_only_with_the_ports_name_typed(cast: Cast, browse: Browse, alert_content: dict[str, Any]) -> None:
    client = browse("gdansk")
    saved = client.post("/alerts/new/", {**alert_content, "severity": "Extreme", "audience_kind": "region_ports"})
    page = client.post(saved.url, {"confirm": "GDYNIA"})
    assert page.status_code == 422
    assert page.context["confirm_word"] == "GDANSK"
    assert client.post(saved.url, {"confirm": "gdansk"}).status_code == 403, "the second factor is missing"
    with acting_for(cast.as_("gdansk")):
        assert not Delivery.objects.exists()


def test_the_sender_sees_the_board_and_a_recipient_only_its_own_answer(cast: Cast, publish: Publish, browse: Browse) -> None:
    address = publish(cast.as_("gdansk")).get_absolute_url()
    assert len(browse("gdansk").get(address).context["board"]["rows"]) == 2
    own = browse("riga").get(address)
    assert own.context["board"] is None
    assert own.context["is_waiting"]
    assert "Gdynia" not in own.content.decode()


def test_opening_an_alert_marks_it_seen(cast: Cast, publish: Publish, browse: Browse) -> None:
    alert = publish(cast.as_("gdansk"))
    browse("riga").get(alert.get_absolute_url())
    with acting_for(cast.as_("gdansk")):
        states = {one.recipient: one.state for one in Delivery.objects.filter(object_id=alert.pk).select_related("recipient")}
    assert states == {cast.riga: "seen", cast.gdynia: "queued"}


def test_the_button_of_the_dashboard_acknowledges_and_returns_there(cast: Cast, publish: Publish, browse: Browse) -> None:
    alert = publish(cast.as_("gdansk"))
    client = browse("riga")
    answer = client.post(f"/alerts/{alert.pk}/acknowledge/", {"next": "/", "remark": "Patrol sent"})
    assert answer.url == "/"
    assert client.get("/").context["unanswered"] == []


def test_the_way_back_leads_nowhere_else(cast: Cast, publish: Publish, browse: Browse) -> None:
    alert = publish(cast.as_("gdansk"))
    answer = browse("riga").post(f"/alerts/{alert.pk}/acknowledge/", {"next": "https://elsewhere.example/"})
    assert answer.url == alert.get_absolute_url()


def test_an_outsider_finds_nothing_under_any_address(cast: Cast, publish: Publish, browse: Browse) -> None:
    alert = publish(cast.as_("gdansk"))
    client = browse("coastguard")
    for page in ("", "board/", "history/", "update/"):
        assert client.get(f"/alerts/{alert.pk}/{page}").status_code == 404, page
    for button in ("acknowledge/", "cancel/", "discard/", "review/"):
        assert client.post(f"/alerts/{alert.pk}/{button}").status_code in {403, 404}, button


def test_an_exercise_is_marked_and_counted_apart(cast: Cast, publish: Publish, browse: Browse) -> None:
    alert = publish(cast.as_("gdansk"), is_exercise=True)
    page = browse("riga").get("/")
    assert (page.context["waiting"].alerts, page.context["waiting"].exercises) == (0, 1)
    for address in ("/", "/alerts/", alert.get_absolute_url()):
        assert "EXERCISE" in browse("riga").get(address).content.decode(), address


def test_an_observer_reads_and_is_told_why_it_cannot_answer(cast: Cast, publish: Publish, browse: Browse) -> None:
    alert = publish(cast.as_("gdansk"))
    client = browse("riga", Role.OBSERVER)
    assert 'aria-disabled="true"' in client.get("/").content.decode()
    assert client.post(f"/alerts/{alert.pk}/acknowledge/").status_code == 403


def test_the_history_shows_each_change_to_those_who_may_see_it(cast: Cast, publish: Publish, browse: Browse) -> None:
    alert = publish(cast.as_("gdansk"))
    client = browse("gdansk")
    client.post(f"/alerts/{alert.pk}/cancel/", {"reason": "Light repaired"})
    page = browse("riga").get(f"/alerts/{alert.pk}/history/").content.decode()
    assert "alert.published" in page
    assert "Light repaired" in page
