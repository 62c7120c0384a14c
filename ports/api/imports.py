"""`/api/v1/port-imports/`: a file of ports, looked at, then confirmed or thrown away. For people alone (docs/set-up.md)."""

from dataclasses import dataclass
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from ports import actions
from ports.actions.importing import planned
from ports.importing import New, Plan, RefusedLine
from ports.importing.text import ENCODINGS, check_size
from ports.models import PortImport
from portsec.access.api import RegionName
from portsec.access.coordination import find_coordinated, require_coordinated
from portsec.api import ActingViewSet, StrictSerializer
from portsec.problems import Fault


class NewPortSerializer(serializers.Serializer[New]):
    """`name_in_file` differs from `name` where that was not unique, and got its country or code."""

    line = serializers.IntegerField(source="line.number")
    name = serializers.CharField(source="organisation.name")
    name_in_file = serializers.CharField(source="line.name")
    unlocode = serializers.CharField(source="profile.unlocode")
    latitude = serializers.FloatField(source="profile.latitude")
    longitude = serializers.FloatField(source="profile.longitude")
    time_zone = serializers.CharField(source="organisation.time_zone")


class FaultSerializer(serializers.Serializer[Fault]):
    """As in a problem document; the pointer names the column, and is empty for the line as a whole."""

    pointer = serializers.CharField()
    detail = serializers.CharField()
    code = serializers.CharField()


class RefusedLineSerializer(serializers.Serializer[RefusedLine]):
    line = serializers.IntegerField(source="line.number")
    name = serializers.CharField(source="line.name")
    unlocode = serializers.CharField(source="line.unlocode")
    errors = FaultSerializer(many=True, source="faults")  # type: ignore[assignment]  # a field, not what DRF calls by this name


class CountsSerializer(serializers.Serializer[Any]):
    new = serializers.IntegerField()
    known = serializers.IntegerField()
    refused = serializers.IntegerField()


@dataclass(frozen=True)
class Look:
    """A file beside what it would do as things stand now, or did."""

    asked: PortImport
    plan: Plan

    @property
    def counts(self) -> dict[str, int]:
        return dict(zip(("new", "known", "refused"), self.plan.counts, strict=True))


class PortImportSerializer(serializers.Serializer[Look]):
    """`new` become ports; `known` ones are in the region already and stay as they are; `refused` lines say what to do."""

    id = serializers.UUIDField(source="asked.pk")
    region = RegionName(source="asked.region")
    file_name = serializers.CharField(source="asked.file_name")
    encoding = serializers.CharField(source="asked.encoding")
    delimiter = serializers.CharField(source="asked.delimiter", trim_whitespace=False)
    time_zone = serializers.CharField(source="asked.time_zone")
    created_at = serializers.DateTimeField(source="asked.created_at")
    counts = CountsSerializer()
    new = NewPortSerializer(many=True, source="plan.new")
    refused = RefusedLineSerializer(many=True, source="plan.refused")


class PortFileInput(StrictSerializer):
    """A form with a file (multipart/form-data). `time_zone` is for each port whose line names none."""

    file = serializers.FileField(max_length=None, allow_empty_file=True)
    region = serializers.UUIDField()
    time_zone = serializers.CharField()
    encoding = serializers.ChoiceField(choices=[one for one in ENCODINGS if one], required=False, help_text="Left out, it is found.")


class ConfirmInput(StrictSerializer):
    """The `counts` that were read, each of them."""

    new = serializers.IntegerField(min_value=0, max_value=1_000_000)
    known = serializers.IntegerField(min_value=0, max_value=1_000_000)
    refused = serializers.IntegerField(min_value=0, max_value=1_000_000)
    skip_bad_rows = serializers.BooleanField(default=False, help_text="Leave the refused lines out; else they refuse the whole.")


class ImportedPortSerializer(serializers.Serializer[New]):
    id = serializers.UUIDField(source="profile.organisation_id")
    name = serializers.CharField(source="organisation.name")
    unlocode = serializers.CharField(source="profile.unlocode")


class ImportedSerializer(serializers.Serializer[Look]):
    region = RegionName(source="asked.region")
    counts = CountsSerializer()
    ports = ImportedPortSerializer(many=True, source="plan.new")


class PortImportViewSet(ActingViewSet):
    """Files of ports of the acting coordination body that wait: nothing of them is in the region yet."""

    serializer_class = PortImportSerializer
    parser_classes = [MultiPartParser, JSONParser]
    as_files: ClassVar[frozenset[str]] = frozenset()  # there is no list of them

    def get_queryset(self) -> Any:
        return PortImport.objects.waiting(self.acting).select_related("region")

    def retrieve(self, request: Request, pk: str) -> Response:
        """What it would do as things stand now: every line that is new or refused."""
        return self._shown(self._own())

    @extend_schema(request={"multipart/form-data": PortFileInput}, responses={201: PortImportSerializer})
    def create(self, request: Request) -> Response:
        """Reads a CSV file of at most 5,000 ports and 4 MB, and keeps it for a day; brings nothing in before `confirm/`."""
        if (again := self.repeated()) is not None:
            return again
        self.acting.require("port.import")
        said = dict(self.read_input(PortFileInput))
        region, file = find_coordinated(self.acting, "port.import", said.pop("region")), said.pop("file")
        check_size(file.size or 0)
        return self._shown(actions.look_at_ports(self.acting, region, data=file.read(), file_name=file.name, **said), status=201)

    @extend_schema(request={"application/json": ConfirmInput}, responses=ImportedSerializer)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: str) -> Response:
        """Brings the new ports in, all or none. 409 where something changed since you looked."""
        if (again := self.repeated()) is not None:
            return again
        asked, said = self._own(), self.read_input(ConfirmInput)
        agreed = (said["new"], said["known"], said["refused"])
        plan = actions.import_ports(self.acting, asked, agreed=agreed, skip_bad_rows=said["skip_bad_rows"])
        return Response(ImportedSerializer(Look(asked, plan)).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Throws the file away; nothing of it was brought in."""
        asked = self._own()
        self.check_match(self._data_of(asked))
        actions.discard_import(self.acting, asked)
        return Response(status=204)

    def _own(self) -> PortImport:
        asked: PortImport = self.get_object()
        require_coordinated(self.acting, "port.import", asked.region)
        return asked

    def _shown(self, asked: PortImport, *, status: int = 200) -> Response:
        return self.tagged(self._data_of(asked), status=status)

    def _data_of(self, asked: PortImport) -> Any:
        return PortImportSerializer(Look(asked, planned(asked))).data
