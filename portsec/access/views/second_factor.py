"""Where people land whose organisation requires a second factor, until they have proven one."""

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from portsec.access.middleware import ActingRequest, never_blocked
from portsec.access.views.own import own_address
from portsec.access.views.step_up import has_second_factor


@never_blocked
@require_safe
def second_factor(request: ActingRequest) -> HttpResponse:
    """Says what is missing and leads there. Alerts can be answered meanwhile."""
    wanted = own_address(request, request.GET.get("next", "")) or "/"
    if not getattr(request, "lacks_second_factor", False):
        return redirect(wanted)
    has_factor = has_second_factor(request)
    confirm = f"{reverse('mfa_reauthenticate')}?{urlencode({'next': wanted})}"
    return render(request, "access/second_factor.html", {"has_factor": has_factor, "confirm_url": confirm})
