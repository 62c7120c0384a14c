"""What pages, the API and search ask about documents."""

from typing import Any
from uuid import UUID

from django.db.models import Prefetch

from ports.models import DocumentVersion, PortDocument
from portsec.access.acting import Acting
from portsec.access.models import ShareableQuerySet

MOST_FOUND = 20


def documents(acting: Acting, port: UUID | None = None) -> ShareableQuerySet:
    """Those that the organisation may read, of every port or of one, the newest first. 1 query."""
    found: ShareableQuerySet = PortDocument.objects.visible_to(acting).select_related("owner", "audience__region", "retired_by")
    return (found if port is None else found.filter(owner=port)).order_by("-created_at", "-pk")


def versions(acting: Acting, document: PortDocument) -> ShareableQuerySet:
    """The newest first. 1 query."""
    found: ShareableQuerySet = DocumentVersion.objects.visible_to(acting).filter(document=document)
    return found.select_related("uploaded_by", "document__owner").order_by("-number")


def with_versions(acting: Acting, found: ShareableQuerySet) -> ShareableQuerySet:
    """1 query more, for however many documents."""
    theirs = DocumentVersion.objects.visible_to(acting).select_related("uploaded_by").order_by("-number")
    together: ShareableQuerySet = found.prefetch_related(Prefetch("versions", queryset=theirs))
    return together


def found_documents(acting: Acting, words: str) -> list[dict[str, Any]]:
    """For the product's search, by title. 1 query."""
    found = documents(acting).filter(is_active=True, title__icontains=words)[:MOST_FOUND]
    return [{"id": one.pk, "title": one.title, "meta": one.owner.name, "url": one.get_absolute_url()} for one in found]
