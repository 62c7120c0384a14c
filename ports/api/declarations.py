"""`/api/v1/declarations/` and its verbs."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ports import actions
from ports.actions.declarations import require_port
from ports.api.declaration_serializers import (
    DeclarationChange,
    DeclarationDetailSerializer,
    DeclarationInput,
    DeclarationSerializer,
    DeclineInput,
    EndInput,
    NoteInput,
    SignInput,
)
from ports.queries import declarations as queries
from portsec.access.acting import Acting, NotAllowedError
from portsec.access.models import ShareableQuerySet
from portsec.api import ActingViewSet, listed, read_choice, read_uuid
from portsec.journal.api import HistorySerializer, history_of

SHOWN: dict[str, Callable[[Acting, ShareableQuerySet, datetime], ShareableQuerySet]] = {
    "active": lambda _acting, found, now: queries.active(found, now),
    "waiting": queries.waiting,
    "ended": lambda _acting, found, now: queries.over(found, now),
}
FILTERS = [
    OpenApiParameter("show", str, enum=list(SHOWN), description="In force; waiting for your port; over."),
    OpenApiParameter("port", OpenApiTypes.UUID, description="In which this port takes part, on either side."),
]


class DeclarationViewSet(ActingViewSet):
    """Declarations of Security in which the acting organisation takes part (ISPS Code A/5)."""

    serializer_class = DeclarationSerializer
    parameters: ClassVar[frozenset[str]] = frozenset({"show", "port"})

    def get_queryset(self) -> Any:
        return queries.readable(self.acting)

    @extend_schema(parameters=FILTERS)
    def list(self, request: Request) -> Response:
        """Newest first. `search` looks in numbers, ships, facilities and ports."""
        port = read_uuid(request, "port")
        found = self.get_queryset() if port is None else queries.between(self.acting, port)
        if show := read_choice(request, "show", list(SHOWN)):
            found = SHOWN[show](self.acting, found, timezone.now())
        if search := request.query_params.get("search"):
            found = queries.matching(found, search)
        return listed(self, found, by="created_at")

    @extend_schema(responses=DeclarationDetailSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """With the measures, the text that is signed, and the signatures."""
        return self._shown(self.get_object())

    @extend_schema(request=DeclarationInput, responses={201: DeclarationDetailSerializer})
    def create(self, request: Request) -> Response:
        """Requests at once; with `"draft": true` saves a draft."""
        if (again := self.repeated()) is not None:
            return again
        data = self.read_input(DeclarationInput)
        make = actions.draft_declaration if data.pop("draft") else actions.make_declaration
        return self._shown(make(self.acting, **data), status=201)

    @extend_schema(request=DeclarationChange, responses=DeclarationDetailSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Changes a draft; of what was requested it makes a new version of the text, to be agreed and signed anew."""
        declaration = self._own()
        self.check_match(self._data_of(declaration))
        changes = self.read_input(DeclarationChange, instance=declaration, partial=True)
        return self._shown(actions.edit_declaration(self.acting, declaration, **changes))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Discards a draft, or deletes what has been kept for its time; before that 409 says until when it is kept."""
        declaration = self._own()
        self.check_match(self._data_of(declaration))
        actions.delete_declaration(self.acting, declaration)
        return Response(status=204)

    @extend_schema(request=None, responses=DeclarationDetailSerializer)
    @action(detail=True, methods=["post"], url_path="request")
    def ask(self, request: Request, pk: str) -> Response:
        """Requests a draft of the other side."""
        if (again := self.repeated()) is not None:
            return again
        return self._shown(actions.request_declaration(self.acting, self.get_object()))

    @extend_schema(request=NoteInput, responses=DeclarationDetailSerializer)
    @action(detail=True, methods=["post"])
    def agree(self, request: Request, pk: str) -> Response:
        """By the other port; where the other side is a ship or your own second facility, you record what it says."""
        return self._done(actions.agree_declaration, NoteInput)

    @extend_schema(request=DeclineInput, responses=DeclarationDetailSerializer)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, pk: str) -> Response:
        """As `agree`; says why."""
        return self._done(actions.decline_declaration, DeclineInput)

    @extend_schema(request=SignInput, responses=DeclarationDetailSerializer)
    @action(detail=True, methods=["post"])
    def sign(self, request: Request, pk: str) -> Response:
        """By a person with a second factor of the last 10 minutes: a token cannot sign."""
        return self._done(actions.sign_declaration, SignInput)

    @extend_schema(request=EndInput, responses=DeclarationDetailSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str) -> Response:
        """Ends what both have signed, cancels what has not come so far. Either side may, at any time."""
        return self._done(actions.end_declaration, EndInput)

    @extend_schema(responses=HistorySerializer(many=True))
    @action(detail=True, methods=["get"])
    def history(self, request: Request, pk: str) -> Response:
        return history_of(self, "declaration_of_security", self.get_object().pk)

    def _own(self) -> Any:
        declaration = self.get_object()
        require_port(self.acting, "declaration.request")
        if declaration.owner_id != self.acting.organisation.pk:
            raise NotAllowedError(f"Only {declaration.owner.name} may change this declaration. Decline it, and say why.", code="not_owner")
        return declaration

    def _done(self, verb: Any, input_class: Any) -> Response:
        if (again := self.repeated()) is not None:
            return again
        declaration = self.get_object()
        verb(self.acting, declaration, **self.read_input(input_class))
        return self._shown(declaration)

    def _shown(self, declaration: Any, *, status: int = 200) -> Response:
        return self.tagged(self._data_of(declaration), status=status)

    def _data_of(self, declaration: Any) -> Any:
        shown = self.get_queryset().get(pk=declaration.pk)
        return DeclarationDetailSerializer(shown, context=self.get_serializer_context()).data
