"""Every address of the product, and what it answers to whom: the table behind test_permission_matrix.py.

A door is an address and a method. For each of three organisations (the owner of the object, one in its audience, one
outside) it says what each role is answered: one status for every role, or `only(roles, status)` and 403 for the others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from incidents.models import Alert
from ports.models import SecurityLevelChange
from portsec.access.models import Invitation, Membership, ServiceToken
from portsec.access.roles import Role
from tests.cast import Cast

Answers = Mapping[Role, int]

EVERYONE = frozenset(Role)
OFFICERS = frozenset({Role.SECURITY_OFFICER, Role.DEPUTY, Role.COORDINATOR, Role.LIAISON, Role.SERVICE})
ON_DUTY = OFFICERS | {Role.STAFF}
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})  # the coordinator of a coordination body too: test_manage_members.py


@dataclass
class Scene:
    """An alert, a draft and a change of level of Gdańsk; Gdynia is in their audience, Trieste is not.

    And what is Gdańsk's alone: a member, an invitation, a service token.
    """

    cast: Cast
    alert: Alert
    draft: Alert
    level: SecurityLevelChange
    member: Membership
    invitation: Invitation
    token: ServiceToken


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


def incomplete(scene: Scene) -> dict[str, Any]:
    return {"headline": ""}


DRAFT_IS_ABSENT = only(ON_DUTY, 404)  # the role is asked first: it says nothing about the draft
ANY_VERSION = {"If-Match": "*"}

PAGES = [
    open_to_all("dashboard"),
    open_to_all("search"),
    open_to_all("alert_list"),
    open_to_all("port_list"),
    open_to_all("roles"),
    open_to_all("account"),
    open_to_all("account", 422, "post", body=lambda scene: {"name": ""}),
    open_to_all("set_theme", 302, "post", body=lambda scene: {"theme": "dark"}),
    open_to_all("live_ticket"),
    open_to_all("style"),
    open_to_all("region_map", at=baltic),  # what it holds is looked at in test_side_channels.py
    Door("switch_organisation", "post", all_of(302), ABSENT, ABSENT, body=lambda scene: {"organisation": str(scene.cast.gdansk.pk)}),
    Door("port_detail", "get", all_of(200), all_of(200), ABSENT, at=lambda scene: ["PLGDN"]),
    Door("level_change", "get", all_of(302), all_of(302), ABSENT, at=lambda scene: [scene.level.pk]),
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
    open_to_all("alert-list"),
    open_to_all("change-list"),
    open_to_all("member-list"),
    Door("member-detail", "get", all_of(200), ABSENT, ABSENT, at=the_member),
    Door("service-token-list", "get", *[only(ADMINISTRATORS, 200)] * 3),
    open_to_all("search-list", body=lambda scene: {"q": "craft"}),
    shared("region-detail", baltic),
    shared("organisation-detail", gdansk),
    shared("port-detail", gdansk),
    shared("security-level-detail", lambda scene: [scene.level.pk]),
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
    "demo_mail": "exists in the demo only, which listens on this machine alone",
}

# Addresses of others, exempt as a whole.
FOREIGN = {
    "account/": "django-allauth's pages: sign-in, second factors and sessions of the person who looks, nothing of an organisation",
}
