"""Proof 2: every address × role × relation. A new address fails until it stands in doors.py."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from incidents.actions import draft_alert
from incidents.models import Alert
from ports.actions import (
    add_contact_point,
    add_document,
    add_facility,
    draft_declaration,
    keep_profile,
    make_declaration,
    plan_security_level,
    record_activity,
    set_security_level,
)
from ports.models import PortDescription, PortImport
from portsec.access.acting import acting_for
from portsec.access.actions import issue_token
from portsec.access.audiences import AudienceWish
from portsec.access.models import Invitation, Membership
from portsec.access.roles import Role
from portsec.delivery.actions import add_mailbox
from portsec.delivery.models import CommunicationsCheck, Delivery, Endpoint, EscalationPolicy
from portsec.delivery.secrets import new_webhook_secret, seal_secret
from tests.access.doors import API, FOREIGN, PAGES, PUBLIC, RETURNS, Answers, Door, Scene, a_file
from tests.access.sql import taken_back
from tests.cast import Cast

pytestmark = pytest.mark.django_db(databases=["default", "system"])  # the health page asks as the system
Publish = Callable[..., Alert]
Browse = Callable[..., Client]
RELATIONS = {"owner": "gdansk", "audience": "gdynia", "outsider": "trieste"}


@pytest.fixture
def scene(cast: Cast, publish: Publish, alert_content: dict[str, Any]) -> Scene:
    alert = publish(cast.as_("gdansk"))
    with acting_for(cast.as_("gdynia")) as acting:
        theirs = add_facility(acting, name="General quay", imo_number="PLGDY-0001")
    with acting_for(cast.as_("gdansk")) as acting:
        draft = draft_alert(acting, wish=AudienceWish("region_ports"), **alert_content)
        facility = add_facility(acting, name="Container terminal", imo_number="PLGDN-0001")
        level = set_security_level(acting, level=2, reason="Unlit craft")
        contact = add_contact_point(acting, role="Duty officer", phone="+46 70 174 06 01", situations=["emergency"])
        ship = {"ship_name": "MV Amber Heron", "ship_imo": "9074729", "ship_flag": "Norway", "ship_person": "T. Example",
                "ship_role": "master", "ship_contact": "VHF 14", "other_level": 2}  # fmt: skip
        undeclared = draft_declaration(acting, facility=facility.pk, counterpart="ship", **ship)
        now, soon = timezone.now(), timezone.now() + timedelta(days=7)
        quay = {"counterpart": "facility", "other_facility": theirs.pk, "activities": "Loading", "valid_from": now, "valid_to": soon}
        declaration = make_declaration(acting, facility=facility.pk, **quay)
        keep_profile(acting, cargo_types=["container"], layout_notes="Gate 3 opens at six.")
        description = PortDescription.objects.visible_to(acting).get()
        activity = record_activity(acting, year=2024, ship_calls=3000)
        ports = AudienceWish("region_ports")
        document = add_document(acting, file=a_file(), wish=ports, title="Layout of the quay", kind="layout", tlp="AMBER")
        plan = plan_security_level(acting, at=timezone.now() + timedelta(days=1), level=2, reason="Summit")
        invitation = Invitation.objects.create(
            organisation=cast.gdansk, email="new@gdansk.example", name="New", role="staff", digest="0" * 64, expires_at=soon
        )
        port_import = PortImport.objects.create(organisation=cast.gdansk, region=cast.regions["baltic"], lines=[])
        told = {"kinds": ["alert"], "severities": ["Extreme"]}
        mailbox = add_mailbox(acting, label="Control room", address="room@gdansk.example", **told)
        webhook = Endpoint.objects.create(
            organisation=cast.gdansk, channel="webhook", address="https://wall.gdansk.example/", label="Wall",
            sealed_secret=seal_secret(new_webhook_secret()), **told,
        )  # fmt: skip
    member = Membership.objects.get(organisation=cast.gdansk, role=Role.STAFF)
    token, _secret = issue_token(cast.gdansk, "quay sensors")
    of_port = (declaration, undeclared)
    with acting_for(cast.as_("gdansk")):
        delivery = Delivery.objects.get(object_id=alert.pk, recipient=cast.gdynia).pk
        policy = EscalationPolicy.objects.create(
            organisation=cast.gdansk, severity="Extreme", steps=[{"after": 0, "step": "coordinator"}]
        ).pk
        soon = timezone.now() + timedelta(hours=1)
        check = CommunicationsCheck.objects.create(organisation=cast.gdansk, ends_at=soon).pk
    beside = (document, activity, description, plan, mailbox, webhook, delivery, policy, check)
    return Scene(cast, alert, draft, level, facility, contact, *of_port, member, invitation, token, port_import, *beside)


# The list is complete


def addresses(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        address = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, address)
        else:
            yield address, pattern


def ours() -> list[tuple[str, URLPattern]]:
    doors = list(addresses(get_resolver()))
    return [(address, one) for address, one in doors if one.name == "account" or not any(address.startswith(prefix) for prefix in FOREIGN)]


def test_every_address_stands_in_the_table() -> None:
    listed = {door.name for door in (*PAGES, *API)} | set(PUBLIC) | set(RETURNS)
    assert {pattern.name for _address, pattern in ours()} == listed


def test_every_verb_of_the_api_stands_in_the_table() -> None:
    served = {
        (pattern.name, method)
        for _address, pattern in ours()
        if hasattr(pattern.callback, "actions")
        for method in pattern.callback.actions
        if method != "head"  # Django REST framework adds it to a view that has been asked once
    }
    assert served == {(door.name, door.method) for door in API}


def test_what_is_exempt_belongs_to_others() -> None:
    exempt = [pattern.callback.__module__ for address, pattern in addresses(get_resolver()) if (address, pattern) not in ours()]
    assert exempt
    assert [module for module in exempt if not module.startswith("allauth.")] == []


# Everybody is answered what the table says


def knock(client: Client, door: Door, scene: Scene, at: Sequence[Any] | None = None) -> Any:
    """The answer; what the request wrote is taken back."""
    address = reverse(door.name, args=door.at(scene) if at is None else at)
    options: dict[str, Any] = {"headers": door.headers}
    if door in API and door.method != "get" and not door.is_form:
        options["content_type"] = "application/json"
    with taken_back():
        return getattr(client, door.method)(address, door.body(scene), **options)


def visitor(scene: Scene, name: str, role: Role) -> Client:
    if role == Role.SERVICE:
        return Client(headers={"Authorization": f"Token {scene.cast.token(name)}"})
    client = Client()
    client.force_login(scene.cast.user(name, role))
    return client


def answers_of(door: Door, scene: Scene, name: str) -> Answers:
    return {role: knock(visitor(scene, name, role), door, scene).status_code for role in Role}


def differences(door: Door, relation: str, found: Answers) -> list[str]:
    expected = getattr(door, relation)
    return [f"{relation}, {role}: {found[role]}, not {expected[role]}" for role in Role if found[role] != expected[role]]


@pytest.mark.parametrize("door", [*PAGES, *API], ids=str)
def test_it_answers_each_role_of_each_relation_as_the_table_says(scene: Scene, door: Door) -> None:
    wrong = [line for relation, name in RELATIONS.items() for line in differences(door, relation, answers_of(door, scene, name))]
    assert wrong == []


# Nobody


def test_every_page_sends_those_who_are_not_signed_in_to_the_sign_in(scene: Scene, client: Client) -> None:
    answers = {str(door): knock(client, door, scene) for door in PAGES}
    found = {name: (answer.status_code, answer.headers.get("Location", "").partition("?")[0]) for name, answer in answers.items()}
    assert found == dict.fromkeys(found, (302, reverse("account_login")))


def test_the_whole_api_answers_401_with_a_challenge(scene: Scene, client: Client) -> None:
    answers = {str(door): knock(client, door, scene) for door in API}
    found = {name: (one.status_code, one.headers.get("WWW-Authenticate"), one.headers["Content-Type"]) for name, one in answers.items()}
    assert found == dict.fromkeys(found, (401, "Token", "application/problem+json"))


def test_what_is_public_answers_without_sign_in(client: Client) -> None:
    found = {name: client.get(reverse(name)).status_code for name in PUBLIC}
    assert found.pop("readyz") in {200, 503}
    assert found.pop("setup") == 404
    assert found == dict.fromkeys(found, 200)


def test_an_unknown_address_answers_404_to_everybody(scene: Scene, client: Client) -> None:
    assert client.get("/no-such-page/").status_code == 404
    assert client.get("/api/v1/no-such-thing/").status_code == 404


# Absent and forbidden look alike

WITHOUT_ID = {
    "port_detail",
    "port_activity",
    "port_documents",
    "switch_organisation",
}  # looked at below, and in test_switch_organisation.py
HIDDEN = [door for door in (*PAGES, *API) if 404 in door.outsider.values() and door.name not in WITHOUT_ID]


def faceless(answer: Any, pk: str) -> tuple[Any, ...]:
    """The whole answer but for what every answer has of its own: the request's id, and the id that was asked for."""
    headers = {name: value for name, value in answer.headers.items() if name != "X-Request-Id"}
    body = answer.content.decode().replace(answer["X-Request-Id"], "<id>").replace(pk, "<pk>")
    return answer.status_code, headers, body


