"""The verbs of security levels (domain.md §4)."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ports.models import SecurityLevelChange
from portsec.access.acting import Acting
from portsec.access.audiences import AudienceWish, resolve_audience
from portsec.journal.actions import record
from portsec.validation import check_fields


def set_security_level(acting: Acting, *, level: int, reason: str, until: datetime | None = None) -> SecurityLevelChange:
    """Sets the level of the acting port from now on, and tells its region (ISPS A/4.1). Raises Refused, NotAllowedError."""
    acting.require("level.change")
    now = timezone.now()
    change = SecurityLevelChange(
        owner=acting.organisation, level=level, reason=reason, effective_at=now, expected_until=until, set_by=acting.user
    )
    check_fields(change, exclude=["owner", "audience", "set_by"])
    with transaction.atomic():
        change.audience = resolve_audience(acting, AudienceWish("region"))
        change.save()
        record(
            acting,
            "level.changed",
            change,
            _("%(port)s set security level %(level)d: %(reason)s") % {"port": acting.organisation.name, "level": level, "reason": reason},
            row={
                "port": acting.organisation.pk,
                "level": level,
                "reason": reason,
                "since": now,
                "until": until,
                "set_by": acting.user.short_name,
            },
        )
    return change
