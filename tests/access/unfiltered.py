"""Addresses for tests only: views as nobody should write them. One asks for everything, one writes and then refuses."""

from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path

from incidents.models import Alert
from ports.models import SecurityLevelChange
from portsec.access.middleware import ActingRequest
from portsec.delivery.models import Delivery
from portsec.journal.actions import next_ref
from portsec.journal.models import Entry


def everything(request: HttpRequest) -> JsonResponse:
    found = {
        "alerts": Alert.objects.all().values_list("pk", flat=True),
        "levels": SecurityLevelChange.objects.all().values_list("pk", flat=True),
        "deliveries": Delivery.objects.all().values_list("recipient", flat=True),
        "entries": Entry.objects.all().values_list("object_id", flat=True),
    }
    return JsonResponse({name: [str(one) for one in rows] for name, rows in found.items()})


def write_and_answer(request: ActingRequest, status: int) -> HttpResponse:
    return HttpResponse(next_ref(request.acting, "TST"), status=status)


def write_and_fail(request: ActingRequest) -> HttpResponse:
    raise ZeroDivisionError(next_ref(request.acting, "TST"))


def stream(request: ActingRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(iter(["late"]))


urlpatterns = [
    path("everything/", everything),
    path("write/fail/", write_and_fail),
    path("write/<int:status>/", write_and_answer),
    path("stream/", stream),
]
