"""The words of the Common Alerting Protocol 1.2 (OASIS), case-sensitive as there (domain.md §6)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portsec.delivery.severity import Severity

__all__ = [
    "ACKNOWLEDGE_WITHIN",
    "ACKNOWLEDGE_WITHIN_ELSE",
    "Category",
    "Certainty",
    "MessageType",
    "ResponseType",
    "Severity",
    "Urgency",
    "acknowledge_within",
]


class Category(models.TextChoices):
    SECURITY = "Security", _("Security")
    SAFETY = "Safety", _("Safety")
    TRANSPORT = "Transport", _("Transport")
    INFRA = "Infra", _("Infrastructure")
    FIRE = "Fire", _("Fire")
    RESCUE = "Rescue", _("Rescue")
    HEALTH = "Health", _("Health")
    ENV = "Env", _("Environment")
    CBRNE = "CBRNE", _("Chemical, biological, radiological, nuclear, explosive")
    MET = "Met", _("Weather")
    GEO = "Geo", _("Geophysical")
    OTHER = "Other", _("Other")


class ResponseType(models.TextChoices):
    MONITOR = "Monitor", _("Monitor")
    PREPARE = "Prepare", _("Prepare")
    EXECUTE = "Execute", _("Carry out the plan")
    AVOID = "Avoid", _("Avoid")
    SHELTER = "Shelter", _("Shelter")
    EVACUATE = "Evacuate", _("Evacuate")
    ASSESS = "Assess", _("Assess")
    ALL_CLEAR = "AllClear", _("All clear")
    NONE = "None", _("Nothing to do")


class Urgency(models.TextChoices):
    IMMEDIATE = "Immediate", _("Immediate")
    EXPECTED = "Expected", _("Expected")
    FUTURE = "Future", _("Future")
    PAST = "Past", _("Past")
    UNKNOWN = "Unknown", _("Unknown")


class Certainty(models.TextChoices):
    OBSERVED = "Observed", _("Observed")
    LIKELY = "Likely", _("Likely")
    POSSIBLE = "Possible", _("Possible")
    UNLIKELY = "Unlikely", _("Unlikely")
    UNKNOWN = "Unknown", _("Unknown")


class MessageType(models.TextChoices):
    ALERT = "Alert", _("Alert")
    UPDATE = "Update", _("Update")
    CANCEL = "Cancel", _("Cancellation")


ACKNOWLEDGE_WITHIN = {Severity.EXTREME: 300, Severity.SEVERE: 900}  # seconds
ACKNOWLEDGE_WITHIN_ELSE = 3600


def acknowledge_within(severity: str) -> int:
    """Seconds in which an answer is asked where the sender says nothing."""
    return ACKNOWLEDGE_WITHIN.get(Severity(severity), ACKNOWLEDGE_WITHIN_ELSE)