@pytest.mark.parametrize("door", HIDDEN, ids=str)
def test_absent_and_forbidden_differ_in_nothing(scene: Scene, browse: Browse, door: Door) -> None:
    stranger, (foreign, *rest), absent = browse("trieste"), map(str, door.at(scene)), str(uuid4())
    answers = [faceless(knock(stranger, door, scene, [pk, *rest]), pk) for pk in (foreign, absent)]
    assert answers[0] == answers[1]
    assert answers[0][0] == 404


def test_the_page_of_a_foreign_port_is_as_absent_as_one_that_no_port_has(scene: Scene, browse: Browse) -> None:
    stranger = browse("trieste")
    for page in ("", "activity/", "documents/"):
        foreign, absent = (faceless(stranger.get(f"/ports/{code}/{page}"), code) for code in ("PLGDN", "PLZZZ"))
        assert foreign == absent
        assert foreign[0] == 404
    assert stranger.get("/ports/ITTRS/").status_code == 200


# The second wall alone


def test_a_view_without_any_filter_still_shows_no_foreign_row(scene: Scene, browse: Browse, settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.access.unfiltered"
    seen = {name: browse(name).get("/everything/").json() for name in ("gdansk", "gdynia", "coastguard", "trieste")}
    alert, draft, level = str(scene.alert.pk), str(scene.draft.pk), str(scene.level.pk)
    assert {name: set(found["alerts"]) for name, found in seen.items()} == {
        "gdansk": {alert, draft}, "gdynia": {alert}, "coastguard": set(), "trieste": set(),
    }  # fmt: skip
    assert {name: found["levels"] for name, found in seen.items()} == {
        "gdansk": [level], "gdynia": [level], "coastguard": [level], "trieste": [],
    }  # fmt: skip
    recipients = {name: set(found["deliveries"]) for name, found in seen.items()}
    cast = scene.cast
    told = {str(one.pk) for one in (cast.gdynia, cast.riga, cast.coastguard, cast.council)}  # of the level the whole region
    assert recipients == {
        "gdansk": told, "gdynia": {str(cast.gdynia.pk)}, "coastguard": {str(cast.coastguard.pk)}, "trieste": set(),
    }  # fmt: skip
    assert {name: alert in found["entries"] for name, found in seen.items()} == {
        "gdansk": True, "gdynia": True, "coastguard": False, "trieste": False,
    }  # fmt: skip
