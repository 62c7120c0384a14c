"""Pages of security levels."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect

from ports.models import SecurityLevelChange
from portsec.access.middleware import ActingRequest


def level_change(request: ActingRequest, pk: str) -> HttpResponse:
    """A change of level is told on the page of its port."""
    change = get_object_or_404(SecurityLevelChange.objects.visible_to(request.acting).select_related("owner__port"), pk=pk)
    return redirect("port_detail", unlocode=change.owner.port.unlocode)
