"""The delta feed: everything that changed since a cursor, without a gap or a repeat."""

from typing import Any, ClassVar
from uuid import UUID

from django.db import connections
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portsec.access.acting import current_alias
from portsec.access.api import OrganisationName
from portsec.access.pages import first_after
from portsec.api import ActingViewSet, read_limit, read_uuid
from portsec.journal.cursors import BadCursorError, open_cursor, seal
from portsec.journal.models import Entry, EntryQuerySet
from portsec.live.links import link_to
from portsec.problems import Fault, Gone, Refused


class ChangeSerializer(serializers.ModelSerializer[Entry]):
    # Of a row of the feed (`EntryQuerySet.as_told`). What stands here as a docstring, API clients read.

    entry = serializers.UUIDField(source="id")
    id = serializers.UUIDField(source="object_id")
    audience = serializers.UUIDField(source="audience_id")
    organisation = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()

    class Meta:
        model = Entry
        fields = ("entry", "at", "verb", "kind", "id", "audience", "organisation", "summary", "url")

    def to_representation(self, entry: Any) -> dict[str, Any]:
        """Entries about access also name the `audiences` that were granted or revoked: their entries are to be read, or forgotten."""
        told: dict[str, Any] = super().to_representation(entry)
        return {**told, "audiences": self.audiences_of(entry)} if entry.kind == "access" else told

    def audiences_of(self, entry: Any) -> list[str]:
        audiences: list[str] | None = entry.row__audiences
        return audiences or []

    @extend_schema_field(OrganisationName)
    def get_organisation(self, entry: Any) -> dict[str, str]:
        return {"id": str(entry.owner_id), "name": entry.owner__name}

    def get_url(self, entry: Any) -> str:
        return link_to(entry.kind, str(entry.object_id))


class HistorySerializer(ChangeSerializer):
    # Of an entry itself.
    organisation = OrganisationName(source="owner")  # type: ignore[assignment]
    actor = serializers.CharField(source="actor.short_name", default=None)

    class Meta(ChangeSerializer.Meta):
        fields = (*ChangeSerializer.Meta.fields, "actor", "before", "after", "request_id")  # type: ignore[assignment]

    def audiences_of(self, entry: Entry) -> list[str]:
        audiences: list[str] = entry.row.get("audiences", [])
        return audiences


class ChangesSerializer(serializers.Serializer[Any]):
    results = ChangeSerializer(many=True)
    cursor = serializers.CharField()
    more = serializers.BooleanField()


class ChangeViewSet(ActingViewSet):
    serializer_class = ChangeSerializer
    as_files: ClassVar[frozenset[str]] = frozenset()  # a feed: its cursor is what a program keeps
    parameters: ClassVar[frozenset[str]] = frozenset({"cursor", "kind", "audience"})

    @extend_schema(responses=ChangesSerializer)
    def list(self, request: Request) -> Response:
        """`cursor=latest` gives the present end. `Prefer: wait=25` holds the request until something comes."""
        organisation, limit = self.acting.organisation.pk, read_limit(request)
        oldest, newest = ends()
        wanted = request.query_params.get("cursor", "")
        if wanted == "latest":
            return Response({"results": [], "cursor": seal(newest, organisation), "more": False})
        since = self._since(wanted, organisation)
        if wanted and since + 1 < oldest:
            raise Gone
        entries = self._entries(request).filter(seq__gt=since, seq__lte=newest)
        found = list(first_after(entries, self.acting, by="seq", limit=limit + 1).as_told())
        page, more = found[:limit], len(found) > limit
        # Past entries that others see there is nothing to read: the cursor moves to the end that this answer knew of.
        position = page[-1].seq if more else max(newest, since)
        return Response({"results": self.get_serializer(page, many=True).data, "cursor": seal(position, organisation), "more": more})

    def _since(self, wanted: str, organisation: UUID) -> int:
        try:
            return open_cursor(wanted, organisation) if wanted else 0
        except BadCursorError as error:
            remedy = _("Not a cursor of your organisation. Use one from an earlier answer, or start with cursor=latest.")
            raise Refused(Fault("cursor", remedy, "bad_cursor")) from error

    def _entries(self, request: Request) -> EntryQuerySet:
        entries: EntryQuerySet = Entry.objects.visible_to(self.acting)
        if kind := request.query_params.get("kind"):
            entries = entries.filter(kind=kind)
        if audience := read_uuid(request, "audience"):
            entries = entries.filter(audience=audience)
        return entries


def ends() -> tuple[int, int]:
    """The oldest kept and the newest numbered position. Read before the entries, so that what comes later is not skipped."""
    with connections[current_alias()].cursor() as cursor:
        cursor.execute("SELECT oldest, newest FROM journal_ends()")
        oldest, newest = cursor.fetchone()
    return oldest, newest


def history_of(view: ActingViewSet, kind: str, pk: Any) -> Response:
    """Each change of one object as the acting organisation may see it, oldest first."""
    entries = Entry.objects.visible_to(view.acting).of_object(kind, pk).select_related("owner", "actor").order_by("at", "pk")
    return Response({"results": HistorySerializer(entries, many=True).data})
