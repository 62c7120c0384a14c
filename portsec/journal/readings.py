"""Who read what is TLP:RED or AMBER: kept with the reading itself, so that an audit can be answered (architecture.md §4)."""

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from portsec.access.acting import Acting
from portsec.access.models import Shareable
from portsec.access.request_id import current_request_id
from portsec.access.tlp import Tlp
from portsec.journal.actions import kind_of
from portsec.journal.models import Reading

RECORDED = frozenset({Tlp.RED, Tlp.AMBER_STRICT, Tlp.AMBER})


def record_reading(acting: Acting, subject: Shareable, label: str, through: str) -> None:
    """Notes that the acting person read `subject`; `through` is page, api or export. 1 query where the label asks for it."""
    record_readings(acting, [(subject, label)], through)


def record_readings(acting: Acting, read: Iterable[tuple[Shareable, str]], through: str) -> None:
    """As `record_reading`, for several at once. At most 1 query; who reads again within the hour leaves one row."""
    now = timezone.now()
    rows = [_reading(acting, subject, label, through, now) for subject, label in read if label in RECORDED]
    if rows:
        Reading.objects.bulk_create(rows, ignore_conflicts=True)


def _reading(acting: Acting, subject: Shareable, label: str, through: str, now: datetime) -> Reading:
    return Reading(
        organisation=acting.organisation,
        user=acting.user,
        kind=kind_of(subject),
        object_id=subject.pk,
        title=_title(subject),
        label=label,
        persons=subject.persons,
        at=now,
        hour=now.replace(minute=0, second=0, microsecond=0),
        through=through,
        request_id=current_request_id(),
    )


def _title(subject: Shareable) -> str:
    """Its number and whose it is; never its text."""
    ref = getattr(subject, "ref_id", "") or kind_of(subject).replace("_", " ")
    return (_("%(ref)s of %(organisation)s") % {"ref": ref, "organisation": subject.owner.name})[:200]
