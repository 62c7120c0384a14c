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
    """Who may do a thing: `label` completes "you may not …", `scope` is what a service token needs besides its role."""

    label: str
    scope: str
    roles: frozenset[Role]


EVERYONE = frozenset(Role)
OFFICERS = frozenset({Role.SECURITY_OFFICER, Role.DEPUTY, Role.COORDINATOR, Role.LIAISON, Role.SERVICE})
ON_DUTY = OFFICERS | {Role.STAFF}
KEEPERS_OF_CONTACTS = OFFICERS | {Role.ADMINISTRATOR}
COMMANDERS = frozenset({Role.SECURITY_OFFICER, Role.DEPUTY, Role.COORDINATOR})
FACILITY_KEEPERS = frozenset({Role.ADMINISTRATOR, Role.SECURITY_OFFICER, Role.DEPUTY, Role.SERVICE})

VERBS: dict[str, Verb] = {
    "read": Verb("read what is shared with your organisation", "read", EVERYONE),
    "alert.draft": Verb("prepare alerts", "alerts:write", ON_DUTY),
    "alert.publish": Verb("send alerts", "alerts:write", OFFICERS),
    "alert.publish_extreme": Verb("send Extreme alerts", "alerts:extreme", OFFICERS),
    "alert.update": Verb("update alerts", "alerts:write", OFFICERS),
    "alert.cancel": Verb("cancel alerts", "alerts:write", OFFICERS),
    "alert.acknowledge": Verb("acknowledge alerts", "alerts:acknowledge", ON_DUTY),
    "contact.manage": Verb("change and verify contact points", "contacts:write", KEEPERS_OF_CONTACTS),
    "level.change": Verb("change the security level", "levels:write", COMMANDERS | {Role.SERVICE}),
    "level.change_region": Verb("set the security level of a region", "levels:write", frozenset({Role.COORDINATOR, Role.SERVICE})),
    "level.attain": Verb("acknowledge a security level, or report it attained", "levels:attain", ON_DUTY - {Role.LIAISON}),
    "facility.keep": Verb("add, change or close port facilities", "facilities:write", FACILITY_KEEPERS),
    "audit.read": Verb(
        "read the audit log of your organisation",
        "audit:read",
        frozenset({Role.ADMINISTRATOR, Role.SECURITY_OFFICER, Role.COORDINATOR, Role.SERVICE}),
    ),
}

SCOPES: tuple[str, ...] = tuple(dict.fromkeys(verb.scope for verb in VERBS.values()))
