"""Proof 6: what stands beside the list. Each channel shows something to those whom it concerns, and nothing to others."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from rest_framework.test import APIClient

from incidents.actions import draft_alert, update_alert
from incidents.models import Alert
from ports.actions import set_security_level
from portsec.access.acting import acting_for
from portsec.access.audiences import AudienceWish
from portsec.access.roles import Role
from portsec.delivery.models import Delivery
from portsec.journal.cursors import seal
from portsec.journal.models import Entry
from tests.access.sql import taken_back
from tests.cast import Cast

pytestmark = pytest.mark.django_db
Publish = Callable[..., Alert]
Browse = Callable[..., Client]
Program = Callable[..., APIClient]

HEADLINE = "Zebra craft at the breakwater"
INSIDERS, OUTSIDERS = ("gdansk", "gdynia", "riga"), ("coastguard", "aarhus", "trieste")
CIRCLE = {"description": "Outer anchorage", "circle": {"lat": 54.4, "lon": 18.8, "km": 3}}


@pytest.fixture
def alert(cast: Cast, publish: Publish) -> Alert:
    return publish(cast.as_("gdansk"), headline=HEADLINE, areas=[CIRCLE])


def everyone(ask: Callable[[str], Any]) -> dict[str, Any]:
    return {name: ask(name) for name in (*INSIDERS, *OUTSIDERS)}


def only_insiders(shown: Any, hidden: Any) -> dict[str, Any]:
    return {name: shown if name in INSIDERS else hidden for name in (*INSIDERS, *OUTSIDERS)}


# Lists and their counts


def test_the_ledger_lists_a_delivery_to_its_two_ends_only(alert: Alert, program: Program) -> None:
    """A recipient learns of no other one, an outsider of none: neither by list, count, filter nor figures."""
    found = {}
    for show in ("sent", "received", "coordinated"):
        asked = everyone(lambda name, show=show: program(name).get(f"/api/v1/deliveries/?count=true&show={show}").json())
        found[show] = {name: (answer["count"], [row["recipient"]["name"] for row in answer["results"]]) for name, answer in asked.items()}
    assert {name: count for name, (count, _names) in found["sent"].items()} == dict.fromkeys(found["sent"], 0) | {"gdansk": 2}
    assert found["received"] == dict.fromkeys(found["received"], (0, [])) | {
        "gdynia": (1, ["Port of Gdynia"]), "riga": (1, ["Port of Rīga"]),
    }  # fmt: skip
    assert found["coordinated"] == dict.fromkeys(found["coordinated"], (0, []))


def test_pages_of_the_ledger_show_outsiders_nothing(alert: Alert, browse: Browse) -> None:
    for query in ("", "?show=received", "?show=coordinated", "?state=queued&show=received"):
        pages = everyone(lambda name, query=query: browse(name).get(f"/deliveries/{query}").content.decode())
        assert [name for name in OUTSIDERS if HEADLINE in pages[name]] == [], query


def test_a_count_counts_what_the_list_shows(alert: Alert, program: Program) -> None:
    found = everyone(lambda name: program(name).get("/api/v1/alerts/?count=true").json())
    assert {name: one["count"] for name, one in found.items()} == only_insiders(1, 0)
    assert {name: [row["id"] for row in one["results"]] for name, one in found.items()} == only_insiders([str(alert.pk)], [])


@pytest.mark.parametrize(("address", "count"), [("organisations", 7), ("ports", 4), ("regions", 2)])
def test_counts_of_neighbours_leave_strangers_out(cast: Cast, program: Program, address: str, count: int) -> None:
    """Of the Baltic and the linked Kattegat; the Adriatic is apart."""
    mine = program("gdansk").get(f"/api/v1/{address}/?count=true").json()
    assert (mine["count"], len(mine["results"])) == (count, count)
    theirs = program("trieste").get(f"/api/v1/{address}/?count=true").json()
    assert theirs["count"] == 1


@pytest.mark.parametrize("query", ["search=zebra", "search=ALR-2026-0001", "severity=Severe", "show=active", "is_exercise=false"])
def test_no_filter_reaches_past_the_walls(alert: Alert, program: Program, query: str) -> None:
    query = query.replace("ALR-2026-0001", alert.ref_id)
    found = everyone(lambda name: len(program(name).get(f"/api/v1/alerts/?{query}").json()["results"]))
    assert found == only_insiders(1, 0)


def test_a_filter_by_a_foreign_region_is_as_empty_as_one_that_does_not_exist(cast: Cast, program: Program) -> None:
    stranger = program("trieste")
    answers = [stranger.get(f"/api/v1/organisations/?region={region}").json() for region in (cast.regions["baltic"].pk, uuid4())]
    assert answers[0] == answers[1]
    assert len(program("gdynia").get(f"/api/v1/organisations/?region={cast.regions['baltic'].pk}").json()["results"]) == 5


def test_pages_beside_the_list_show_what_the_list_shows(alert: Alert, browse: Browse) -> None:
    for address in ("/alerts/?show=all", "/alerts/?show=all&search=zebra", "/search/?q=zebra"):
        found = everyone(lambda name, at=address: HEADLINE in browse(name).get(at).content.decode())
        assert found == only_insiders(True, False), address
    on_dashboard = everyone(lambda name: HEADLINE in browse(name).get("/").content.decode())
    assert on_dashboard == only_insiders(True, False) | {"gdansk": False}  # the sender waits for itself no more than strangers do


# Search


def test_search_finds_what_one_may_read(alert: Alert, program: Program) -> None:
    found = everyone(lambda name: [one["id"] for one in program(name).get("/api/v1/search/?q=zebra").json()["results"]])
    assert found == only_insiders([str(alert.pk)], [])


def test_search_knows_no_stranger_by_name(cast: Cast, program: Program, browse: Browse) -> None:
    for word in ("Gdańsk", "PLGDN", "Baltic Coast Guard"):
        assert program("riga").get("/api/v1/search/", {"q": word}).json()["results"]
        assert program("trieste").get("/api/v1/search/", {"q": word}).json() == {"results": []}
        assert browse("trieste").get("/search/", {"q": word}).context["total"] == 0


def test_the_composer_offers_no_stranger(cast: Cast, browse: Browse) -> None:
    page = browse("gdansk").get("/alerts/new/").content.decode()
    assert "Port of Aarhus" in page  # linked
    assert "Port of Trieste" not in page
    assert "Trieste" not in page


# History, changes, deliveries


def test_history_tells_a_recipient_nothing_of_other_recipients_answers(alert: Alert, program: Program) -> None:
    at = f"/api/v1/alerts/{alert.pk}"
    program("gdynia").post(f"{at}/acknowledge/", {"remark": "On our way"}, format="json")
    told = {name: [one["verb"] for one in program(name).get(f"{at}/history/").json()["results"]] for name in INSIDERS}
    both = ["alert.published", "alert.acknowledged"]
    assert told == {"gdansk": both, "gdynia": both, "riga": ["alert.published"]}
    assert program("trieste").get(f"{at}/history/").status_code == 404


def test_the_page_of_the_history_hides_the_same(alert: Alert, browse: Browse) -> None:
    browse("gdynia").post(f"/alerts/{alert.pk}/acknowledge/", {"remark": "Giraffe on its way"})
    told = {name: "acknowledged" in browse(name).get(f"/alerts/{alert.pk}/history/").content.decode() for name in INSIDERS}
    assert told == {"gdansk": True, "gdynia": True, "riga": False}


def test_the_sender_sees_every_delivery_and_a_recipient_its_own(cast: Cast, alert: Alert, program: Program) -> None:
    def told(name: str) -> Any:
        answer = program(name).get(f"/api/v1/alerts/{alert.pk}/deliveries/")
        return answer.status_code if answer.status_code != 200 else {one["recipient"]["name"] for one in answer.json()["results"]}

    assert {name: told(name) for name in (*INSIDERS, "coastguard", "trieste")} == {
        "gdansk": {cast.gdynia.name, cast.riga.name}, "gdynia": {cast.gdynia.name}, "riga": {cast.riga.name},
        "coastguard": 404, "trieste": 404,
    }  # fmt: skip


def test_a_recipients_pages_name_no_other_recipient(cast: Cast, publish: Publish, browse: Browse, program: Program) -> None:
    alert = publish(cast.as_("gdansk"), "named", named=[cast.gdynia, cast.coastguard])
    assert cast.coastguard.name in browse("gdansk").get(f"/alerts/{alert.pk}/").content.decode()
    for address in (f"/alerts/{alert.pk}/", f"/alerts/{alert.pk}/history/", "/alerts/?show=all"):
        assert cast.coastguard.name not in browse("gdynia").get(address).content.decode(), address
    for address in ("", "history/", "deliveries/"):
        assert cast.coastguard.name not in program("gdynia").get(f"/api/v1/alerts/{alert.pk}/{address}").content.decode(), address


def test_the_name_of_an_audience_tells_nothing_of_who_is_in_it(cast: Cast, publish: Publish, program: Program) -> None:
    first, second = (publish(cast.as_("gdansk"), "named", named=named) for named in ([cast.gdynia], [cast.gdynia, cast.coastguard]))
    shown = [program("gdynia").get(f"/api/v1/alerts/{one.pk}/").json()["audience"] for one in (first, second)]
    assert [set(one) for one in shown] == [{"id", "kind", "name", "region"}] * 2
    assert shown[0]["name"] == shown[1]["name"] == "named organisations"
    own = program("gdansk").get(f"/api/v1/alerts/{second.pk}/").json()["audience"]
    assert {one["name"] for one in own["organisations"]} == {cast.gdansk.name, cast.gdynia.name, cast.coastguard.name}


def test_a_draft_is_nowhere_to_be_seen_outside_its_organisation(
    cast: Cast, alert_content: dict[str, Any], program: Program, browse: Browse
) -> None:
    with acting_for(cast.as_("gdansk")) as acting:
        draft = draft_alert(acting, wish=AudienceWish("region_ports"), **{**alert_content, "headline": HEADLINE})
    assert draft.headline in browse("gdansk").get("/alerts/?show=drafts").content.decode()
    assert program("gdansk").get(f"/api/v1/alerts/{draft.pk}/").status_code == 200
    for address in ("/", "/alerts/?show=drafts", "/alerts/?show=all", "/search/?q=zebra"):
        assert draft.headline not in browse("gdynia").get(address).content.decode(), address
    assert program("gdynia").get(f"/api/v1/alerts/{draft.pk}/").status_code == 404
    assert program("gdynia").get("/api/v1/alerts/?show=drafts").json()["results"] == []


# Versions


def test_a_foreign_version_tag_opens_nothing(cast: Cast, alert_content: dict[str, Any], program: Program) -> None:
    with acting_for(cast.as_("gdansk")) as acting:
        draft = draft_alert(acting, wish=AudienceWish("region_ports"), **alert_content)
    at = f"/api/v1/alerts/{draft.pk}/"
    tag = program("gdansk").get(at)["ETag"]
    for value in (tag, '"stale"', "*"):
        answers = [program("trieste").delete(address, headers={"If-Match": value}) for address in (at, f"/api/v1/alerts/{uuid4()}/")]
        assert [one.status_code for one in answers] == [404, 404]
        assert [one.headers.get("ETag") for one in answers] == [None, None]
    assert program("gdansk").delete(at, headers={"If-Match": tag}).status_code == 204


def test_the_tag_differs_where_the_answers_differ(alert: Alert, program: Program) -> None:
    """The sender's answer holds the members, a recipient's its delivery: a shared tag would tell that they are the same."""
    tags = {name: program(name).get(f"/api/v1/alerts/{alert.pk}/")["ETag"] for name in ("gdansk", "gdynia")}
    assert tags["gdansk"] != tags["gdynia"]


# Error texts


def without_own(answer: Any, *ids: Any) -> Any:
    """A problem document without the request's id and the ids that were asked for."""
    text = answer.content.decode().replace(answer["X-Request-Id"], "<request>")
    for one in ids:
        text = text.replace(str(one), "<id>")
    return answer.status_code, text


