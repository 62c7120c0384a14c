"""What an alert must satisfy before it is kept or sent, and its content as the journal writes it."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from incidents.models import Alert
from portsec.access.text import with_plain_breaks
from portsec.face.wording import local_and_utc
from portsec.journal.actions import plain
from portsec.problems import Fault, Refused
from portsec.validation import check_fields

WRITTEN = (  # what a sender writes, in the order of the API
    "headline",
    "description",
    "instruction",
    "event",
    "category",
    "response_types",
    "urgency",
    "severity",
    "certainty",
    "tlp",
    "areas",
    "effective_at",
    "expires_at",
    "is_exercise",
    "acknowledge_within",
)


def check_content(alert: Alert) -> None:
    """Raises Refused naming each field that the model, or time, does not allow."""
    alert.description, alert.instruction = with_plain_breaks(alert.description), with_plain_breaks(alert.instruction)
    check_fields(alert, exclude=["owner", "audience", "published_by", "created_by", "wish"])
    now = timezone.now()
    if alert.expires_at and alert.expires_at <= now:
        given, today = local_and_utc(alert.expires_at)[0], local_and_utc(now)[0]
        raise Refused(Fault("expires_at", _("%s is in the past. Choose a time after %s today.") % (given, today), "past"))
    if alert.expires_at and alert.effective_at and alert.expires_at <= alert.effective_at:
        raise Refused(Fault("expires_at", _("It would expire before it takes effect. Choose a later time."), "before_effective"))


def content_of(alert: Alert) -> dict[str, Any]:
    return plain({name: getattr(alert, name) for name in WRITTEN})


def difference(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Only the fields that changed, as they were and as they are."""
    changed = [name for name in after if before.get(name) != after[name]]
    return {name: before.get(name) for name in changed}, {name: after[name] for name in changed}
