"""Search over what the user may see. It asks the same walls as the lists, so that it finds nothing they would not show."""

from typing import Any, ClassVar

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.models import Alert
from incidents.queries import filtered
from ports.models import PortProfile
from portsec.access.acting import Acting
from portsec.access.middleware import ActingRequest
from portsec.access.models import Organisation
from portsec.access.pages import newest_page
from portsec.api import ActingViewSet
from portsec.face.found import groups

LONGEST = 200
MOST = 20


def find(acting: Acting, words: str) -> dict[str, list[dict[str, Any]]]:
    """Alerts, ports and organisations whose names hold the words, and what other apps add. 4 queries, and one for each of those."""
    if not words:
        return {"alerts": [], "ports": [], "organisations": [], **{one.name: [] for one in groups()}}
    alerts = newest_page(filtered(acting, show="all", search=words), acting, limit=MOST).records
    ports = PortProfile.objects.visible_to(acting).select_related("organisation")
    named = ports.filter(organisation__name__icontains=words) | ports.filter(unlocode__iexact=words)
    others = Organisation.objects.visible_to(acting).filter(name__icontains=words).exclude(kind=Organisation.Kind.PORT)
    return {
        "alerts": [found_alert(alert) for alert in alerts],
        "ports": [
            {"id": port.pk, "title": port.organisation.name, "meta": port.unlocode, "url": reverse("port_detail", args=[port.unlocode])}
            for port in named[:MOST]
        ],
        "organisations": [
            {"id": one.pk, "title": one.name, "meta": one.get_kind_display(), "url": ""} for one in others.order_by("name")[:MOST]
        ],
        **{one.name: list(one.find(acting, words))[:MOST] for one in groups()},
    }


def found_alert(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.pk,
        "title": alert.headline,
        "meta": f"{alert.ref_id} · {alert.owner.name}",
        "url": alert.get_absolute_url(),
        "is_exercise": alert.is_exercise,
    }


def search(request: ActingRequest) -> HttpResponse:
    words = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST]
    found = find(request.acting, words)
    more = [{"part": one.name, "title": one.title, "icon": one.icon, "found": found[one.name]} for one in groups()]
    total = sum(len(group) for group in found.values())
    return render(request, "portsec/search.html", {"query": words, "results": found, "more": more, "total": total})


class FoundSerializer(serializers.Serializer[dict[str, Any]]):
    kind = serializers.CharField()
    id = serializers.UUIDField()
    title = serializers.CharField()
    meta = serializers.CharField()
    url = serializers.CharField()


class SearchViewSet(ActingViewSet):
    serializer_class = FoundSerializer
    as_files: ClassVar[frozenset[str]] = frozenset()  # a box of several kinds, at most 20 of each
    parameters = frozenset({"q"})

    @extend_schema(parameters=[OpenApiParameter("q", str, required=True)], responses=FoundSerializer(many=True))
    def list(self, request: Request) -> Response:
        """Alerts, ports, organisations and contact points, at most 20 of each."""
        words = serializers.CharField(max_length=LONGEST).run_validation(request.query_params.get("q", ""))
        groups = find(self.acting, words)
        found = [{"kind": kind.removesuffix("s"), **one} for kind, group in groups.items() for one in group]
        return Response({"results": self.get_serializer(found, many=True).data})
