"""The documents of a port: added with a first version, which others follow; retired with a reason, never deleted."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.core.files import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ports.actions.profile import require_port
from ports.models import DocumentVersion, PortDocument
from portsec.access.acting import Acting, NotAllowedError
from portsec.access.audiences import AudienceWish, check_persons, resolve_audience
from portsec.access.tlp import Tlp
from portsec.files.store import Stored, stored
from portsec.journal.actions import record
from portsec.problems import Conflict, Fault, Refused
from portsec.validation import check_fields

CONTENT = ("title", "kind")
OWN = AudienceWish("own")


def add_document(
    acting: Acting, *, file: File[Any], wish: AudienceWish = OWN, persons: Sequence[UUID] = (), note: str = "", **content: Any
) -> PortDocument:
    """A document of the acting port with its first file. `content` is title, kind and tlp; who may know is decided now and stays.

    Raises Refused, NotAllowedError.
    """
    require_port(acting, "document.keep")
    document = PortDocument(owner=acting.organisation, latest=1, **content)
    _check(document)
    if persons and document.tlp != Tlp.RED:
        raise Refused(Fault("persons", _("Only TLP:RED names persons. Leave them out, or choose TLP:RED."), "unexpected"))
    with stored(file) as kept, transaction.atomic():
        document.audience = resolve_audience(acting, wish, document.tlp)
        document.persons = check_persons(acting, persons, wish) if document.tlp == Tlp.RED else None
        document.save(force_insert=True)
        added = _version(acting, document, file, kept, note)
        after = {"title": document.title, "kind": document.kind, "tlp": document.tlp, **content_of(added)}
        _record(acting, "document.added", document, _("%(port)s added the document “%(title)s”"), after=after)
    return document


def add_version(acting: Acting, document: PortDocument, *, file: File[Any], note: str = "", after: int | None = None) -> DocumentVersion:
    """A newer file of the document; the older ones stay. `after` is the newest that the person saw: Conflict where another came.

    Raises Refused, NotAllowedError, Conflict.
    """
    _require_own(acting, document)
    seen = document.latest if after is None else after
    with stored(file) as kept, transaction.atomic():
        if not _open(acting, document).filter(latest=seen).update(latest=seen + 1):
            raise Conflict(_state_of(acting, document))
        document.latest = seen + 1
        added = _version(acting, document, file, kept, note)
        summary = _("%(port)s added version %(number)d of “%(title)s”")
        _record(acting, "document.version_added", document, summary, after=content_of(added))
    return added


def edit_document(acting: Acting, document: PortDocument, *, version: int | None = None, **content: Any) -> PortDocument:
    """Changes title or kind. `version` is the one that the person saw. Raises Refused, NotAllowedError, Conflict."""
    _require_own(acting, document)
    before = {name: getattr(document, name) for name in CONTENT}
    for name in CONTENT:
        setattr(document, name, content.get(name, before[name]))
    _check(document)
    after = {name: getattr(document, name) for name in CONTENT}
    with transaction.atomic():
        _claim(acting, document, version)
        document.save(update_fields=CONTENT)
        _record(acting, "document.edited", document, _("%(port)s changed the document “%(title)s”"), before=before, after=after)
    return document


def retire_document(acting: Acting, document: PortDocument, *, reason: str) -> PortDocument:
    """It is not in use any more, and stays readable with its versions: records are kept (domain.md §3). Raises Refused, Conflict."""
    _require_own(acting, document)
    document.retire_reason = reason.strip()
    if not document.retire_reason:
        raise Refused(Fault("reason", _("Say why it is not in use any more."), "required"))
    _check_reason(document)
    with transaction.atomic():
        _claim(acting, document, None)
        document.is_active, document.retired_at, document.retired_by = False, timezone.now(), acting.user
        document.save(update_fields=["is_active", "retired_at", "retired_by", "retire_reason"])
        changed = {"before": {"is_active": True}, "after": {"is_active": False, "reason": document.retire_reason}}
        _record(acting, "document.retired", document, _("%(port)s retired the document “%(title)s”"), **changed)
    return document


def content_of(version: DocumentVersion) -> dict[str, Any]:
    return {name: getattr(version, name) for name in ("number", "file_name", "size", "sha256", "note")}


def _version(acting: Acting, document: PortDocument, file: File[Any], kept: Stored, note: str) -> DocumentVersion:
    version = DocumentVersion(
        owner=acting.organisation,
        audience=document.audience,
        persons=document.persons,
        document=document,
        number=document.latest,
        file_name=file.name or "",
        stored_as=kept.name,
        size=kept.size,
        sha256=kept.sha256,
        media_type=kept.media_type,
        note=note,
        uploaded_by=acting.user,
        uploaded_at=timezone.now(),
    )
    check_fields(version, exclude=["owner", "audience", "document", "uploaded_by"])
    version.save(force_insert=True)
    return version


def _require_own(acting: Acting, document: PortDocument) -> None:
    require_port(acting, "document.keep")
    if document.owner_id != acting.organisation.pk:
        raise NotAllowedError(_("Only %s may change this document.") % document.owner.name, code="not_owner")


def _check(document: PortDocument) -> None:
    check_fields(document, exclude=["owner", "audience", "retired_by"])


def _check_reason(document: PortDocument) -> None:
    """The field of the verb is called `reason`."""
    try:
        _check(document)
    except Refused as refused:
        raise Refused(*(Fault("reason", fault.detail, fault.code) for fault in refused.faults)) from refused


def _open(acting: Acting, document: PortDocument) -> Any:
    return PortDocument.objects.editable_by(acting).filter(pk=document.pk, is_active=True)


def _claim(acting: Acting, document: PortDocument, version: int | None) -> None:
    """The conditional change that lets one of two hands win."""
    seen = document.version if version is None else version
    if not _open(acting, document).filter(version=seen).update(version=seen + 1):
        raise Conflict(_state_of(acting, document))
    document.version = seen + 1


def _state_of(acting: Acting, document: PortDocument) -> str:
    stands = _open(acting, document).first()
    if stands is None:
        return _("This document is retired. Add a new one.")
    told = {"number": stands.latest}
    return _("This document has been changed meanwhile; its newest version is %(number)d. Read it again, then decide.") % told


def _record(acting: Acting, verb: str, document: PortDocument, sentence: str, **changed: Any) -> None:
    names = {"port": acting.organisation.name, "title": document.title, "number": document.latest}
    record(acting, verb, document, sentence % names, **changed)
