"""What every resource of `/api/v1/` shares: strict input, keyset pages, ETags, idempotent POSTs (interface.md)."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, Protocol
from urllib.parse import urlencode
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import Http404
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from rest_framework import serializers, viewsets
from rest_framework.fields import empty
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from portsec.access.acting import Acting
from portsec.access.models import ShareableQuerySet
from portsec.access.pages import COUNT_CAP, Key, Page, capped_count, newest_page, plain_page
from portsec.journal.idempotency import first_answer, keep_answer
from portsec.journal.models import IdempotencyKey, Reading
from portsec.list_files import FILES, MOST, FileSchema, FormatNegotiation, as_response, batches, list_file, place_of, wanted_form
from portsec.problems import Fault, PreconditionFailed, PreconditionRequired, Refused

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 200
UUID_PATTERN = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses what it does not understand: a misspelt field would otherwise be dropped in silence."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            known = {name for name, field in self.fields.items() if not field.read_only}
            unknown = [name for name in data if name not in known]
            if unknown:
                message = _("Unknown field. Known are: %s.") % ", ".join(sorted(known))
                raise serializers.ValidationError({name: [serializers.ErrorDetail(message, "unknown_field")] for name in unknown})
        return super().to_internal_value(data)

    def run_validation(self, data: Any = empty) -> Any:
        if data is not empty and data is not None and not isinstance(data, Mapping):
            raise serializers.ValidationError({"non_field_errors": [serializers.ErrorDetail(_("Send a JSON object."), "not_an_object")]})
        return super().run_validation(data)


class ActingViewSet(viewsets.GenericViewSet[Any]):
    """A resource seen by the acting organisation. `parameters` are the query parameters that a list understands.

    `as_files` names the actions that also answer with a file, through `listed`, `listed_all` or `list_file`.
    """

    lookup_value_regex = UUID_PATTERN
    parameters: ClassVar[frozenset[str]] = frozenset()
    verb_to_read = "read"
    as_files: ClassVar[frozenset[str]] = frozenset({"list"})
    content_negotiation_class = FormatNegotiation
    schema = FileSchema()

    @property
    def basename_of_file(self) -> str:
        """alerts, security-levels: as the address has it."""
        words = self.request.path.strip("/").split("/")
        return words[-1]

    def get_renderers(self) -> list[Any]:
        return [JSONRenderer(), *(one() for one in FILES if self.action in self.as_files)]

    @property
    def acting(self) -> Acting:
        acting = self.request.auth
        if not isinstance(acting, Acting):
            raise Http404
        return acting

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method in {"GET", "HEAD"}:
            self.acting.require(self.verb_to_read)
        known = self.parameters | LIST_PARAMETERS if self.action == "list" else self.parameters_of_action()
        faults = [Fault(name, _("Unknown parameter. Known are: %s.") % (", ".join(sorted(known)) or "–"), "unknown_parameter")
                  for name in request.query_params if name not in known]  # fmt: skip
        faults += [Fault(name, _("Leave the null character out."), "null_character")
                   for name, value in request.query_params.items() if "\x00" in value]  # fmt: skip
        if faults:
            raise Refused(*faults)

    def parameters_of_action(self) -> frozenset[str]:
        return frozenset({"format"}) if self.action in self.as_files else frozenset()

    def get_queryset(self) -> Any:
        """Override: what the acting organisation may read. There is no default."""
        raise TypeError(f"{type(self).__name__} does not say what may be read")

    def read_input(self, serializer_class: type[serializers.BaseSerializer[Any]], **options: Any) -> Any:
        """The checked body; raises DRF's ValidationError."""
        serializer = serializer_class(data=self.request.data, context=self.get_serializer_context(), **options)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    # Idempotency-Key: the first answer again (24 h), whatever became of the object meanwhile.

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        self.kept: IdempotencyKey | None = None
        response = super().dispatch(request, *args, **kwargs)
        if self.kept is not None and response.status_code < 400:
            keep_answer(self.kept, response.status_code, self.to_keep(response.data), {"ETag": response.headers.get("ETag", "")})
        return response

    def to_keep(self, data: Any) -> Any:
        """What a repeated request is answered. Override to leave out what is shown once."""
        return data

    def repeated(self) -> Response | None:
        """Called first by each POST handler: the earlier answer to the same key, or None after noting the key."""
        key = self.request.headers.get("Idempotency-Key")
        if key is None:
            return None
        sent = self.request.data
        written = dict(sent.lists()) if isinstance(sent, MultiValueDict) else sent
        body = json.dumps(written, sort_keys=True, separators=(",", ":"), default=_as_text)
        fingerprint = hashlib.sha256(f"{self.request.method} {self.request.path}\n{body}".encode()).hexdigest()
        self.kept, earlier = first_answer(self.acting, key, fingerprint)
        if earlier is None:
            return None
        headers = {name: value for name, value in earlier.headers.items() if value} | {"Idempotency-Replayed": "true"}
        return Response(earlier.body, status=earlier.status, headers=headers)

    # ETag and If-Match: nobody writes over a version that he has not read.

    def tagged(self, data: Any, *, status: int = 200) -> Response:
        return Response(data, status=status, headers={"ETag": etag(data)})

    def check_match(self, current: Any) -> None:
        wanted = self.request.headers.get("If-Match")
        if wanted is None:
            raise PreconditionRequired
        if wanted != "*" and etag(current) not in [tag.strip() for tag in wanted.split(",")]:
            raise PreconditionFailed