@pytest.mark.parametrize("address", ["/api/v1/alerts/", "/api/v1/alerts/preview/"])
@pytest.mark.parametrize("field", ["organisations", "region"])
def test_naming_a_foreign_id_is_answered_like_one_that_does_not_exist(
    cast: Cast, alert_content: dict[str, Any], program: Program, address: str, field: str
) -> None:
    foreign = {"organisations": cast.gdansk.pk, "region": cast.regions["baltic"].pk}[field]
    base = {"tlp": "GREEN"} if "preview" in address else alert_content
    found = []
    for pk in (foreign, uuid4()):
        audience = {"kind": "named", "organisations": [str(pk)]} if field == "organisations" else {"kind": "region", "region": str(pk)}
        with taken_back():
            found.append(without_own(program("trieste").post(address, {**base, "audience": audience}, format="json"), pk))
    assert found[0] == found[1]
    assert found[0][0] == 400
    assert f"/audience/{field}" in found[0][1]
    known = {"kind": "named", "organisations": [str(cast.riga.pk)]}
    assert program("gdansk").post(address, {**base, "audience": known}, format="json").status_code in {200, 201}


def test_a_foreign_person_is_named_no_more_than_one_who_does_not_exist(cast: Cast, alert_content: dict[str, Any], program: Program) -> None:
    audience = {"kind": "named", "organisations": [str(cast.gdynia.pk)]}
    found = []
    for person in (cast.user("trieste").pk, uuid4()):
        body = {**alert_content, "tlp": "RED", "audience": audience, "persons": [str(person)]}
        with taken_back():
            found.append(without_own(program("gdansk").post("/api/v1/alerts/", body, format="json"), person))
    assert found[0] == found[1]
    assert found[0][0] == 400


