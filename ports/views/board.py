"""The regional board: every port's level, alerts and late answers as a table, and the same rows for the map."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_safe

from ports.columns import columns
from ports.forms.board import BoardForm
from ports.queries.board import Board, BoardRow, board, board_regions, chosen_rows, sorted_rows
from ports.views.ports import shown as port_shown
from portsec.access.acting import Acting
from portsec.access.middleware import ActingRequest, stands_on_wall
from portsec.access.models import Region
from portsec.access.tlp import Tlp
from portsec.list_files import notes_of
from portsec.tables import Table, known_form


@require_GET
def region_board(request: ActingRequest, pk: UUID | None = None) -> HttpResponseBase:
    """The board of one of the regions that the organisation sees; without an id of the first that it joined. Also as a file."""
    acting = request.acting
    regions = board_regions(acting)
    region = _chosen(regions, pk)
    whole = board(acting, region.pk) if region else Board([], [])
    form = BoardForm(request.GET)
    rows = sorted_rows(chosen_rows(whole.rows, **form.choice()), form.chosen_order)
    if region and (file := known_form(request.GET.get("format", ""))):
        return as_table(acting, region, rows).as_answer(file)
    context = {
        "region": region,
        "regions": regions,
        "columns": columns(),
        "rows": [row_shown(acting, one) for one in rows],
        "total": len(whole.rows),
        "tally": tally(whole),
        "filters": form,
        "sorts": sort_links(request.GET.dict(), form.chosen_order),
        "map_url": reverse("region_map", args=[region.pk]) if region else "",
        "export_url": f"?{urlencode({name: value for name, value in request.GET.items() if value})}",
    }
    return render(request, "ports/region_board.html", context)


def as_table(acting: Acting, region: Region, rows: list[BoardRow]) -> Table:
    """The numbers are what this organisation may know, and no other may: hence the label."""
    names = ["port", "unlocode", "level", "since", "until", "reason", *(one.name for one in columns())]
    lines = [_line(port_shown(acting, one.level), one) for one in rows]
    return Table("region", notes_of(acting, region.name, len(lines), {Tlp.AMBER_STRICT}), names, lines)


def _line(shown: dict[str, Any], row: BoardRow) -> list[Any]:
    return [*(shown[name] for name in ("name", "unlocode", "level", "since", "until", "reason")), *row.counts.values()]


def _chosen(regions: list[Region], pk: UUID | None) -> Region | None:
    if pk is None:
        return next(iter(regions), None)
    found = next((one for one in regions if one.pk == pk), None)
    if found is None:
        raise Http404
    return found


def row_shown(acting: Acting, row: BoardRow) -> dict[str, Any]:
    """A row of the board, as the table, the map and the wall show it: one shape for all."""
    shown = port_shown(acting, row.level)
    figures = [
        {
            "name": one.name,
            "title": one.title,
            "count": (count := row.counts[one.name]),
            "url": one.records(shown["is_own"]) if count else "",
            "waits": one.waits,
        }
        for one in columns()
    ]
    return {**shown, "short_name": row.level.port.short_name, "figures": figures, "is_waiting": row.is_waiting}


def tally(whole: Board) -> dict[str, int]:
    """The board in numbers, whatever is filtered: ports above level 1, and those that owe an answer."""
    raised = sum(one.level.is_raised for one in whole.rows)
    return {"ports": len(whole.rows), "raised": raised, "waiting": sum(one.is_waiting for one in whole.rows)}


def sort_links(chosen: Mapping[str, str], order: str) -> dict[str, dict[str, str]]:
    """For each heading that sorts: where its link leads (a second press goes back to the coast's order) and what it says now."""
    kept = {name: value for name, value in chosen.items() if name != "order" and value}
    directions = {"port": "ascending", "level": "descending", "waiting": "descending"}
    return {
        name: {
            "url": f"?{urlencode(kept if order == name else {**kept, 'order': name})}",
            "direction": direction if order == name else "none",
        }
        for name, direction in directions.items()
    }


@stands_on_wall
@gzip_page
@require_safe
def region_map(request: ActingRequest, pk: UUID) -> HttpResponseBase:
    """Ports with their levels and figures, and areas to draw, for the map; with `?wall=1` as far as a room may read.

    4 queries of its own; 304 where nothing has changed.
    """
    acting = request.acting
    found = board(acting, pk, on_wall="wall" in request.GET)
    named = [{"name": one.name, "title": one.title, "waits": one.waits} for one in columns()]
    body = encoded({"columns": named, "ports": [on_map(acting, one) for one in found.rows], "areas": found.areas})
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    answer = HttpResponse(body, content_type="application/json", headers={"ETag": tag})
    return get_conditional_response(request, etag=tag, response=answer) or answer


def encoded(content: dict[str, Any]) -> bytes:
    return json.dumps(content, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":")).encode()


ON_MAP = ("code", "unlocode", "url", "is_own", "level")


def on_map(acting: Acting, row: BoardRow) -> dict[str, Any]:
    """No more than the map shows: a region of 200 ports is fetched by every screen."""
    shown, port = port_shown(acting, row.level), row.level.port
    told = {name: shown[name] for name in ON_MAP}
    return {**told, "name": port.short_name, "lat": port.latitude, "lon": port.longitude, **row.counts}
