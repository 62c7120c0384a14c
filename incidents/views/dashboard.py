"""The dashboard: where do I stand, what must I do now, what changed, where is it."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from incidents import queries
from incidents.views.shown import row
from ports.actions.levels import scopes_of
from ports.queries import PortLevel, next_turn, own_region, port_levels
from ports.views.ports import shown as port_shown
from portsec.access.acting import Acting
from portsec.access.middleware import ActingRequest
from portsec.face.waits import waits
from portsec.journal.models import Entry
from portsec.live.links import icon_of, link_to

FEED_LENGTH = 30
QUIET = (
    "alert.drafted",
    "alert.draft_edited",
    "alert.draft_discarded",
    "contact_point.reordered",
    "contact_point.verified",
    "declaration.drafted",
    "declaration.draft_edited",
    "member.added",
    "member.removed",
)


def dashboard(request: ActingRequest) -> HttpResponse:
    acting = request.acting
    region = own_region(acting)
    levels = port_levels(acting, region) if region else []
    waiting = queries.unanswered(acting)
    context = {
        "region": region,
        "levels": [level_cell(acting, one) for one in levels],
        "level_url": reverse("level_set") if scopes_of(acting) else "",
        "levels_move_at": next_turn(levels, timezone.now()),
        "raised": raised_lines(acting, levels),
        "unanswered": [row(one.alert, one.delivery) for one in waiting],
        "waiting": queries.counts_of(waiting),
        "feed": feed(acting),
        "last_seen_at": request.acting.user.last_login,
        "waits": waits(acting),
        "map_url": reverse("region_map", args=[region.pk]) if region else "",
    }
    return render(request, "portsec/dashboard.html", context)


def level_cell(acting: Acting, one: PortLevel) -> dict[str, Any]:
    return {**port_shown(acting, one), "name": one.port.short_name}


def raised_lines(acting: Acting, levels: Iterable[PortLevel]) -> list[dict[str, Any]]:
    """The raised levels in a sentence each, highest first. What a region holds is said once, not for each of its ports."""
    by_change = {one.change.pk: one for one in levels if one.is_raised and one.change}
    highest_first = sorted(by_change.values(), key=lambda one: (-one.level, one.change is one.own))
    return [raised_line(acting, one) for one in highest_first]


def raised_line(acting: Acting, one: PortLevel) -> dict[str, Any]:
    shown = port_shown(acting, one)
    return {**shown, "port_name": shown["region_name"] or one.port.short_name}


def feed(acting: Acting) -> list[dict[str, Any]]:
    """What changed, newest first. 1 query."""
    entries = Entry.objects.visible_to(acting).exclude(verb__in=QUIET).filter(seq__isnull=False).select_related("owner").order_by("-seq")
    return [feed_item(entry) for entry in entries[:FEED_LENGTH]]


def feed_item(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.pk,
        "at": entry.at,
        "verb": entry.verb,
        "kind": entry.kind,
        "summary": entry.summary,
        "organisation_name": entry.owner.name,
        "url": link_to(entry.kind, str(entry.object_id)),
        "icon": icon_of(entry.verb),
        "is_exercise": bool(entry.row.get("is_exercise")),
    }