def test_the_refusal_of_a_role_is_the_same_whether_the_object_exists(alert: Alert, browse: Browse, cast: Cast) -> None:
    observer = browse("trieste", Role.OBSERVER)
    found = []
    for pk in (alert.pk, uuid4()):
        with taken_back():
            answer = observer.post(f"/api/v1/alerts/{pk}/cancel/", {"reason": "x"}, content_type="application/json")
            found.append(without_own(answer, pk))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "address",
    ["alerts/?search=", "organisations/?search=", "ports/?search=", "search/?q=", "changes/?kind=", "changes/?cursor=", "alerts/?before="],
)
def test_a_null_character_is_answered_and_does_not_break_the_server(cast: Cast, program: Program, address: str) -> None:
    client = program("gdansk")
    client.raise_request_exception = False
    with taken_back():
        assert client.get(f"/api/v1/{address}%00").status_code in {200, 400}


@pytest.mark.parametrize(("method", "verb", "body"), [("post", "publish/", {}), ("patch", "", {"headline": "Other"})])
def test_what_holds_for_drafts_only_conflicts_once_the_alert_is_sent(
    alert: Alert, program: Program, method: str, verb: str, body: dict[str, Any]
) -> None:
    answered = {}
    for name in ("gdansk", "gdynia", "trieste"):
        client = program(name)
        client.raise_request_exception = False
        with taken_back():
            at = f"/api/v1/alerts/{alert.pk}/{verb}"
            answered[name] = getattr(client, method)(at, body, format="json", headers={"If-Match": "*"}).status_code
    assert answered["gdansk"] == 409
    assert answered["gdynia"] in {403, 404}
    assert answered["trieste"] == 404


