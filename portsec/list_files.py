"""`?format=csv` and `?format=xlsx` on the lists of `/api/v1/`: the same records behind the same walls, as one file (interface.md)."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, cast

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from portsec.access.acting import Acting
from portsec.access.models import Audience, Shareable
from portsec.access.pages import Key, Page
from portsec.access.tlp import OF_AUDIENCE, Tlp
from portsec.problems import Fault, Refused
from portsec.tables import CSV, MEDIA_TYPES, XLSX, Table, in_utc, spool

if TYPE_CHECKING:
    from portsec.api import ActingViewSet  # it is built on this module

LABEL = "tlp"
MOST = 10_000  # rows of one file
AT_ONCE = 500  # records in memory


class FileRenderer(BaseRenderer):
    """The list makes the file itself; what is wrong with a request is said as a problem document here too."""

    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        return bytes(JSONRenderer().render(data))


class CsvRenderer(FileRenderer):
    media_type = MEDIA_TYPES[CSV]
    format = CSV


class XlsxRenderer(FileRenderer):
    media_type = MEDIA_TYPES[XLSX]
    format = XLSX


FILES: tuple[type[FileRenderer], ...] = (CsvRenderer, XlsxRenderer)


class FormatNegotiation(DefaultContentNegotiation):
    """An unknown format is answered with those that there are."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        try:
            return super().select_renderer(request, renderers, format_suffix)
        except (Http404, NotAcceptable) as error:
            known = ", ".join(renderer.format for renderer in renderers)
            raise NotAcceptable(_("This address has no such format. Choose with ?format= one of: %s.") % known) from error


class FileSchema(AutoSchema):
    """In the description of the API a file is bytes, not the records of the JSON answer."""

    def _get_response_for_code(self, *args: Any, **options: Any) -> Any:
        answer = super()._get_response_for_code(*args, **options)  # type: ignore[no-untyped-call]
        for media_type in set(MEDIA_TYPES.values()) & set(answer.get("content", {})):
            answer["content"][media_type] = {"schema": {"type": "string", "format": "binary"}}
        return answer


def wanted_form(request: Request) -> str:
    """csv, xlsx, or nothing where JSON is wanted."""
    renderer = getattr(request, "accepted_renderer", None)
    return str(renderer.format) if isinstance(renderer, FileRenderer) else ""


Records = Iterable[Sequence[Any]]
Read = Callable[..., None]


@dataclass
class Gathered:
    """The rows of a file, kept on disk until the whole is known: the strictest label stands in the first line."""

    columns: Sequence[str]
    labels: set[str]
    file: IO[bytes] = field(default_factory=spool)
    count: int = 0
    last: Any = None
    is_cut: bool = False

    def take(self, view: "ActingViewSet", batch: Sequence[Any], read: Read | None) -> None:
        kept = batch[: MOST - self.count]
        self.is_cut = len(kept) < len(batch)
        if read is not None:
            read(kept)
        shown = cast("list[dict[str, Any]]", view.get_serializer(kept, many=True).data)
        for record, data, label in zip(kept, shown, labels_of(kept), strict=True):
            told = {**data, LABEL: label}
            self.file.write(json.dumps([cell_of(told, column) for column in self.columns]).encode() + b"\n")
            self.labels |= {label} - {""}
            self.last, self.count = record, self.count + 1

    def rows(self) -> Iterator[list[Any]]:
        self.file.seek(0)
        return (json.loads(line) for line in self.file)


def list_file(
    view: "ActingViewSet", batches: Records, next_address: Callable[[Any], str | None], read: Read | None = None, label: str = ""
) -> HttpResponseBase:
    """The list as a file, `batches` of records after one another, at most MOST.

    Where there are more, the file says so in its first lines and gives `next_address(last record)`. `read` is told each batch,
    for what is on record when it is read; `label` is that of what the rows belong to. HEAD answers with the headers alone and
    takes nothing out.
    """
    form = wanted_form(view.request)
    refuse_paging(view.request)
    if view.request.method != "GET":
        return HttpResponse(content_type=MEDIA_TYPES[form])
    found = Gathered(all_columns(view.get_serializer()), {label} - {""})
    for batch in batches:
        found.take(view, batch, read)
        if found.is_cut:
            break
    further = next_address(found.last) if found.is_cut else None
    notes = notes_of(view.acting, view.basename_of_file, found.count, found.labels, further)
    return Table(view.basename_of_file, notes, found.columns, found.rows()).as_answer(form)


