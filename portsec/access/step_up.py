"""What weighs more asks a person for a second factor within the shift; a token has its scope for that (interface.md)."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from portsec.access.acting import Acting, NotAllowedError


def require_second_factor(acting: Acting, why: str) -> None:
    """Raises NotAllowedError with `why`, the sentence that tells a person what to do."""
    if not acting.is_service and not has_fresh_second_factor(acting):
        raise NotAllowedError(why, code="second_factor_required")


def has_fresh_second_factor(acting: Acting) -> bool:
    longest = timedelta(seconds=settings.SECOND_FACTOR_MAX_AGE)
    return acting.second_factor_at is not None and timezone.now() - acting.second_factor_at <= longest
