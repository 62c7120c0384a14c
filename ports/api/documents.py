"""`/api/v1/port-documents/`: what it is, its versions, its files."""

from typing import Any, ClassVar

from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.decorators import action
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from ports import actions
from ports.api.activity import wish_of
from ports.api.contact_serializers import AudienceName
from ports.models import DocumentVersion, PortDocument
from ports.queries import documents as queries
from portsec.access.api import AudienceInput, OrganisationName
from portsec.api import ActingViewSet, StrictSerializer, listed, read_choice, read_flag, read_uuid
from portsec.files.serving import file_response
from portsec.files.store import FileMissing
from portsec.journal.api import HistorySerializer, history_of
from portsec.journal.models import Reading
from portsec.journal.readings import record_reading, record_readings


class FileIsMissing(exceptions.APIException):
    status_code = 503
    default_detail = "The file is on record, but not in the store. Tell the operator of this installation."
    default_code = "file_missing"


class DocumentVersionSerializer(serializers.ModelSerializer[DocumentVersion]):
    uploaded_by = serializers.CharField(source="uploaded_by.short_name", default=None)
    file = serializers.SerializerMethodField(help_text="Where the file is.")

    class Meta:
        model = DocumentVersion
        fields = ("number", "file_name", "size", "sha256", "media_type", "note", "uploaded_by", "uploaded_at", "file")

    def get_file(self, version: DocumentVersion) -> str:
        return reverse("port-document-file", args=[version.document_id, version.number])


class PortDocumentSerializer(serializers.ModelSerializer[PortDocument]):
    port = OrganisationName(source="owner")
    audience = AudienceName()
    versions = DocumentVersionSerializer(many=True)

    class Meta:
        model = PortDocument
        fields = ("id", "port", "title", "kind", "tlp", "audience", "created_at", "is_active", "retired_at", "retire_reason", "versions")


class DocumentInput(StrictSerializer, serializers.ModelSerializer[PortDocument]):
    """A form with a file (multipart/form-data). `audience` is JSON as everywhere; left out, your own organisation reads it."""

    file = serializers.FileField(max_length=None, allow_empty_file=True)
    note = serializers.CharField(required=False, allow_blank=True, max_length=300)
    audience = serializers.JSONField(required=False, help_text='`{"kind", "region"?, "organisations"?}`, as text.')
    persons = serializers.ListField(child=serializers.UUIDField(), required=False, help_text="Of TLP:RED: who may read it.")

    class Meta:
        model = PortDocument
        fields = ("title", "kind", "tlp", "file", "note", "audience", "persons")

    def validate_audience(self, value: Any) -> Any:
        asked = AudienceInput(data=value)
        asked.is_valid(raise_exception=True)
        return asked.validated_data


class VersionInput(StrictSerializer):
    """`after`: the newest version that you read; left out, nobody is asked whether another came."""

    file = serializers.FileField(max_length=None, allow_empty_file=True)
    note = serializers.CharField(required=False, allow_blank=True, max_length=300)
    after = serializers.IntegerField(required=False, min_value=1, max_value=32_000)


class DocumentChange(StrictSerializer, serializers.ModelSerializer[PortDocument]):
    class Meta:
        model = PortDocument
        fields = ("title", "kind")


class ReasonInput(StrictSerializer):
    reason = serializers.CharField(max_length=200)


