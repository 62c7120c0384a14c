"""Pages of ports."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from ports.models import PortProfile, SecurityLevelChange
from ports.queries import PortLevel, own_region, port_levels
from ports.queries.contacts import contacts_of
from portsec.access.acting import Acting
from portsec.access.middleware import ActingRequest
from portsec.access.models import Region

MOST_CHANGES = 200


def port_list(request: ActingRequest) -> HttpResponse:
    """The ports of the organisation's own region, in the coast's order, then those of linked regions."""
    acting = request.acting
    region = own_region(acting)
    members = set(region.memberships.values_list("organisation", flat=True)) if region else set()
    seen = port_levels(acting)
    context = {
        "region": region,
        "ports": [one for one in seen if one.port.pk in members],
        "linked_ports": [one for one in seen if one.port.pk not in members],
    }
    return render(request, "ports/port_list.html", context)


def port_detail(request: ActingRequest, unlocode: str) -> HttpResponse:
    acting = request.acting
    port = get_object_or_404(PortProfile.objects.visible_to(acting).select_related("organisation"), unlocode=unlocode)
    level = next(one for one in port_levels(acting) if one.port.pk == port.pk)
    seen = port.organisation.regions.filter(pk__in=Region.objects.visible_to(acting).values("pk")).order_by("name")
    changes = SecurityLevelChange.objects.visible_to(acting).filter(owner=port.pk).select_related("set_by").order_by("-effective_at")
    context = {"port": port, "level": level, "regions": seen, "region": seen.first(), "level_changes": changes[:MOST_CHANGES]}
    context["contacts"] = contacts_of(acting, port.organisation)
    return render(request, "ports/port_detail.html", context)


def shown(acting: Acting, one: PortLevel) -> dict[str, Any]:
    """A port as lists, strips and pages show it."""
    port, change = one.port, one.change if one.is_raised else None
    return {
        "name": port.organisation.name,
        "code": port.code,
        "unlocode": port.unlocode,
        "latitude": port.latitude,
        "longitude": port.longitude,
        "time_zone": port.organisation.time_zone,
        "url": reverse("port_detail", args=[port.unlocode]),
        "is_own": port.pk == acting.organisation.pk,
        "level": int(one.level),
        "level_name": one.level.label,
        "since": change.effective_at if change else None,
        "until": change.expected_until if change else None,
        "reason": change.reason if change else "",
        "set_by": change.set_by.short_name if change and change.set_by else "",
    }