def _as_text(value: Any) -> str:
    """A file counts by its content: another one under the same name is another request."""
    if not isinstance(value, UploadedFile) or value.closed:
        return str(value)
    digest = hashlib.sha256()
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)
    return f"{value.name} {digest.hexdigest()}"


LIST_PARAMETERS = frozenset({"limit", "before", "after", "count", "search", "ordering", "format"})


def etag(data: Any) -> str:
    """A strong tag of what the client was shown."""
    return '"' + hashlib.sha256(JSONRenderer().render(data)).hexdigest()[:32] + '"'


def listed(
    view: ActingViewSet,
    queryset: ShareableQuerySet,
    *,
    by: str = "published_at",
    read: Callable[..., None] | None = None,
) -> Response:
    """A keyset page: `{"results", "next", "previous"}`, and `count` only where it is asked for; or the whole list as a file.

    `read` is told the records that go out, where their reading is on record, and `through="export"` where in a file.
    """
    page_of = partial(newest_page, queryset, view.acting, by=by)
    return _listed(view, page_of, partial(capped_count, queryset, view.acting), by, read)


def listed_plainly(view: ActingViewSet, queryset: QuerySet[Any], *, by: str) -> Response:
    """As `listed`, for records that stand in no audience: `queryset` is what one may see, and all of it."""
    return _listed(view, partial(plain_page, queryset, by=by), lambda: queryset[:COUNT_CAP].count(), by)


def _listed(
    view: ActingViewSet, page_of: Callable[..., Page[Any]], count: Callable[[], int], by: str, read: Callable[..., None] | None = None
) -> Response:
    request = view.request
    before, after = read_places(request)
    if wanted_form(request):
        noted = partial(read, through=Reading.Through.EXPORT) if read else None
        pages = batches(page_of, before)
        return as_response(list_file(view, pages, lambda last: address_of_page(request, "before", place_of(last, by)), noted))
    page = page_of(limit=read_limit(request), before=before, after=after)
    if read is not None and request.method == "GET":
        read(page.records)
    body = page_body(view, page)
    if read_flag(request, "count"):
        body["count"] = count()
    return Response(body)


class KeysetPage(Protocol):
    @property
    def records(self) -> Sequence[Any]: ...
    @property
    def newer(self) -> Key | None: ...
    @property
    def older(self) -> Key | None: ...


def page_body(view: ActingViewSet, page: KeysetPage) -> dict[str, Any]:
    """A keyset page as each list answers it."""
    return {
        "results": view.get_serializer(page.records, many=True).data,
        "next": address_of_page(view.request, "before", page.older),
        "previous": address_of_page(view.request, "after", page.newer),
    }


def read_places(request: Request) -> tuple[Key | None, Key | None]:
    """`before` and `after`; raises Refused where they are not places of a list."""
    return _read_key(request, "before"), _read_key(request, "after")


def listed_all(view: ActingViewSet, queryset: Any) -> Response:
    """For short, closed lists (regions, organisations, ports): one page by position in their own order; or all of it as a file."""
    request = view.request
    limit, start = read_limit(request), _read_position(request)
    if wanted_form(request):
        rest = list(queryset[start : start + MOST + 1])
        return as_response(list_file(view, [rest], lambda _last: address_of_page(request, "before", start + MOST)))
    found = list(queryset[start : start + limit + 1])
    body: dict[str, Any] = {
        "results": view.get_serializer(found[:limit], many=True).data,
        "next": address_of_page(request, "before", start + limit if len(found) > limit else None),
        "previous": address_of_page(request, "before", max(0, start - limit) if start else None),
    }
    if read_flag(request, "count"):
        body["count"] = queryset.count()
    return Response(body)


def read_limit(request: Request) -> int:
    text = request.query_params.get("limit", str(DEFAULT_LIMIT))
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= LARGEST_LIMIT):
        raise Refused(Fault("limit", _("Give a number from 1 to %d.") % LARGEST_LIMIT, "out_of_range"))
    return int(text)


def read_flag(request: Request, name: str) -> bool:
    value = request.query_params.get(name, "false")
    if value not in {"true", "false"}:
        raise Refused(Fault(name, _("Give true or false."), "invalid"))
    return value == "true"


def read_choice(request: Request, name: str, choices: Any, default: str = "") -> str:
    value: str = request.query_params.get(name, default)
    if value and value not in choices:
        raise Refused(Fault(name, _("Give one of: %s.") % ", ".join(choices), "invalid_choice"))
    return value


def read_uuid(request: Request, name: str) -> UUID | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise Refused(Fault(name, _("Give an id as the API writes them."), "invalid")) from error


def _read_key(request: Request, name: str) -> Key | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        return Key.parse(text)
    except ValueError as error:
        raise Refused(Fault(name, _("Not a place of this list. Follow the addresses in next and previous."), "invalid")) from error


def _read_position(request: Request) -> int:
    text = request.query_params.get("before", "0")
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise Refused(Fault("before", _("Not a place of this list. Follow the addresses in next and previous."), "invalid"))
    return int(text)


def address_of_page(request: Request, name: str, place: Any) -> str | None:
    if place is None:
        return None
    kept = {key: value for key, value in request.query_params.items() if key not in {"before", "after"}}
    return request.build_absolute_uri(f"{request.path}?{urlencode(kept | {name: str(place)})}")