class PortDocumentViewSet(ActingViewSet):
    """Documents of ports, with every version of their files."""

    serializer_class = PortDocumentSerializer
    parser_classes = [MultiPartParser, JSONParser]
    parameters: ClassVar[frozenset[str]] = frozenset({"port", "kind", "is_active"})

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """A file has its own media type, whatever the client likes to accept."""
        return super().perform_content_negotiation(request, force=force or self.action == "file")

    def get_queryset(self) -> Any:
        return queries.with_versions(self.acting, queries.documents(self.acting))

    @extend_schema(parameters=[OpenApiParameter("port", OpenApiTypes.UUID), OpenApiParameter("is_active", bool)])
    def list(self, request: Request) -> Response:
        """Newest first, retired ones too. `port`: of one port; `kind`; `is_active`: true or false; `search`: in titles."""
        found = self.get_queryset()
        if (port := read_uuid(request, "port")) is not None:
            found = found.filter(owner=port)
        if kind := read_choice(request, "kind", PortDocument.Kind.values):
            found = found.filter(kind=kind)
        if "is_active" in request.query_params:
            found = found.filter(is_active=read_flag(request, "is_active"))
        if search := request.query_params.get("search"):
            found = found.filter(title__icontains=search)
        return listed(self, found, by="created_at", read=self._read)

    def retrieve(self, request: Request, pk: str) -> Response:
        document = self.get_object()
        self._read([document])
        return self._shown(document)

    @extend_schema(request={"multipart/form-data": DocumentInput}, responses={201: PortDocumentSerializer})
    def create(self, request: Request) -> Response:
        """Adds a document of your port with its first file: PDF, PNG, JPEG, WebP, DOCX, XLSX, ODT, TXT or CSV, up to 20 MB."""
        if (again := self.repeated()) is not None:
            return again
        self.acting.require("document.keep")
        data = dict(self.read_input(DocumentInput))
        if wish := wish_of(data.pop("audience", None)):
            data["wish"] = wish
        return self._shown(actions.add_document(self.acting, **data), status=201)

    @extend_schema(request={"application/json": DocumentChange}, responses=PortDocumentSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Changes title or kind. Label and audience stay: those who know it would keep it."""
        document = self.get_object()
        self.acting.require("document.keep")
        self.check_match(self.get_serializer(document).data)
        changes = self.read_input(DocumentChange, instance=document, partial=True)
        return self._shown(actions.edit_document(self.acting, document, **changes))

    @extend_schema(request={"multipart/form-data": VersionInput}, responses={201: PortDocumentSerializer})
    @action(detail=True, methods=["post"])
    def versions(self, request: Request, pk: str) -> Response:
        """Adds a newer file. The older ones stay readable."""
        if (again := self.repeated()) is not None:
            return again
        document = self.get_object()
        self.acting.require("document.keep")
        actions.add_version(self.acting, document, **self.read_input(VersionInput))
        return self._shown(document, status=201)

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
                   parameters=[OpenApiParameter("number", int, OpenApiParameter.PATH)])  # fmt: skip
    @action(detail=True, methods=["get"], url_path="versions/(?P<number>[0-9]{1,5})/file")
    def file(self, request: Request, pk: str, number: str) -> HttpResponseBase:
        """The file of one version, under its own media type."""
        version = get_object_or_404(queries.versions(self.acting, self.get_object()), number=int(number))
        record_reading(self.acting, version, version.document.tlp, Reading.Through.API)
        try:
            return file_response(version.stored_as, version.file_name, version.media_type, download=True)
        except FileMissing as error:
            raise FileIsMissing from error

    @extend_schema(request={"application/json": ReasonInput}, responses=PortDocumentSerializer)
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, pk: str) -> Response:
        """It is not in use any more, and stays readable with its versions."""
        if (again := self.repeated()) is not None:
            return again
        document = self.get_object()
        self.acting.require("document.keep")
        return self._shown(actions.retire_document(self.acting, document, **self.read_input(ReasonInput)))

    @extend_schema(responses=HistorySerializer(many=True))
    @action(detail=True, methods=["get"])
    def history(self, request: Request, pk: str) -> Response:
        document = self.get_object()
        self._read([document])
        return history_of(self, "port_document", document.pk)

    def _read(self, found: Any, through: Reading.Through = Reading.Through.API) -> None:
        record_readings(self.acting, [(one, one.tlp) for one in found], through)

    def _shown(self, document: PortDocument, *, status: int = 200) -> Response:
        return self.tagged(self.get_serializer(self.get_queryset().get(pk=document.pk)).data, status=status)
