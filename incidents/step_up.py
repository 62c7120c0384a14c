"""Extreme alerts ask for more: of a person a second factor within the shift, of a token the scope (interface.md)."""

from django.utils.translation import gettext as _

from portsec.access.acting import Acting
from portsec.access.step_up import require_second_factor


def require_extreme(acting: Acting) -> None:
    acting.require("alert.publish_extreme")
    require_second_factor(
        acting, _("An Extreme alert asks for a second factor not older than 12 hours. Confirm yours, then send: nothing is lost.")
    )