# The map


def test_the_map_shows_ports_and_areas_to_those_who_may_see_them(cast: Cast, alert: Alert, browse: Browse) -> None:
    at = f"/map/{cast.regions['baltic'].pk}/"
    shown = everyone(lambda name: browse(name).get(at).json())
    assert {name: [area["headline"] for area in one["areas"]] for name, one in shown.items()} == only_insiders([HEADLINE], [])
    ports = {name: [port["unlocode"] for port in one["ports"]] for name, one in shown.items()}
    three = ["PLGDN", "PLGDY", "LVRIX"]
    assert ports == {"gdansk": three, "gdynia": three, "riga": three, "coastguard": three, "aarhus": three, "trieste": []}


def test_the_map_counts_no_alert_that_the_list_hides(cast: Cast, alert: Alert, browse: Browse) -> None:
    """Aarhus, in a linked region, sees the port and not its alert."""
    at = f"/map/{cast.regions['baltic'].pk}/"
    counted = {name: browse(name).get(at).json()["ports"][0]["open_alerts"] for name in ("gdynia", "coastguard", "aarhus")}
    assert counted == {"gdynia": 1, "coastguard": 0, "aarhus": 0}


def test_a_level_is_known_in_its_region_only(cast: Cast, browse: Browse, program: Program) -> None:
    with acting_for(cast.as_("gdansk")) as acting:
        set_security_level(acting, level=2, reason="Zebra craft")
    levels = {}
    for name in ("gdynia", "coastguard", "aarhus"):
        ports = program(name).get("/api/v1/ports/").json()["results"]
        levels[name] = {port["unlocode"]: port["level"] for port in ports}["PLGDN"]
    assert levels == {"gdynia": 2, "coastguard": 2, "aarhus": 1}
    assert "Zebra craft" in browse("gdynia").get("/ports/PLGDN/").content.decode()
    assert "Zebra craft" not in browse("aarhus").get("/ports/PLGDN/").content.decode()


