"""What weighs more asks a person for a second factor within the shift; a token has its scope for that (interface.md)."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from portsec.access.acting import Acting, NotAllowedError


def require_second_factor(acting: Acting, why: str, *, within: int | None = None) -> None:
    """Raises NotAllowedError with `why`, the sentence that tells a person what to do. `within`: seconds, default a shift."""
    if not acting.is_service and not has_fresh_second_factor(acting, within=within):
        raise NotAllowedError(why, code="second_factor_required")


def has_fresh_second_factor(acting: Acting, *, within: int | None = None) -> bool:
    longest = timedelta(seconds=settings.SECOND_FACTOR_MAX_AGE if within is None else within)
    return acting.second_factor_at is not None and timezone.now() - acting.second_factor_at <= longest


def require_for_members(acting: Acting) -> None:
    """For what makes or unmakes people and programs: who holds such a session for a moment must not stay for good."""
    why = _("This asks for your second factor, confirmed within the last 10 minutes. Confirm it, then try again.")
    require_second_factor(acting, why, within=settings.MEMBER_STEP_UP_AGE)
