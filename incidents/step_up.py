"""Extreme alerts ask for more: of a person a second factor within the shift, of a token the scope (interface.md)."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from portsec.access.acting import Acting, NotAllowedError


def require_extreme(acting: Acting) -> None:
    acting.require("alert.publish_extreme")
    if not acting.is_service and not has_fresh_second_factor(acting):
        raise NotAllowedError(
            _("An Extreme alert asks for a second factor not older than 12 hours. Confirm yours, then send: nothing is lost."),
            code="second_factor_required",
        )


def has_fresh_second_factor(acting: Acting) -> bool:
    longest = timedelta(seconds=settings.SECOND_FACTOR_MAX_AGE)
    return acting.second_factor_at is not None and timezone.now() - acting.second_factor_at <= longest
