"""`/api/v1/audit-log/`: the acting organisation's own log, as JSON by pages or as one file."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portsec.api import ActingViewSet, page_body, read_flag, read_limit, read_places
from portsec.journal.audit import Choice, Group, Line, audit_count, audit_page, linked_kinds
from portsec.journal.export import export_log
from portsec.journal.forms import AuditForm
from portsec.list_files import refuse_paging, wanted_form
from portsec.problems import Fault, Refused
from portsec.tables import MEDIA_TYPES


class AuditLineSerializer(serializers.Serializer[Line]):
    """An entry of the journal, or a reading (`verb` read, with `label` and `through`)."""

    id = serializers.UUIDField(source="pk")
    at = serializers.DateTimeField()
    verb = serializers.CharField()
    kind = serializers.CharField()
    object_id = serializers.UUIDField()
    url = serializers.CharField(help_text="Of the object's page; empty where it may not be seen any more.")
    person = serializers.CharField(source="person.name", default=None)
    person_id = serializers.UUIDField(source="person.pk", default=None)
    summary = serializers.CharField()
    label = serializers.CharField(source="reading.label", default=None)  # type: ignore[assignment]
    through = serializers.CharField(source="reading.through", default=None)
    before = serializers.JSONField(source="entry.before", default=None)
    after = serializers.JSONField(source="entry.after", default=None)
    request_id = serializers.CharField()


FILTERS = [
    OpenApiParameter("person", OpenApiTypes.UUID, description="who did or read it: a member or token of your organisation"),
    OpenApiParameter("group", str, enum=Group.values),
    OpenApiParameter("kind", str, description="of the object: alert, …"),
    OpenApiParameter("since", OpenApiTypes.DATE, description="from this day of your organisation's clock"),
    OpenApiParameter("until", OpenApiTypes.DATE, description="to this day, included"),
]


class AuditLogViewSet(ActingViewSet):
    serializer_class = AuditLineSerializer
    parameters: ClassVar[frozenset[str]] = frozenset({"person", "group", "kind", "since", "until"})
    verb_to_read = "audit.read"

    @extend_schema(parameters=FILTERS, responses=AuditLineSerializer(many=True))
    def list(self, request: Request) -> Any:
        """Newest first. A file holds at most 5,000 rows, and is itself recorded."""
        choice = self._choice(request)
        if form := wanted_form(request):
            refuse_paging(request)
            return (
                export_log(self.acting, choice).as_answer(form) if request.method == "GET" else HttpResponse(content_type=MEDIA_TYPES[form])
            )
        before, after = read_places(request)
        page = audit_page(self.acting, choice, limit=read_limit(request), before=before, after=after)
        count = {"count": audit_count(self.acting, choice)} if read_flag(request, "count") else {}
        return Response({**page_body(self, page), **count})

    def _choice(self, request: Request) -> Choice:
        form = AuditForm(self.acting, request.query_params)
        if not form.is_valid():
            raise Refused(*_faults(form))
        return form.choice()


def _faults(form: AuditForm) -> Iterator[Fault]:
    for name, errors in form.errors.as_data().items():
        for error in errors:
            for message in error.messages:
                remedy = f"{message} {', '.join(linked_kinds())}." if name == "kind" else message
                yield Fault(name, remedy, error.code or "invalid")