def all_columns(serializer: Any) -> list[str]:
    return columns_of(serializer) + ([LABEL] if wants_label(serializer) else [])


def batches(page_of: Callable[..., Page[Any]], before: Key | None) -> Iterator[Sequence[Any]]:
    """The whole list from a place on, a page after the other."""
    while True:
        page = page_of(limit=AT_ONCE, before=before)
        yield page.records
        if page.older is None:
            return
        before = page.older


def place_of(record: Any, by: str) -> Key:
    return Key(getattr(record, by), record.pk)


def as_response(file: Any) -> Response:
    """A file is an answer of Django's own, which Django REST framework passes on as it is: views need not tell them apart."""
    answer: Response = file
    return answer


def refuse_paging(request: Request) -> None:
    faults = [
        Fault(name, _("A file holds the whole list. Leave this out."), "not_with_a_file")
        for name in ("limit", "after", "count")
        if name in request.query_params
    ]
    if faults:
        raise Refused(*faults)


def columns_of(serializer: serializers.BaseSerializer[Any], before: str = "") -> list[str]:
    """The names of the JSON answer; those inside an object are joined with a point: organisation.name."""
    found: list[str] = []
    for name, inner in getattr(serializer, "fields", {}).items():
        is_object = isinstance(inner, serializers.Serializer)
        found += columns_of(inner, f"{before}{name}.") if is_object else [f"{before}{name}"]
    return found


def wants_label(serializer: Any) -> bool:
    """A shared record that bears no label gets a column for that of its audience."""
    model = getattr(getattr(serializer, "Meta", None), "model", object)
    return issubclass(model, Shareable) and LABEL not in serializer.fields


def labels_of(records: Sequence[Any]) -> list[str]:
    """Of each its own label, or the one that its audience asks for; nothing where it is not shared. At most 1 query."""
    unlabelled = {one.audience_id for one in records if isinstance(one, Shareable) and not hasattr(one, LABEL)}
    kinds = dict(Audience.objects.filter(pk__in=unlabelled).values_list("pk", "kind")) if unlabelled else {}
    return [str(getattr(one, LABEL, "")) or _label_of(one, kinds) for one in records]


def _label_of(record: Any, kinds: dict[Any, str]) -> str:
    if not isinstance(record, Shareable):
        return ""
    return str(OF_AUDIENCE.get(kinds.get(record.audience_id, ""), Tlp.AMBER_STRICT))  # of an audience that one has left the narrowest


def cell_of(data: Any, column: str) -> Any:
    for name in column.split("."):
        data = data.get(name) if data else None
    label = column == LABEL and data
    return f"TLP:{data}" if label else data if isinstance(data, str | int | float | bool | list | dict | None) else str(data)


def notes_of(acting: Acting, name: str, count: int, labels: set[str], further: str | None = None) -> list[str]:
    """The strictest label in the file first: whoever passes it on passes that on (domain.md §7)."""
    told = {"list": name, "organisation": acting.organisation.name, "at": in_utc(timezone.now())}
    rows = ngettext("%d row; times in UTC.", "%d rows; times in UTC.", count) % count
    cut = [_("Only the first %(most)d rows. The next file begins at %(address)s") % {"most": MOST, "address": further}] if further else []
    return [strictest(labels), _("%(list)s as %(organisation)s saw it at %(at)s") % told, rows, *cut]


def strictest(labels: set[str]) -> str:
    label = next((one for one in Tlp.values if one in labels), "")
    return f"TLP:{label}" if label else _("No TLP label. Pass it on no further than what it was taken from.")
