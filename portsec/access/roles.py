"""The one table of verb → roles. Shown to users as a page, tested as a matrix (tests/access/test_permission_matrix.py)."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    ADMINISTRATOR = "administrator", _("Administrator")
    SECURITY_OFFICER = "security_officer", _("Security officer")
    DEPUTY = "deputy", _("Deputy")
    STAFF = "staff", _("Staff")
    OBSERVER = "observer", _("Observer")
    COORDINATOR = "coordinator", _("Regional coordinator")
    LIAISON = "liaison", _("Agency liaison")
    SERVICE = "service", _("Service token")


@dataclass(frozen=True)
class Verb:
    """Who may do a thing: `label` completes "you may not …", `scope` is what a service token needs besides its role.

    A verb without a scope is for people alone. `bodies_only` are roles that have it in a coordination body and nowhere else.
    """

    label: str
    scope: str
    roles: frozenset[Role]
    bodies_only: frozenset[Role] = frozenset()

    def is_for(self, role: Role, kind: str) -> bool:
        """`kind` is the organisation's."""
        return role in self.roles and (kind == COORDINATION_BODY or role not in self.bodies_only)


PORT, AGENCY, COORDINATION_BODY = "port", "agency", "coordination_body"  # as Organisation.Kind, which is built on this module
EVERYONE = frozenset(Role)
OFFICERS = frozenset({Role.SECURITY_OFFICER, Role.DEPUTY, Role.COORDINATOR, Role.LIAISON, Role.SERVICE})
ON_DUTY = OFFICERS | {Role.STAFF}
KEEPERS_OF_CONTACTS = OFFICERS | {Role.ADMINISTRATOR}
COMMANDERS = frozenset({Role.SECURITY_OFFICER, Role.DEPUTY, Role.COORDINATOR})
FACILITY_KEEPERS = frozenset({Role.ADMINISTRATOR, Role.SECURITY_OFFICER, Role.DEPUTY, Role.SERVICE})
DECLARERS = frozenset({Role.SECURITY_OFFICER, Role.DEPUTY, Role.SERVICE})
POLICY_EDITORS = frozenset({Role.ADMINISTRATOR, Role.SECURITY_OFFICER, Role.COORDINATOR})
MANAGERS = frozenset({Role.ADMINISTRATOR, Role.COORDINATOR})

VERBS: dict[str, Verb] = {
    "read": Verb("read what is shared with your organisation", "read", EVERYONE),
    "alert.draft": Verb("prepare alerts", "alerts:write", ON_DUTY),
    "alert.publish": Verb("send alerts", "alerts:write", OFFICERS),
    "alert.publish_extreme": Verb("send Extreme alerts", "alerts:extreme", OFFICERS),
    "alert.update": Verb("update alerts", "alerts:write", OFFICERS),
    "alert.cancel": Verb("cancel alerts", "alerts:write", OFFICERS),
    "alert.acknowledge": Verb("acknowledge alerts", "alerts:acknowledge", ON_DUTY),
    "escalation.steer": Verb("pause, resume or restart escalations", "alerts:write", OFFICERS),
    "policy.edit": Verb("change escalation policies", "", POLICY_EDITORS),
    "policy.edit_region": Verb("change the escalation policies of a region", "", frozenset({Role.COORDINATOR})),
    "check.start": Verb("check whether contacts are reached", "", frozenset({Role.SECURITY_OFFICER, Role.COORDINATOR})),
    "contact.manage": Verb("change and verify contact points", "contacts:write", KEEPERS_OF_CONTACTS),
    "endpoint.manage": Verb("say where your organisation is told of alerts", "", KEEPERS_OF_CONTACTS - {Role.SERVICE}),
    "webhook.manage": Verb("add, change or switch off webhooks", "webhooks:write", KEEPERS_OF_CONTACTS),
    "level.change": Verb("change the security level", "levels:write", COMMANDERS | {Role.SERVICE}),
    "level.change_region": Verb("set the security level of a region", "levels:write", frozenset({Role.COORDINATOR, Role.SERVICE})),
    "level.attain": Verb("acknowledge a security level, or report it attained", "levels:attain", ON_DUTY - {Role.LIAISON}),
    "facility.keep": Verb("add, change or close port facilities", "facilities:write", FACILITY_KEEPERS),
    "declaration.request": Verb("request and answer Declarations of Security", "declarations:write", DECLARERS),
    "declaration.sign": Verb("sign Declarations of Security", "", DECLARERS - {Role.SERVICE}),  # a signature is a person's
    "declaration.end": Verb("end Declarations of Security", "declarations:write", DECLARERS),
    "profile.keep": Verb("change the profile and the yearly figures of your port", "profile:write", FACILITY_KEEPERS),
    "document.keep": Verb("add, change or retire documents of your port", "documents:write", FACILITY_KEEPERS),
    "audit.read": Verb(
        "read the audit log of your organisation",
        "audit:read",
        frozenset({Role.ADMINISTRATOR, Role.SECURITY_OFFICER, Role.COORDINATOR, Role.SERVICE}),
    ),
    "member.manage": Verb("manage the people of your organisation", "", MANAGERS, bodies_only=frozenset({Role.COORDINATOR})),
    "region.manage": Verb("set up and link the regions that your coordination body coordinates", "", MANAGERS, bodies_only=MANAGERS),
    "organisation.invite": Verb("bring organisations into such a region, or remove them", "", MANAGERS, bodies_only=MANAGERS),
    "region.join": Verb("answer proposals to join a region", "", MANAGERS, bodies_only=frozenset({Role.COORDINATOR})),
    "port.import": Verb("import ports into such a region", "", MANAGERS, bodies_only=MANAGERS),
    "token.manage": Verb("manage the service tokens of your organisation", "", MANAGERS, bodies_only=frozenset({Role.COORDINATOR})),
    "sign_in.manage": Verb("set how the people of your organisation sign in", "", MANAGERS, bodies_only=frozenset({Role.COORDINATOR})),
}

SCOPES: tuple[str, ...] = tuple(dict.fromkeys(verb.scope for verb in VERBS.values() if verb.scope))

# What a person can be in an organisation of each kind; the service is no person.
ROLES_OF_KIND: dict[str, tuple[Role, ...]] = {
    PORT: (Role.ADMINISTRATOR, Role.SECURITY_OFFICER, Role.DEPUTY, Role.STAFF, Role.OBSERVER),
    AGENCY: (Role.ADMINISTRATOR, Role.LIAISON, Role.STAFF, Role.OBSERVER),
    COORDINATION_BODY: (Role.ADMINISTRATOR, Role.COORDINATOR, Role.STAFF, Role.OBSERVER),
}
