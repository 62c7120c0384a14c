"""Every address of the product, and what it answers to whom: the table behind test_permission_matrix.py.

A door is an address and a method. For each of three organisations (the owner of the object, one in its audience, one
outside) it says what each role is answered: one status for every role, or `only(roles, status)` and 403 for the others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from incidents.models import Alert
from ports.models import ContactPoint, PortFacility, SecurityLevelChange
from portsec.access.models import Invitation, Membership, ServiceToken
from portsec.access.roles import Role
from tests.cast import Cast

Answers = Mapping[Role, int]

EVERYONE = frozenset(Role)
OFFICERS = frozenset({Role.SECURITY_OFFICER, Role.DEPUTY, Role.COORDINATOR, Role.LIAISON, Role.SERVICE})
ON_DUTY = OFFICERS | {Role.STAFF}
LEVEL_SETTERS = OFFICERS - {Role.LIAISON}
LEVEL_ANSWERERS = ON_DUTY - {Role.LIAISON}
FACILITY_KEEPERS = frozenset({Role.ADMINISTRATOR, Role.SECURITY_OFFICER, Role.DEPUTY, Role.SERVICE})
KEEPERS = OFFICERS | {Role.ADMINISTRATOR}
CHECKERS = frozenset({Role.SECURITY_OFFICER, Role.COORDINATOR})
POLICY_EDITORS = frozenset({Role.ADMINISTRATOR, Role.SECURITY_OFFICER, Role.COORDINATOR})
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})  # the coordinator of a coordination body too: test_manage_members.py


@dataclass
class Scene:
    """An alert, a draft, a facility, a change of level and a contact point of Gdańsk; Gdynia is in their audience, Trieste is not.

    And what is Gdańsk's alone: a member, an invitation, a service token.
    """

    cast: Cast
    alert: Alert
    draft: Alert
    level: SecurityLevelChange
    facility: PortFacility
    contact: ContactPoint
    member: Membership
    invitation: Invitation
    token: ServiceToken
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
CONTACT_IS_ABSENT = only(KEEPERS, 404)  # the role is asked first: it says nothing about the contact point
AUDITORS = frozenset({Role.ADMINISTRATOR, Role.SECURITY_OFFICER, Role.COORDINATOR, Role.SERVICE})
DRAFT_IS_ABSENT = only(ON_DUTY, 404)  # the role is asked first: it says nothing about the draft
ANY_VERSION = {"If-Match": "*"}

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
    Door("switch_organisation", "post", all_of(302), ABSENT, ABSENT, body=lambda scene: {"organisation": str(scene.cast.gdansk.pk)}),
    Door("port_detail", "get", all_of(200), all_of(200), ABSENT, at=lambda scene: ["PLGDN"]),
    shared("level_change", the_level),
    Door("level_set", "get", *[only(LEVEL_SETTERS, 200)] * 3),
    Door("level_set", "post", *[only(LEVEL_SETTERS, 422)] * 3, body=lambda scene: {"level": ""}),
    Door("level_acknowledge", "post", only(LEVEL_ANSWERERS, 422), only(LEVEL_ANSWERERS, 302), ABSENT, at=the_level),
    Door("level_attain", "post", only(LEVEL_ANSWERERS, 422), only(LEVEL_ANSWERERS, 302), ABSENT, at=the_level),
    Door("facility_detail", "get", all_of(302), all_of(302), ABSENT, at=the_facility),
    Door("facility_add", "get", *[only(FACILITY_KEEPERS, 200)] * 3),
    Door("facility_add", "post", *[only(FACILITY_KEEPERS, 422)] * 3, body=lambda scene: {"name": ""}),
    Door("facility_edit", "get", only(FACILITY_KEEPERS, 200), ABSENT, ABSENT, at=the_facility),
    Door("facility_edit", "post", only(FACILITY_KEEPERS, 422), ABSENT, ABSENT, at=the_facility, body=lambda scene: {"name": ""}),
    Door("facility_close", "post", only(FACILITY_KEEPERS, 302), ABSENT, ABSENT, at=the_facility),
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
    Door("token_list", "get", *[only(ADMINISTRATORS, 200)] * 3),
    Door("token_create", "get", *[only(ADMINISTRATORS, 200)] * 3),
    Door("token_create", "post", *[only(ADMINISTRATORS, 422)] * 3, body=lambda scene: {"name": ""}),
    own_organisation("token_detail", "get", the_token, 200),
    own_organisation("token_rotate", "post", the_token, 302, body=lambda scene: {"grace": "0"}),
    own_organisation("token_revoke", "post", the_token, 302),
]

NOT_ITS_OWN = all_of(403)
API = [
    open_to_all("me"),
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
    "invitation": "what its link opens is for whoever holds it; without one it says where to look",
    "check_link": "what a message's link confirms is for whoever got the message; without one it says where to look",
    "answer_link": "what a message's link asks is for whoever got the message; without one it says where to look",
    "demo_mail": "exists in the demo only, which listens on this machine alone",
}

# Addresses of others, exempt as a whole.
FOREIGN = {
    "account/": "django-allauth's pages: sign-in, second factors and sessions of the person who looks, nothing of an organisation",
}
