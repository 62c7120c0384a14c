"""Pages of ports."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from ports.actions.levels import scopes_of
from ports.models import LevelScope
from ports.queries import PortLevel, own_region, port_levels
from ports.queries.contacts import contacts_of
from ports.queries.documents import documents
from ports.queries.facilities import facilities
from ports.queries.levels import history, level_among, port_level
from ports.queries.plans import plans_of
from ports.queries.profile import description_of, profiles
from ports.views.chart import chart
from ports.views.declarations import may_request, of_port
from portsec.access.acting import Acting
from portsec.access.middleware import ActingRequest

MOST_CHANGES = 200
MOST_DOCUMENTS = 5


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
    port = get_object_or_404(profiles(acting), unlocode=unlocode)
    changes = list(history(acting, port)[:MOST_CHANGES])
    level = level_among(port, changes) if len(changes) < MOST_CHANGES else port_level(acting, port)
    is_own = port.pk == acting.organisation.pk
    context = {
        "port": port,
        "level": level,
        "regions": [one["name"] for one in port.seen_regions],
        "region": next((one["id"] for one in port.seen_regions), None),
        "level_changes": changes,
        "level_chart": chart(changes, timezone.now()),
        "parts": parts_in_force(changes),
        "planned": list(plans_of(acting, port)),
        "due": level.change.due() if level.change else "",
        "facilities": list(facilities(acting, port.pk)),
        "may_keep_facilities": is_own and acting.may("facility.keep"),
        "level_url": reverse("level_set") if is_own and scopes_of(acting) else "",
        "contacts": contacts_of(acting, port.organisation),
        "declarations": of_port(acting, port.pk),
        "may_declare": may_request(acting),
        "declares_with": "" if is_own else str(port.pk),
        "facilities_url": f"{reverse('port-facility-list')}?port={port.pk}",
        "levels_url": f"{reverse('security-level-list')}?port={port.pk}",
        "description": description_of(acting, port.pk),
        "may_keep_profile": is_own and acting.may("profile.keep"),
        "documents": list(documents(acting, port.pk).filter(is_active=True)[:MOST_DOCUMENTS]),
        "may_add_document": is_own and acting.may("document.keep"),
    }
    return render(request, "ports/port_detail.html", context)


def parts_in_force(changes: Any) -> list[Any]:
    """The raised levels of the port's facilities and operations: of the changes shown, those that none of them replaces."""
    replaced = {one.replaces_id for one in changes}
    return [one for one in changes if one.scope in (LevelScope.FACILITY, LevelScope.OPERATION) and one.is_raised and one.pk not in replaced]


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
        "change_url": change.get_absolute_url() if change else "",
        "due": change.due() if change else "",
        "region_name": change.region.name if change and change.region else "",
    }
