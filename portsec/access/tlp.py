"""TLP 2.0: the label of a record, and how wide an audience it allows (domain.md §7; FIRST, TLP 2.0)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portsec.access.models.audience import Audience

Kind = Audience.Kind


class Tlp(models.TextChoices):
    RED = "RED", _("Named persons only")
    AMBER_STRICT = "AMBER+STRICT", _("The organisation that gets it")
    AMBER = "AMBER", _("And its clients who need to know")
    GREEN = "GREEN", _("The community")
    CLEAR = "CLEAR", _("Anyone")


_NAMED = frozenset({Kind.OWN, Kind.NAMED})
WIDEST: dict[str, frozenset[str]] = {
    Tlp.RED: _NAMED,
    Tlp.AMBER_STRICT: _NAMED,
    Tlp.AMBER: _NAMED | {Kind.REGION_PORTS},
    Tlp.GREEN: frozenset(Kind.values),
    Tlp.CLEAR: frozenset(Kind.values),
}

# What a screen that a whole room reads may not show: these are for named persons, or for the organisation alone.
READ_AT_A_DESK = frozenset({Tlp.RED, Tlp.AMBER_STRICT})
# The label under which a record that bears none is handed on: that of the widest audience it allows (domain.md §7).
OF_AUDIENCE: dict[str, Tlp] = {
    Kind.OWN: Tlp.AMBER_STRICT,
    Kind.NAMED: Tlp.AMBER_STRICT,
    Kind.REGION_PORTS: Tlp.AMBER,
    Kind.REGION: Tlp.GREEN,
    Kind.LINKED_REGIONS: Tlp.GREEN,
}


def allows(label: str, kind: str) -> bool:
    return kind in WIDEST[label]


def wide_enough(kind: str) -> str:
    """The narrowest label that allows this kind of audience, for the remedy in an error."""
    return next(label for label in Tlp.values if allows(label, kind))


def too_wide(label: str, kind: str) -> str:
    """Why the label refuses the audience, and what to do."""
    return _("Too wide for TLP:%(label)s. Choose TLP:%(enough)s or a narrower audience.") % {"label": label, "enough": wide_enough(kind)}