# Cursors and numbers


EDITS: dict[str, Callable[[str], str]] = {
    "a letter": lambda cursor: cursor[:5] + ("A" if cursor[5] != "A" else "B") + cursor[6:],
    "shorter": lambda cursor: cursor[:-1],
    "longer": lambda cursor: cursor + "A",
    "padded": lambda cursor: cursor + "==",
    "a bare number": lambda cursor: "3",
    "no base64": lambda cursor: "żółw",
}


def given(client: APIClient) -> str:
    """The cursor of the present end, as the client was handed it."""
    cursor: str = client.get("/api/v1/changes/", {"cursor": "latest"}).json()["cursor"]
    return cursor


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_cursor_does_not_open(program: Program, edit: str) -> None:
    client = program("gdansk")
    own = given(client)
    refused = client.get("/api/v1/changes/", {"cursor": EDITS[edit](own)})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/cursor")
    assert client.get("/api/v1/changes/", {"cursor": own}).status_code == 200


def test_a_cursor_of_another_organisation_does_not_open(program: Program) -> None:
    foreign = given(program("gdynia"))
    assert program("gdansk").get("/api/v1/changes/", {"cursor": foreign}).status_code == 400
    assert program("gdynia").get("/api/v1/changes/", {"cursor": foreign}).status_code == 200


def test_cursors_of_one_position_have_nothing_in_common(cast: Cast) -> None:
    sealed = [seal(41, cast.gdansk.pk), seal(42, cast.gdansk.pk), seal(41, cast.gdynia.pk)]
    assert len(set(sealed)) == 3
    assert {len(one) for one in sealed} == {22}
    assert len({one[:8] for one in sealed}) == 3


def test_reference_numbers_count_per_organisation(cast: Cast, publish: Publish) -> None:
    """A number shared by all would tell by its gaps how much one does not see."""
    sent = [publish(cast.as_(name)).ref_id for name in ("gdansk", "trieste", "gdansk", "gdynia", "trieste", "gdansk")]
    assert [int(ref[-4:]) for ref in sent] == [1, 1, 2, 1, 2, 3]


# TLP:RED: for named persons, and for nobody else of their organisations


@pytest.fixture
def red(cast: Cast, publish: Publish) -> Alert:
    named = [cast.user("gdynia").pk]
    return publish(
        cast.as_("gdansk"), "named", named=[cast.gdynia], tlp="RED", persons=named, headline=HEADLINE, areas=[CIRCLE], instruction="Tapir"
    )


NAMED = [("gdansk", None), ("gdynia", None)]
NOT_NAMED = [("gdansk", Role.DEPUTY), ("gdynia", Role.DEPUTY), ("gdynia", Role.ADMINISTRATOR), ("riga", None)]
RED_PLACES = [
    "/",
    "/alerts/?show=all",
    "/alerts/?show=active",
    "/alerts/?show=waiting",
    "/search/?q=zebra",
    "/map/{region}/",
    "/region/",
    "/wall/",
]
RED_PLACES += ["/api/v1/alerts/", "/api/v1/alerts/?search=zebra", "/api/v1/search/?q=zebra", "/api/v1/alerts/?show=waiting"]
RED_PLACES += ["/api/v1/alerts/?format=csv"]


def mentions(answer: Any, alert: Alert) -> bool:
    text = (answer.getvalue() if answer.streaming else answer.content).decode()
    return any(one in text for one in (str(alert.pk), HEADLINE, "Tapir"))


@pytest.mark.parametrize("place", RED_PLACES)
def test_a_red_alert_is_in_the_lists_of_the_named_alone(cast: Cast, red: Alert, browse: Browse, place: str) -> None:
    """Of the journal's feeds test_read_changes.py speaks, where entries are numbered."""
    at = place.format(region=cast.regions["baltic"].pk)
    assert mentions(browse("gdynia").get(at), red)
    assert [(name, role) for name, role in NOT_NAMED if mentions(browse(name, role).get(at), red)] == []


@pytest.mark.parametrize("place", ["", "deliveries/", "history/"])
def test_a_red_alert_does_not_exist_for_those_who_are_not_named(red: Alert, browse: Browse, program: Program, place: str) -> None:
    at = f"/api/v1/alerts/{red.pk}/{place}"
    assert [browse(name, role).get(at).status_code for name, role in NAMED] == [200, 200]
    assert [browse(name, role).get(at).status_code for name, role in NOT_NAMED] == [404] * 4
    assert [program(name).get(at).status_code for name in ("gdansk", "gdynia", "riga")] == [404] * 3


