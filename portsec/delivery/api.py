"""`/api/v1/deliveries/`: the ledger for programs."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from portsec.access.pages import COUNT_CAP, Key
from portsec.api import ActingViewSet, address_of_page, page_body, read_flag, read_limit, read_places
from portsec.delivery import ledger
from portsec.delivery.forms import OUTSIDE, LedgerForm
from portsec.delivery.models import Delivery, State
from portsec.delivery.models.endpoint import Kind
from portsec.delivery.serializers import DeliveryHistorySerializer, DeliveryLineSerializer, SteerInput
from portsec.delivery.steering import steer
from portsec.list_files import AT_ONCE, as_response, list_file, wanted_form
from portsec.problems import Fault, Refused

FILTERS = [
    OpenApiParameter("show", str, enum=ledger.Show.values, description="sent where nothing is said"),
    OpenApiParameter("state", str, enum=State.values),
    OpenApiParameter("channel", str, enum=[value for value, _label in OUTSIDE], description="sent there, too"),
    OpenApiParameter("kind", str, enum=Kind.values),
    OpenApiParameter("organisation", OpenApiTypes.UUID, description="the other side: whom you told, who told you"),
    OpenApiParameter("since", OpenApiTypes.DATE, description="from this day of your organisation's clock"),
    OpenApiParameter("until", OpenApiTypes.DATE, description="to this day, included"),
    OpenApiParameter("late", bool, description="an answer is due and missing"),
]


class DeliveryViewSet(ActingViewSet):
    """What the acting organisation sent, received or coordinates."""

    serializer_class = DeliveryLineSerializer
    parameters: ClassVar[frozenset[str]] = frozenset({"show", "state", "channel", "kind", "organisation", "since", "until", "late"})

    def get_queryset(self) -> Any:
        return ledger.readable(self.acting)

    @extend_schema(parameters=FILTERS)
    def list(self, request: Request) -> Response:
        """Newest first."""
        read_flag(request, "late")
        choice = self._choice(request)
        before, after = read_places(request)
        if wanted_form(request):
            return as_response(list_file(self, self._pages(choice, before), self._address_after))
        page = ledger.ledger_page(self.acting, choice, limit=read_limit(request), before=before, after=after)
        body = page_body(self, page)
        if read_flag(request, "count"):
            body["count"] = ledger.chosen(self.acting, choice, timezone.now())[:COUNT_CAP].count()
        return Response(body)

    def _pages(self, choice: ledger.Choice, before: Key | None) -> Iterator[Sequence[ledger.Line]]:
        while True:
            page = ledger.ledger_page(self.acting, choice, limit=AT_ONCE, before=before)
            yield page.records
            if (before := page.older) is None:
                return

    def _address_after(self, last: ledger.Line) -> str | None:
        return address_of_page(self.request, "before", Key(last.delivery.created_at, last.delivery.pk))

    @extend_schema(responses=DeliveryHistorySerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """With everything that was sent, each try, and each step of the escalation."""
        return self._shown(self.get_object())

    @extend_schema(request=SteerInput, responses=DeliveryHistorySerializer)
    @action(detail=True, methods=["post"])
    def escalation(self, request: Request, pk: str) -> Response:
        """Pauses, resumes or restarts the escalation: for the sender and the coordinator."""
        if (again := self.repeated()) is not None:
            return again
        return self._shown(steer(self.acting, self.get_object(), self.read_input(SteerInput)["how"]))

    def _shown(self, delivery: Delivery) -> Response:
        return self.tagged(DeliveryHistorySerializer(ledger.history_of(self.acting, delivery)).data)

    def _choice(self, request: Request) -> ledger.Choice:
        said = {name: request.query_params[name] for name in self.parameters if name in request.query_params}
        form = LedgerForm(self.acting, said)
        if not form.is_valid():
            raise Refused(*faults_of(form))
        return form.choice()


def faults_of(form: LedgerForm) -> Iterator[Fault]:
    """A wrong word is answered with the right ones."""
    for name, errors in form.errors.as_data().items():
        choices = getattr(form.fields[name], "choices", ()) if name != "organisation" else ()
        known = ", ".join(str(value) for value, _label in choices if value)
        for error in errors:
            for message in error.messages:
                yield Fault(name, _("Give one of: %s.") % known if known else message, error.code or "invalid")
