"""Level 3 asks a person for a second factor within the shift; lowering and ending never do (interface.md)."""

from django.utils.translation import gettext as _

from portsec.access.acting import Acting
from portsec.access.step_up import require_second_factor


def require_exceptional(acting: Acting) -> None:
    require_second_factor(acting, _("Level 3 asks for a second factor not older than 12 hours. Confirm yours, then set the level."))