def test_a_red_alert_is_unknown_to_the_service_tokens_of_its_parties(cast: Cast, red: Alert, program: Program) -> None:
    places = ["alerts/?count=true", "alerts/?show=waiting", "search/?q=zebra", "changes/", "changes/?kind=alert"]
    for name in ("gdansk", "gdynia"):
        client = program(name)
        assert [place for place in places if mentions(client.get(f"/api/v1/{place}"), red)] == []
        assert client.get("/api/v1/alerts/?count=true").json()["count"] == 0


@pytest.mark.parametrize(
    "address", ["/alerts/{}/", "/alerts/{}/history/", "/alerts/{}/acknowledge/", "/alerts/{}/board/", "/alerts/{}/update/"]
)
def test_the_pages_of_a_red_alert_are_absent_for_colleagues(red: Alert, browse: Browse, address: str) -> None:
    method = "post" if "acknowledge" in address else "get"
    for name in ("gdansk", "gdynia"):
        answer = getattr(browse(name, Role.DEPUTY), method)(address.format(red.pk))
        assert answer.status_code == 404


def test_only_the_named_are_counted_as_waited_for(red: Alert, browse: Browse) -> None:
    waiting = {role: browse("gdynia", role).get("/").context["waiting"].alerts for role in (None, Role.DEPUTY)}
    assert waiting == {None: 1, Role.DEPUTY: 0}


def test_a_colleague_cannot_answer_a_red_alert(red: Alert, browse: Browse, cast: Cast) -> None:
    at = f"/api/v1/alerts/{red.pk}/acknowledge/"
    with taken_back():
        assert browse("gdynia", Role.DEPUTY).post(at, {}, content_type="application/json").status_code == 404
    assert browse("gdynia").post(at, {}, content_type="application/json").status_code == 200
    with acting_for(cast.as_("gdansk")) as acting:
        assert [one.state for one in Delivery.objects.sent_by(acting)] == ["acknowledged"]


def test_an_organisation_without_a_named_person_is_not_told(cast: Cast, publish: Publish, browse: Browse) -> None:
    alert = publish(
        cast.as_("gdansk"), "named", named=[cast.gdynia, cast.riga], tlp="RED", persons=[cast.user("gdynia").pk], headline=HEADLINE
    )
    with acting_for(cast.as_("gdansk")) as acting:
        assert [one.recipient for one in Delivery.objects.sent_by(acting)] == [cast.gdynia]
    assert not mentions(browse("riga").get("/alerts/?show=all"), alert)


def test_an_update_of_a_red_alert_stays_among_the_named(cast: Cast, red: Alert, browse: Browse) -> None:
    with acting_for(cast.as_("gdansk")) as acting:
        update_alert(acting, Alert.objects.get(pk=red.pk), note="Okapi sighted")
    assert "Okapi" in browse("gdynia").get(f"/alerts/{red.pk}/").content.decode()
    for place in ("/", "/alerts/?show=all"):
        assert "Okapi" not in browse("gdynia", Role.DEPUTY).get(place).content.decode()


def test_a_red_alert_that_began_as_a_draft_leaves_no_trace_for_colleagues(
    cast: Cast, alert_content: dict[str, Any], browse: Browse, program: Program
) -> None:
    """Drafted in the composer, then sent: what the journal kept of the draft must not tell what was sent."""
    officer = browse("gdansk")
    body = {
        **alert_content, "headline": HEADLINE, "tlp": "RED", "draft": True, "persons": [str(cast.user("gdynia").pk)],
        "audience": {"kind": "named", "organisations": [str(cast.gdynia.pk)]},
    }  # fmt: skip
    draft = officer.post("/api/v1/alerts/", body, content_type="application/json").json()
    assert officer.post(f"/api/v1/alerts/{draft['id']}/publish/", {}, content_type="application/json").status_code == 200
    with acting_for(cast.as_("gdansk", Role.DEPUTY)) as acting:
        entries = _entries_about(acting, draft["id"])
    assert entries == []


def _entries_about(acting: Any, pk: str) -> list[str]:
    return [f"{entry.verb}: {json.dumps(entry.after)[:60]}" for entry in Entry.objects.visible_to(acting).of_object("alert", pk)]
