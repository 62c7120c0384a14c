"""The wall screen: for whoever is in the room, all night, without a hand.

A room reads along, so that what its label keeps to named persons or to one organisation (TLP:RED, AMBER+STRICT) is told as
"something waits, open it at a desk" and no more, and no person is named. It is the browser of whoever opened it, and has
nothing to press that changes anything; that a row stood on a wall does not mean that anybody has seen it.
"""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from incidents import queries
from incidents.models import Alert
from incidents.views.dashboard import feed_item, level_cell, raised_lines
from incidents.views.shown import row
from ports.queries import next_turn
from ports.queries.board import board, board_regions
from ports.views.board import tally
from portsec.access.acting import Acting
from portsec.access.middleware import WALL_ONLY, ActingRequest, stands_on_wall
from portsec.access.models import Region
from portsec.access.tlp import READ_AT_A_DESK
from portsec.journal.models import Entry

FEED_LENGTH = 12
FEED_VERBS = (
    *(f"alert.{done}" for done in ("published", "updated", "cancelled", "expired", "acknowledged")),
    *(f"level.{done}" for done in ("changed", "acknowledged", "attained")),
)
THEMES = ("dark", "light")
RENEW_AFTER = timedelta(hours=1)
KEPT_AT = "wall_kept_at"


@stands_on_wall
@require_GET
def wall(request: ActingRequest) -> HttpResponse:
    """The organisation's first region, or `?region=`; dark unless `?theme=light`."""
    acting = request.acting
    keep_session(request)
    region = _chosen(board_regions(acting), request.GET.get("region", ""))
    found = board(acting, region.pk, on_wall=True) if region else None
    levels = [one.level for one in found.rows] if found else []
    theme = request.GET.get("theme", "")
    context = {
        "region": region,
        "theme": theme if theme in THEMES else THEMES[0],
        "tally": tally(found) if found else None,
        "levels": [level_cell(acting, one) for one in levels],
        "levels_move_at": next_turn(levels, timezone.now()),
        "raised": [{**line, "set_by": "", "change_url": ""} for line in raised_lines(acting, levels)],
        "unanswered": [on_wall(one) for one in queries.unanswered(acting)],
        "feed": wall_feed(acting),
        "map_url": f"{reverse('region_map', args=[region.pk])}?wall=1" if region else "",
    }
    return render(request, "incidents/wall.html", context)


@stands_on_wall
@require_POST
def wall_lock(request: ActingRequest) -> HttpResponse:
    """From here on this browser shows the wall and nothing else: who finds its keyboard at night can only sign it out."""
    if request.acting.is_service:
        raise PermissionDenied(_("A wall is locked in a browser, by a person."))
    request.session[WALL_ONLY] = True
    return redirect(f"{reverse('wall')}?{urlencode({'region': request.POST.get('region', '')})}")


def keep_session(request: ActingRequest) -> None:
    """A wall that asks now and then stays signed in; one write an hour. Ending the session under "Sessions" ends it here."""
    now = timezone.now()
    if request.session.get(KEPT_AT, 0) < (now - RENEW_AFTER).timestamp():
        request.session[KEPT_AT] = int(now.timestamp())


def _chosen(regions: list[Region], wanted: str) -> Region | None:
    if not wanted:
        return next(iter(regions), None)
    found = next((one for one in regions if str(one.pk) == wanted), None)
    if found is None:
        raise Http404
    return found


def on_wall(one: queries.Waiting) -> dict[str, Any]:
    """A row; of what a room may not read no more than that it waits, and how long."""
    shown = row(one.alert, one.delivery)
    if one.alert.tlp not in READ_AT_A_DESK:
        return shown
    kept = ("id", "left", "acknowledge_within", "acknowledge_by", "is_exercise")
    return {**{name: shown[name] for name in kept}, "is_restricted": True}


def wall_feed(acting: Acting) -> list[dict[str, Any]]:
    """What changed, newest first, as far as a room may read it. 2 queries."""
    entries = Entry.objects.visible_to(acting).filter(verb__in=FEED_VERBS, seq__isnull=False, persons__isnull=True)
    newest = list(entries.select_related("owner").order_by("-seq")[: FEED_LENGTH * 2])
    alerts = {entry.object_id for entry in newest if entry.kind == "alert"}
    open_ones = Alert.objects.visible_to(acting).filter(pk__in=alerts).exclude(tlp__in=READ_AT_A_DESK)
    readable = set(open_ones.values_list("pk", flat=True))
    return [feed_item(entry) for entry in newest if entry.kind != "alert" or entry.object_id in readable][:FEED_LENGTH]
