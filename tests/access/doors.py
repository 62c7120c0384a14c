"""Every address of the product, and what it answers to whom: the table behind test_permission_matrix.py.

A door is an address and a method. For each of three organisations (the owner of the object, one in its audience, one
outside) it says what each role is answered: one status for every role, or `only(roles, status)` and 403 for the others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from incidents.models import Alert
from ports.models import (
    ContactPoint,
    DeclarationOfSecurity,
    PlannedLevel,
    PortActivity,
    PortDescription,
    PortDocument,
    PortFacility,
    PortImport,
    SecurityLevelChange,
)
from portsec.access.models import Invitation, Membership, ServiceToken
from portsec.access.roles import Role
from portsec.delivery.models import Endpoint
from tests.cast import Cast

Answers = Mapping[Role, int]

EVERYONE = frozenset(Role)
OFFICERS = frozenset({Role.SECURITY_OFFICER, Role.DEPUTY, Role.COORDINATOR, Role.LIAISON, Role.SERVICE})
ON_DUTY = OFFICERS | {Role.STAFF}
LEVEL_SETTERS = OFFICERS - {Role.LIAISON}
LEVEL_ANSWERERS = ON_DUTY - {Role.LIAISON}
FACILITY_KEEPERS = frozenset({Role.ADMINISTRATOR, Role.SECURITY_OFFICER, Role.DEPUTY, Role.SERVICE})
DECLARERS = frozenset({Role.SECURITY_OFFICER, Role.DEPUTY, Role.SERVICE})
SIGNERS = DECLARERS - {Role.SERVICE}
KEEPERS = OFFICERS | {Role.ADMINISTRATOR}
CHECKERS = frozenset({Role.SECURITY_OFFICER, Role.COORDINATOR})
POLICY_EDITORS = frozenset({Role.ADMINISTRATOR, Role.SECURITY_OFFICER, Role.COORDINATOR})
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})  # the coordinator of a coordination body too: test_manage_members.py


@dataclass
class Scene:
    """An alert, a draft, a facility, a change of level and a contact point of Gdańsk; Gdynia is in their audience, Trieste is not.

    So are a document (AMBER, to the ports of the region), its figures of a year, what it tells of itself and a level to come.
    And what is Gdańsk's alone: a member, an invitation, a service token, a file of ports (which no port may import), a mailbox and a
    webhook that are told.
    """

    cast: Cast
    alert: Alert
    draft: Alert
    level: SecurityLevelChange
    facility: PortFacility
    contact: ContactPoint
    declaration: DeclarationOfSecurity  # requested of Gdynia, by Gdańsk
    undeclared: DeclarationOfSecurity  # a draft of Gdańsk's
    member: Membership
    invitation: Invitation
    token: ServiceToken
    port_import: PortImport
    document: PortDocument
    activity: PortActivity
    description: PortDescription
    plan: PlannedLevel
    mailbox: Endpoint
    webhook: Endpoint
    delivery: UUID | None = None  # of the alert, to Gdynia
    policy: UUID | None = None  # of Gdańsk, for Extreme
    check: UUID | None = None  # of Gdańsk's own contacts


def all_of(status: int) -> Answers:
    return dict.fromkeys(Role, status)


def only(roles: frozenset[Role], status: int, *, others: int = 403) -> Answers:
    return {role: status if role in roles else others for role in Role}


Of = Callable[[Scene], Any]


@dataclass(frozen=True)
class Door:
    """`at` gives the arguments of the address, `body` what is sent; API doors send JSON."""

    name: str
    method: str
    owner: Answers
    audience: Answers
    outsider: Answers
    at: Of = lambda scene: []
    body: Of = lambda scene: {}
    headers: Mapping[str, str] = field(default_factory=dict)
    is_form: bool = False  # an API door that takes a file

    def __str__(self) -> str:
        return f"{self.method} {self.name}"


def open_to_all(name: str, status: int = 200, method: str = "get", **options: Any) -> Door:
    """The same for everybody who acts: each sees its own things there (test_side_channels.py looks at them)."""
    return Door(name, method, all_of(status), all_of(status), all_of(status), **options)


def shared(name: str, at: Of, status: int = 200) -> Door:
    """Read by the owner and its audience; for others it does not exist."""
    return Door(name, "get", all_of(status), all_of(status), all_of(404), at=at)


ABSENT = all_of(404)


def own_organisation(name: str, method: str, at: Of, status: int, **options: Any) -> Door:
    """For the administrator of the organisation that it belongs to; for other organisations it does not exist."""
    return Door(name, method, only(ADMINISTRATORS, status), ABSENT, ABSENT, at=at, **options)


def the_alert(scene: Scene) -> list[Any]:
    return [scene.alert.pk]


def the_draft(scene: Scene) -> list[Any]:
    return [scene.draft.pk]


def gdansk(scene: Scene) -> list[Any]:
    return [scene.cast.gdansk.pk]


def baltic(scene: Scene) -> list[Any]:
    return [scene.cast.regions["baltic"].pk]


def the_member(scene: Scene) -> list[Any]:
    return [scene.member.pk]


def the_invitation(scene: Scene) -> list[Any]:
    return [scene.invitation.pk]


def the_token(scene: Scene) -> list[Any]:
    return [scene.token.id]


def gdynia_in_baltic(scene: Scene) -> list[Any]:
    return [scene.cast.regions["baltic"].pk, scene.cast.gdynia.pk]


def baltic_and_kattegat(scene: Scene) -> list[Any]:
    return [scene.cast.regions["baltic"].pk, scene.cast.regions["kattegat"].pk]


def the_import(scene: Scene) -> list[Any]:
    return [scene.port_import.pk]


def no_proposal(scene: Scene) -> list[Any]:
    """One that waits is written by the system alone: test_propose.py asks for it as each side and as strangers."""
    return [scene.cast.gdansk.pk]


def in_the_baltic(scene: Scene) -> dict[str, Any]:
    return {"region": str(scene.cast.regions["baltic"].pk)}


def the_kattegat(scene: Scene) -> dict[str, Any]:
    return {"other": str(scene.cast.regions["kattegat"].pk)}


def organisation_body(scene: Scene) -> dict[str, Any]:
    return {**in_the_baltic(scene), "name": "Amber Customs", "kind": "agency", "time_zone": "UTC"}


def a_person(scene: Scene) -> dict[str, Any]:
    return {"email": "ida@amber.example", "name": "Ida Morska"}


def proposal_body(scene: Scene) -> dict[str, Any]:
    return {**in_the_baltic(scene), "kind": "membership", "wanted": "ITTRS"}


def port_body(scene: Scene) -> dict[str, Any]:
    place = {"unlocode": "XAAMB", "latitude": 54.1, "longitude": 18.2}
    return {**in_the_baltic(scene), **place, "name": "Port of Amber Bay", "time_zone": "UTC"}


def port_file_body(scene: Scene) -> dict[str, Any]:
    return {**in_the_baltic(scene), "time_zone": "UTC", "file": a_file()}


def alert_body(scene: Scene, **changes: Any) -> dict[str, Any]:
    written = {name: getattr(scene.alert, name) for name in ("headline", "event", "category", "urgency", "severity", "certainty", "tlp")}
    return {**written, "audience": {"kind": "own"}, **changes}


def the_level(scene: Scene) -> list[Any]:
    return [scene.level.pk]


def the_facility(scene: Scene) -> list[Any]:
    return [scene.facility.pk]


def facility_body(scene: Scene) -> dict[str, Any]:
    return {"name": "Timber quay", "imo_number": "PLGDN-0009"}


def incomplete(scene: Scene) -> dict[str, Any]:
    return {"headline": ""}


def the_contact(scene: Scene) -> list[Any]:
    return [scene.contact.pk]


def contact_body(scene: Scene) -> dict[str, Any]:
    return {"role": "Berth master", "phone": "+46 70 174 06 05", "situations": ["emergency"]}


def the_declaration(scene: Scene) -> list[Any]:
    return [scene.declaration.pk]


def the_undeclared(scene: Scene) -> list[Any]:
    return [scene.undeclared.pk]


def declaration_body(scene: Scene) -> dict[str, Any]:
    kept = ("counterpart", "activities", "ship_name", "ship_imo", "ship_flag", "ship_person", "ship_role", "ship_contact", "other_level")
    said = {name: getattr(scene.undeclared, name) for name in kept}
    return {**said, "facility": str(scene.facility.pk), "draft": True}


def the_document(scene: Scene) -> list[Any]:
    return [scene.document.pk]


def the_plan(scene: Scene) -> list[Any]:
    return [scene.plan.pk]


def plan_body(scene: Scene) -> dict[str, Any]:
    return {"level": 2, "reason": "Summit", "effective_at": (timezone.now() + timedelta(days=1)).isoformat()}


def the_file(scene: Scene) -> list[Any]:
    return [scene.document.pk, 1]


def the_activity(scene: Scene) -> list[Any]:
    return [scene.activity.pk]


def a_file() -> SimpleUploadedFile:
    return SimpleUploadedFile("procedure.txt", b"Close the gate.")


def document_body(scene: Scene) -> dict[str, Any]:
    return {"title": "Gate procedure", "kind": "procedure", "tlp": "GREEN", "file": a_file()}


def no_year(scene: Scene) -> dict[str, Any]:
    return {"year": ""}


def no_title(scene: Scene) -> dict[str, Any]:
    return {"title": ""}


def old(scene: Scene) -> dict[str, Any]:
    return {"reason": "Replaced"}


def version_body(scene: Scene) -> dict[str, Any]:
    return {"file": a_file()}


def the_mailbox(scene: Scene) -> list[Any]:
    return [scene.mailbox.pk]


def the_webhook(scene: Scene) -> list[Any]:
    return [scene.webhook.pk]


KEEPERS_OF_WAYS = KEEPERS - {Role.SERVICE}  # where an organisation is told is for people to say; a webhook for its systems, too
WEBHOOK_IS_ABSENT = only(KEEPERS, 404)  # the role is asked first: it says nothing about the webhook


def the_delivery(scene: Scene) -> list[Any]:
    return [scene.delivery]


def own_policy(scene: Scene) -> list[Any]:
    return ["own", "Extreme"]


def the_policy(scene: Scene) -> list[Any]:
    return [scene.policy]


def policy_body(scene: Scene) -> dict[str, Any]:
    return {"severity": "Minor", "steps": [{"after": 60, "step": "coordinator"}]}


def paused(scene: Scene) -> dict[str, Any]:
    return {"how": "pause"}


NOT_MINE = all_of(403)  # seen, but another organisation's: whatever the role
PROFILE_IS_ABSENT = only(FACILITY_KEEPERS, 404)  # the role is asked first here too
CONTACT_IS_ABSENT = only(KEEPERS, 404)  # the role is asked first: it says nothing about the contact point
AUDITORS = frozenset({Role.ADMINISTRATOR, Role.SECURITY_OFFICER, Role.COORDINATOR, Role.SERVICE})
DRAFT_IS_ABSENT = only(ON_DUTY, 404)  # the role is asked first: it says nothing about the draft
ANY_VERSION = {"If-Match": "*"}


def of_coordinators(name: str, at: Of, methods: tuple[str, ...] = ("get", "post")) -> list[Door]:
    """For who coordinates the region (test_region_pages.py): its ports are not allowed, for others it does not exist."""
    return [Door(name, method, NOT_MINE, NOT_MINE, ABSENT, at=at) for method in methods]


PAGES = [
    open_to_all("dashboard"),
    open_to_all("search"),
    open_to_all("alert_list"),
    open_to_all("port_list"),
    open_to_all("roles"),
    Door("audit_log", "get", *[only(AUDITORS, 200)] * 3),  # each its own: tests/journal/test_audit_log.py looks at what is in it
    open_to_all("account"),
    open_to_all("account", 422, "post", body=lambda scene: {"name": ""}),
    open_to_all("set_theme", 302, "post", body=lambda scene: {"theme": "dark"}),
    open_to_all("live_ticket"),
    open_to_all("style"),
    open_to_all("region_map", at=baltic),  # what it holds is looked at in test_side_channels.py
    open_to_all("region_board"),
    Door("wall_lock", "post", *[only(EVERYONE - {Role.SERVICE}, 302)] * 3),
    open_to_all("wall"),  # what a room may read of it: tests/incidents/test_wall_screen.py
    shared("region_board_of", baltic),
    Door("switch_organisation", "post", all_of(302), ABSENT, ABSENT, body=lambda scene: {"organisation": str(scene.cast.gdansk.pk)}),
    Door("port_detail", "get", all_of(200), all_of(200), ABSENT, at=lambda scene: ["PLGDN"]),
    shared("level_change", the_level),
    Door("level_set", "get", *[only(LEVEL_SETTERS, 200)] * 3),
    Door("level_set", "post", *[only(LEVEL_SETTERS, 422)] * 3, body=lambda scene: {"level": ""}),
    Door("level_acknowledge", "post", only(LEVEL_ANSWERERS, 422), only(LEVEL_ANSWERERS, 302), ABSENT, at=the_level),
    Door("level_attain", "post", only(LEVEL_ANSWERERS, 422), only(LEVEL_ANSWERERS, 302), ABSENT, at=the_level),
    shared("level_plan", the_plan),
    Door("level_plan_cancel", "post", only(LEVEL_SETTERS, 302), NOT_MINE, ABSENT, at=the_plan),
    Door("facility_detail", "get", all_of(302), all_of(302), ABSENT, at=the_facility),
    Door("facility_add", "get", *[only(FACILITY_KEEPERS, 200)] * 3),
    Door("facility_add", "post", *[only(FACILITY_KEEPERS, 422)] * 3, body=lambda scene: {"name": ""}),
    Door("facility_edit", "get", only(FACILITY_KEEPERS, 200), ABSENT, ABSENT, at=the_facility),
    Door("facility_edit", "post", only(FACILITY_KEEPERS, 422), ABSENT, ABSENT, at=the_facility, body=lambda scene: {"name": ""}),
    Door("facility_close", "post", only(FACILITY_KEEPERS, 302), ABSENT, ABSENT, at=the_facility),
    Door("profile_edit", "get", *[only(FACILITY_KEEPERS, 200)] * 3),
    Door("profile_edit", "post", *[only(FACILITY_KEEPERS, 422)] * 3, body=lambda scene: {"unlocode": ""}),
    Door("port_description", "get", all_of(302), all_of(302), ABSENT, at=lambda scene: [scene.description.pk]),
    Door("port_activity", "get", all_of(200), all_of(200), ABSENT, at=lambda scene: ["PLGDN"]),
    Door("activity_detail", "get", all_of(302), all_of(302), ABSENT, at=the_activity),
    Door("activity_add", "get", *[only(FACILITY_KEEPERS, 200)] * 3),
    Door("activity_add", "post", *[only(FACILITY_KEEPERS, 422)] * 3, body=no_year),
    Door("activity_edit", "get", only(FACILITY_KEEPERS, 200), NOT_MINE, PROFILE_IS_ABSENT, at=the_activity),
    Door("activity_edit", "post", only(FACILITY_KEEPERS, 422), NOT_MINE, PROFILE_IS_ABSENT, at=the_activity, body=no_year),
    Door("port_documents", "get", all_of(200), all_of(200), ABSENT, at=lambda scene: ["PLGDN"]),
    shared("document_detail", the_document),
    shared("document_history", the_document),
    shared("document_file", the_file),
    Door("document_add", "get", *[only(FACILITY_KEEPERS, 200)] * 3),
    Door("document_add", "post", *[only(FACILITY_KEEPERS, 422)] * 3, body=no_title),
    Door("document_edit", "get", only(FACILITY_KEEPERS, 200), NOT_MINE, PROFILE_IS_ABSENT, at=the_document),
    Door(
        "document_edit", "post", only(FACILITY_KEEPERS, 422), NOT_MINE, PROFILE_IS_ABSENT, at=the_document, body=lambda scene: {"title": ""}
    ),
    Door("document_version_add", "get", only(FACILITY_KEEPERS, 200), NOT_MINE, PROFILE_IS_ABSENT, at=the_document),
    Door(
        "document_version_add",
        "post",
        only(FACILITY_KEEPERS, 302),
        NOT_MINE,
        PROFILE_IS_ABSENT,
        at=the_document,
        body=lambda scene: {"after": 1, "file": a_file()},
    ),
    Door("document_retire", "get", only(FACILITY_KEEPERS, 200), NOT_MINE, PROFILE_IS_ABSENT, at=the_document),
    Door(
        "document_retire",
        "post",
        only(FACILITY_KEEPERS, 302),
        NOT_MINE,
        PROFILE_IS_ABSENT,
        at=the_document,
        body=lambda scene: {"reason": "Old"},
    ),
    open_to_all("whom_to_call"),
    open_to_all("contacts_own"),
    shared("contact_sheet", lambda scene: [scene.cast.regions["baltic"].pk]),
    shared("contact_detail", the_contact),
    shared("contact_history", the_contact),
    Door("contact_add", "get", *[only(KEEPERS, 200)] * 3),
    Door("contact_add", "post", *[only(KEEPERS, 422)] * 3, body=lambda scene: {"role": ""}),
    Door("contact_edit", "get", only(KEEPERS, 200), NOT_MINE, CONTACT_IS_ABSENT, at=the_contact),
    Door("contact_edit", "post", only(KEEPERS, 422), NOT_MINE, CONTACT_IS_ABSENT, at=the_contact, body=lambda scene: {"role": ""}),
    Door("contact_verify", "post", only(KEEPERS, 302), NOT_MINE, CONTACT_IS_ABSENT, at=the_contact),
    Door("contact_move", "post", only(KEEPERS, 302), NOT_MINE, CONTACT_IS_ABSENT, at=the_contact, body=lambda scene: {"direction": "up"}),
    Door("contact_retire", "get", only(KEEPERS, 200), NOT_MINE, CONTACT_IS_ABSENT, at=the_contact),
    Door("contact_retire", "post", only(KEEPERS, 302), NOT_MINE, CONTACT_IS_ABSENT, at=the_contact),
    open_to_all("declaration_list"),
    Door("declaration_new", "get", *[only(DECLARERS, 200)] * 3),
    Door("declaration_new", "post", *[only(DECLARERS, 422)] * 3, body=lambda scene: {"facility": ""}),
    shared("declaration_detail", the_declaration),
    shared("declaration_history", the_declaration),
    shared("declaration_sheet", the_declaration),
    Door("declaration_sides", "get", only(DECLARERS, 200), NOT_MINE, ABSENT, at=the_declaration),
    Door("declaration_sides", "post", only(DECLARERS, 422), NOT_MINE, ABSENT, at=the_declaration, body=lambda scene: {"facility": ""}),
    Door("declaration_period", "get", only(DECLARERS, 200), NOT_MINE, ABSENT, at=the_declaration),
    Door("declaration_period", "post", only(DECLARERS, 422), NOT_MINE, ABSENT, at=the_declaration, body=lambda scene: {"valid_to": ""}),
    Door("declaration_measures", "get", only(DECLARERS, 200), NOT_MINE, ABSENT, at=the_declaration),
    Door("declaration_measures", "post", only(DECLARERS, 422), NOT_MINE, ABSENT, at=the_declaration, body=lambda scene: {"by_cargo": ""}),
    Door("declaration_request", "post", only(DECLARERS, 302), ABSENT, ABSENT, at=the_undeclared),
    Door("declaration_delete", "post", only(DECLARERS, 302), ABSENT, ABSENT, at=the_undeclared),
    Door("declaration_agree", "post", NOT_MINE, only(DECLARERS, 302), ABSENT, at=the_declaration, body=lambda scene: {"text_version": 1}),
    Door("declaration_decline", "post", only(DECLARERS, 422), only(DECLARERS, 422), ABSENT, at=the_declaration),
    Door("declaration_sign", "get", only(SIGNERS, 302), only(SIGNERS, 302), ABSENT, at=the_declaration),
    Door("declaration_sign", "post", only(SIGNERS, 302), only(SIGNERS, 302), ABSENT, at=the_declaration),
    Door("declaration_end", "post", only(DECLARERS, 302), only(DECLARERS, 302), ABSENT, at=the_declaration),
    open_to_all("endpoint_list"),
    Door("endpoint_add", "get", *[only(KEEPERS_OF_WAYS, 200)] * 3),
    Door("endpoint_add", "post", *[only(KEEPERS_OF_WAYS, 422)] * 3, body=lambda scene: {"label": ""}),
    Door("endpoint_detail", "get", only(KEEPERS_OF_WAYS, 200), ABSENT, ABSENT, at=the_mailbox),
    Door("endpoint_detail", "post", only(KEEPERS_OF_WAYS, 422), ABSENT, ABSENT, at=the_mailbox, body=lambda scene: {"label": ""}),
    Door("endpoint_tries", "get", only(KEEPERS_OF_WAYS, 200), ABSENT, ABSENT, at=the_mailbox),
    Door("endpoint_test", "post", only(KEEPERS_OF_WAYS, 302), ABSENT, ABSENT, at=the_mailbox),
    Door("endpoint_switch", "post", only(KEEPERS_OF_WAYS, 302), ABSENT, ABSENT, at=the_mailbox),
    Door("endpoint_remove", "post", only(KEEPERS_OF_WAYS, 302), ABSENT, ABSENT, at=the_mailbox),
    Door("webhook_list", "get", *[only(KEEPERS, 200)] * 3),
    Door("webhook_add", "get", *[only(KEEPERS, 200)] * 3),
    Door("webhook_add", "post", *[only(KEEPERS, 422)] * 3, body=lambda scene: {"label": ""}),
    Door("webhook_detail", "get", only(KEEPERS, 200), ABSENT, ABSENT, at=the_webhook),
    Door("webhook_detail", "post", only(KEEPERS, 422), ABSENT, ABSENT, at=the_webhook, body=lambda scene: {"label": ""}),
    Door("webhook_rotate", "post", only(KEEPERS, 302), ABSENT, ABSENT, at=the_webhook),
    open_to_all("own_delivery"),  # what each sees is its own: tests/delivery/test_own_ways.py looks at it
    open_to_all("own_delivery", 422, "post", body=lambda scene: {"threshold": ""}),
    open_to_all("push_subscribe", 422, "post"),
    Door("alert_compose", "get", *[only(ON_DUTY, 200)] * 3),
    Door("alert_compose", "post", *[only(ON_DUTY, 422)] * 3, body=incomplete),
    Door("alert_preview", "post", *[only(ON_DUTY, 200)] * 3),
    shared("alert_detail", the_alert),
    shared("alert_history", the_alert),
    Door("alert_board", "get", all_of(200), ABSENT, ABSENT, at=the_alert),
    Door("alert_acknowledge", "post", only(ON_DUTY, 302), only(ON_DUTY, 302), ABSENT, at=the_alert),
    Door("alert_update", "get", only(OFFICERS, 200), ABSENT, ABSENT, at=the_alert),
    Door("alert_update", "post", only(OFFICERS, 422), ABSENT, ABSENT, at=the_alert, body=incomplete),
    Door("alert_cancel", "post", only(OFFICERS, 302), ABSENT, ABSENT, at=the_alert, body=lambda scene: {"reason": "Over"}),
    Door("alert_edit", "get", only(ON_DUTY, 200), DRAFT_IS_ABSENT, DRAFT_IS_ABSENT, at=the_draft),
    Door("alert_edit", "post", only(ON_DUTY, 422), DRAFT_IS_ABSENT, DRAFT_IS_ABSENT, at=the_draft, body=incomplete),
    Door("alert_review", "get", only(OFFICERS, 200), only(OFFICERS, 404), only(OFFICERS, 404), at=the_draft),
    Door("alert_review", "post", only(OFFICERS, 302), only(OFFICERS, 404), only(OFFICERS, 404), at=the_draft),
    Door("alert_discard", "post", only(ON_DUTY, 302), ABSENT, ABSENT, at=the_draft),
    open_to_all("delivery_list"),
    shared("delivery_detail", the_delivery),
    Door("escalation_steer", "post", only(OFFICERS, 302), NOT_MINE, ABSENT, at=the_delivery, body=paused),
    open_to_all("check_list"),
    Door("check_list", "post", *[only(CHECKERS, 422)] * 3),
    Door("check_detail", "get", all_of(200), ABSENT, ABSENT, at=lambda scene: [scene.check]),
    open_to_all("escalation_policies"),
    Door("escalation_policy", "get", *[only(POLICY_EDITORS, 200)] * 3, at=own_policy),
    Door("escalation_policy", "post", *[only(POLICY_EDITORS, 422)] * 3, at=own_policy),
    Door("escalation_policy_reset", "post", *[only(POLICY_EDITORS, 302)] * 3, at=own_policy),
    # One's own organisation. Nobody here has a fresh second factor: 302 is the way to confirm it.
    Door("organisation", "get", *[only(ADMINISTRATORS, 200)] * 3),
    Door("organisation_invite", "get", *[only(ADMINISTRATORS, 200)] * 3),
    Door("organisation_invite", "post", *[only(ADMINISTRATORS, 422)] * 3, body=lambda scene: {"email": ""}),
    own_organisation("member_detail", "get", the_member, 200),
    own_organisation("member_role", "post", the_member, 302, body=lambda scene: {"role": "deputy"}),
    own_organisation("member_hand_over", "post", the_member, 302, body=lambda scene: {"own_role": "staff"}),
    own_organisation("member_deactivate", "post", the_member, 302),
    own_organisation("member_reactivate", "post", the_member, 302),
    own_organisation("invitation_again", "post", the_invitation, 302),
    own_organisation("invitation_withdraw", "post", the_invitation, 302),
    Door("sign_in_rules", "get", *[only(ADMINISTRATORS, 200)] * 3),
    Door("sign_in_factor", "post", *[only(ADMINISTRATORS, 302)] * 3),
    Door("sign_in_passwords", "post", *[only(ADMINISTRATORS, 302)] * 3),
    Door("sign_in_provider", "post", *[only(ADMINISTRATORS, 422)] * 3),
    Door("sign_in_test", "post", *[only(ADMINISTRATORS, 302)] * 3),
    Door("sign_in_remove", "post", *[only(ADMINISTRATORS, 302)] * 3),
    open_to_all("second_factor", 302),  # nobody lacks one here: test_require_second_factor.py
    Door("token_list", "get", *[only(ADMINISTRATORS, 200)] * 3),
    Door("token_create", "get", *[only(ADMINISTRATORS, 200)] * 3),
    Door("token_create", "post", *[only(ADMINISTRATORS, 422)] * 3, body=lambda scene: {"name": ""}),
    own_organisation("token_detail", "get", the_token, 200),
    own_organisation("token_secret", "get", the_token, 302),  # no new secret waits: test_manage_tokens.py makes one
    own_organisation("token_rotate", "post", the_token, 302, body=lambda scene: {"grace": "0"}),
    own_organisation("token_revoke", "post", the_token, 302),
    Door("region_list", "get", *[NOT_MINE] * 3),
    *[Door("region_create", method, *[NOT_MINE] * 3) for method in ("get", "post")],
    *of_coordinators("region_detail", baltic, ("get",)),
    *of_coordinators("region_edit", baltic),
    *of_coordinators("region_unlink", baltic_and_kattegat, ("post",)),
    *of_coordinators("link_propose", baltic),
    *of_coordinators("membership_propose", baltic),
    *of_coordinators("organisation_add", baltic),
    *of_coordinators("first_administrator", gdynia_in_baltic),
    *of_coordinators("organisation_remove", gdynia_in_baltic),
    *of_coordinators("organisation_close", gdynia_in_baltic, ("post",)),
    *of_coordinators("organisation_reopen", gdynia_in_baltic, ("post",)),
    *of_coordinators("port_add", baltic),
    *of_coordinators("port_import", baltic),
    Door("port_import_review", "get", NOT_MINE, ABSENT, ABSENT, at=the_import),
    Door("port_import_review", "post", NOT_MINE, ABSENT, ABSENT, at=the_import),
    Door("port_import_discard", "post", NOT_MINE, ABSENT, ABSENT, at=the_import),
    Door("proposal_detail", "get", *[ABSENT] * 3, at=no_proposal),
    *[Door(f"proposal_{verb}", "post", *[ABSENT] * 3, at=no_proposal) for verb in ("accept", "decline", "withdraw")],
]

NOT_ITS_OWN = all_of(403)
API = [
    open_to_all("me"),
    # Setting up a region, for who coordinates one: tests/access/test_region_api.py, test_proposal_api.py, tests/ports/test_import_api.py
    Door("region-list", "post", *[NOT_MINE] * 3, body=lambda scene: {"name": "Gulf of Amber"}),
    Door("region-detail", "patch", NOT_MINE, NOT_MINE, ABSENT, at=baltic, headers=ANY_VERSION, body=lambda scene: {"name": "Ours"}),
    Door("region-unlink", "post", NOT_MINE, NOT_MINE, ABSENT, at=baltic, body=the_kattegat),
    Door("organisation-list", "post", *[NOT_MINE] * 3, body=organisation_body),
    Door("organisation-remove", "post", NOT_MINE, NOT_MINE, ABSENT, at=gdansk, body=in_the_baltic),
    Door("organisation-close", "post", NOT_MINE, NOT_MINE, ABSENT, at=gdansk),
    Door("organisation-reopen", "post", NOT_MINE, NOT_MINE, ABSENT, at=gdansk),
    Door("organisation-first-administrator", "post", NOT_MINE, NOT_MINE, ABSENT, at=gdansk, body=a_person),
    Door("region-proposal-list", "get", *[only(ADMINISTRATORS, 200)] * 3),
    Door("region-proposal-list", "post", *[NOT_MINE] * 3, body=proposal_body),
    Door("region-proposal-detail", "get", *[ABSENT] * 3, at=no_proposal),
    *[Door(f"region-proposal-{verb}", "post", *[ABSENT] * 3, at=no_proposal) for verb in ("accept", "decline", "withdraw")],
    Door("port-list", "post", *[NOT_MINE] * 3, body=port_body),
    Door("port-import-list", "post", *[NOT_MINE] * 3, body=port_file_body, is_form=True),
    Door("port-import-detail", "get", NOT_MINE, ABSENT, ABSENT, at=the_import),
    Door("port-import-detail", "delete", NOT_MINE, ABSENT, ABSENT, at=the_import, headers=ANY_VERSION),
    Door("port-import-confirm", "post", NOT_MINE, ABSENT, ABSENT, at=the_import, body=lambda scene: {"new": 0, "known": 0, "refused": 0}),
    open_to_all("region-list"),
    open_to_all("organisation-list"),
    open_to_all("port-list"),
    open_to_all("security-level-list"),
    open_to_all("contact-point-list"),
    shared("contact-point-detail", the_contact),
    shared("contact-point-history", the_contact),
    Door("contact-point-list", "post", *[only(KEEPERS, 201)] * 3, body=contact_body),
    Door(
        "contact-point-detail",
        "patch",
        only(KEEPERS, 200),
        NOT_MINE,
        all_of(404),
        at=the_contact,
        body=lambda scene: {"note": "Ask twice"},
        headers={"If-Match": "*"},
    ),
    Door("contact-point-verify", "post", only(KEEPERS, 200), NOT_MINE, all_of(404), at=the_contact),
    Door("contact-point-retire", "post", only(KEEPERS, 200), NOT_MINE, all_of(404), at=the_contact),
    Door("contact-point-reorder", "post", only(KEEPERS, 200), NOT_MINE, all_of(404), at=the_contact, body=lambda scene: {"place": 1}),
    Door("port-detail", "patch", only(FACILITY_KEEPERS, 200), NOT_MINE, ABSENT, at=gdansk, headers=ANY_VERSION),
    open_to_all("port-activity-list"),
    shared("port-activity-detail", the_activity),
    Door("port-activity-list", "post", *[only(FACILITY_KEEPERS, 201)] * 3, body=lambda scene: {"year": 2020, "tonnes": 1}),
    Door("port-activity-detail", "patch", only(FACILITY_KEEPERS, 200), NOT_MINE, ABSENT, at=the_activity, headers=ANY_VERSION),
    open_to_all("port-document-list"),
    shared("port-document-detail", the_document),
    shared("port-document-history", the_document),
    shared("port-document-file", the_file),
    Door("port-document-list", "post", *[only(FACILITY_KEEPERS, 201)] * 3, body=document_body, is_form=True),
    Door("port-document-detail", "patch", only(FACILITY_KEEPERS, 200), NOT_MINE, ABSENT, at=the_document, headers=ANY_VERSION),
    Door("port-document-versions", "post", only(FACILITY_KEEPERS, 201), NOT_MINE, ABSENT, at=the_document, body=version_body, is_form=True),
    Door(
        "port-document-retire", "post", only(FACILITY_KEEPERS, 200), NOT_MINE, ABSENT, at=the_document, body=lambda scene: {"reason": "Old"}
    ),
    Door("webhook-list", "get", *[only(KEEPERS, 200)] * 3),
    Door("webhook-list", "post", *[only(KEEPERS, 400)] * 3),  # what is made: tests/delivery/test_webhook_api.py
    Door("webhook-detail", "get", only(KEEPERS, 200), WEBHOOK_IS_ABSENT, WEBHOOK_IS_ABSENT, at=the_webhook),
    Door("webhook-attempts", "get", only(KEEPERS, 200), WEBHOOK_IS_ABSENT, WEBHOOK_IS_ABSENT, at=the_webhook),
    Door(
        "webhook-detail",
        "patch",
        only(KEEPERS, 200),
        ABSENT,
        ABSENT,
        at=the_webhook,
        headers=ANY_VERSION,
        body=lambda scene: {"label": "Wall"},
    ),
    Door("webhook-detail", "delete", only(KEEPERS, 204), ABSENT, ABSENT, at=the_webhook, headers=ANY_VERSION),
    Door("webhook-rotate", "post", only(KEEPERS, 200), ABSENT, ABSENT, at=the_webhook),
    Door("webhook-test", "post", only(KEEPERS, 202), ABSENT, ABSENT, at=the_webhook),
    Door("webhook-switch-off", "post", only(KEEPERS, 200), ABSENT, ABSENT, at=the_webhook),
    Door("webhook-switch-on", "post", only(KEEPERS, 409), ABSENT, ABSENT, at=the_webhook),
    open_to_all("delivery-list"),
    shared("delivery-detail", the_delivery),
    Door("delivery-escalation", "post", only(OFFICERS, 200), NOT_MINE, ABSENT, at=the_delivery, body=paused),
    open_to_all("communications-check-list"),
    Door("communications-check-list", "post", *[only(CHECKERS, 400)] * 3, body=lambda scene: {"organisations": []}),
    Door("communications-check-detail", "get", all_of(200), ABSENT, ABSENT, at=lambda scene: [scene.check]),
    open_to_all("escalation-policy-list"),
    Door("escalation-policy-list", "post", *[only(POLICY_EDITORS, 201)] * 3, body=policy_body),
    Door("escalation-policy-detail", "get", all_of(200), ABSENT, ABSENT, at=the_policy),
    Door("escalation-policy-detail", "patch", only(POLICY_EDITORS, 200), ABSENT, ABSENT, at=the_policy, headers=ANY_VERSION),
    Door("escalation-policy-detail", "delete", only(POLICY_EDITORS, 204), ABSENT, ABSENT, at=the_policy, headers=ANY_VERSION),
    open_to_all("alert-list"),
    open_to_all("change-list"),
    Door("audit-log-list", "get", *[only(AUDITORS, 200)] * 3),
    open_to_all("member-list"),
    Door("member-detail", "get", all_of(200), ABSENT, ABSENT, at=the_member),
    Door("service-token-list", "get", *[only(ADMINISTRATORS, 200)] * 3),
    open_to_all("search-list", body=lambda scene: {"q": "craft"}),
    shared("region-detail", baltic),
    shared("organisation-detail", gdansk),
    shared("port-detail", gdansk),
    shared("security-level-detail", the_level),
    Door("security-level-list", "post", *[only(LEVEL_SETTERS, 201)] * 3, body=lambda scene: {"level": 2, "reason": "Unlit craft"}),
    Door("security-level-acknowledge", "post", only(LEVEL_ANSWERERS, 200), only(LEVEL_ANSWERERS, 409), ABSENT, at=the_level),
    Door("security-level-attain", "post", only(LEVEL_ANSWERERS, 200), only(LEVEL_ANSWERERS, 409), ABSENT, at=the_level),
    open_to_all("declaration-list"),
    shared("declaration-detail", the_declaration),
    shared("declaration-history", the_declaration),
    Door("declaration-list", "post", only(DECLARERS, 201), only(DECLARERS, 400), only(DECLARERS, 400), body=declaration_body),
    Door(
        "declaration-detail",
        "patch",
        only(DECLARERS, 200),
        NOT_MINE,
        ABSENT,
        at=the_declaration,
        body=lambda scene: {"reason": "Drill"},
        headers={"If-Match": "*"},
    ),
    Door("declaration-detail", "delete", only(DECLARERS, 204), ABSENT, ABSENT, at=the_undeclared, headers={"If-Match": "*"}),
    Door("declaration-ask", "post", only(DECLARERS, 400), ABSENT, ABSENT, at=the_undeclared),
    Door("declaration-agree", "post", NOT_MINE, only(DECLARERS, 200), ABSENT, at=the_declaration),
    Door("declaration-decline", "post", NOT_MINE, only(DECLARERS, 200), ABSENT, at=the_declaration, body=lambda scene: {"reason": "No"}),
    # Nobody here has a fresh second factor, and a token never signs.
    Door("declaration-sign", "post", NOT_MINE, NOT_MINE, ABSENT, at=the_declaration, body=lambda scene: {"sha256": "0"}),
    Door("declaration-end", "post", only(DECLARERS, 200), only(DECLARERS, 409), ABSENT, at=the_declaration),
    open_to_all("planned-level-list"),
    shared("planned-level-detail", the_plan),
    Door("planned-level-list", "post", *[only(LEVEL_SETTERS, 201)] * 3, body=plan_body),
    Door("planned-level-cancel", "post", only(LEVEL_SETTERS, 200), NOT_ITS_OWN, ABSENT, at=the_plan),
    open_to_all("port-facility-list"),
    shared("port-facility-detail", the_facility),
    Door("port-facility-list", "post", *[only(FACILITY_KEEPERS, 201)] * 3, body=facility_body),
    Door("port-facility-detail", "patch", only(FACILITY_KEEPERS, 200), NOT_ITS_OWN, ABSENT, at=the_facility, headers=ANY_VERSION),
    Door("port-facility-close", "post", only(FACILITY_KEEPERS, 200), NOT_ITS_OWN, ABSENT, at=the_facility),
    shared("alert-detail", the_alert),
    shared("alert-deliveries", the_alert),
    shared("alert-history", the_alert),
    Door("alert-list", "post", *[only(OFFICERS, 201)] * 3, body=alert_body),
    Door("alert-preview", "post", *[only(ON_DUTY, 200)] * 3, body=lambda scene: {"tlp": "GREEN", "audience": {"kind": "region"}}),
    Door("alert-detail", "patch", only(ON_DUTY, 200), ABSENT, ABSENT, at=the_draft, headers=ANY_VERSION),
    Door("alert-detail", "delete", only(ON_DUTY, 204), ABSENT, ABSENT, at=the_draft, headers=ANY_VERSION),
    Door("alert-publish", "post", only(OFFICERS, 200), ABSENT, ABSENT, at=the_draft),
    Door("alert-acknowledge", "post", only(ON_DUTY, 409), only(ON_DUTY, 200), ABSENT, at=the_alert),
    Door("alert-cancel", "post", only(OFFICERS, 200), NOT_ITS_OWN, ABSENT, at=the_alert, body=lambda scene: {"reason": "Over"}),
    Door("alert-update-message", "post", only(OFFICERS, 200), NOT_ITS_OWN, ABSENT, at=the_alert, body=lambda scene: {"note": "Gone"}),
]

# Open without sign-in, and why that shows nothing of anybody.
PUBLIC = {
    "healthz": "asks nothing",
    "readyz": "figures of the installation, none of an organisation",
    "javascript_catalog": "translated texts",
    "schema": "the description of the API, the same for everybody",
    "docs": "a reader of the schema",
    "setup": "absent wherever anybody has an account, and guarded by the operator's code before (test_first_run.py)",
    "invitation": "what its link opens is for whoever holds it; without one it says where to look",
    "check_link": "what a message's link confirms is for whoever got the message; without one it says where to look",
    "answer_link": "what a message's link asks is for whoever got the message; without one it says where to look",
    "openid_start": "asks for an address; which organisations exist stands nowhere on it",
    "push_worker": "a script of ours, the same for everybody",
    "demo_mail": "exists in the demo only, which listens on this machine alone",
}

# Open without sign-in, and answering 403 unless the same browser set out for there a moment ago: test_sign_in_openid.py.
RETURNS = {"openid_callback": "where a provider sends a person back to"}

# Addresses of others, exempt as a whole.
FOREIGN = {
    "account/": "django-allauth's pages: sign-in, second factors and sessions of the person who looks, nothing of an organisation",
}
