"""Level 3 asks a person for a second factor within the shift, a signature for one of the last minutes; ending never does (interface.md)."""

from django.conf import settings
from django.utils.translation import gettext as _

from portsec.access.acting import Acting
from portsec.access.step_up import require_second_factor


def require_exceptional(acting: Acting) -> None:
    require_second_factor(acting, _("Level 3 asks for a second factor not older than 12 hours. Confirm yours, then set the level."))


def require_to_sign(acting: Acting) -> None:
    why = _("A signature asks for your second factor, confirmed within the last 10 minutes. Confirm it, then sign: nothing is lost.")
    require_second_factor(acting, why, within=settings.MEMBER_STEP_UP_AGE)
