"""`record()`: the one way into the journal, called once by each action, in the action's transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Permission
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connections, transaction
from django.utils import timezone

from portsec.access.acting import Acting, current_alias
from portsec.access.audiences import own_audience
from portsec.access.ids import new_id
from portsec.access.models import Audience, AudienceGrant, Organisation, Shareable, User
from portsec.access.request_id import current_request_id
from portsec.journal.models import Entry
from portsec.journal.sequencer import number_soon

ENCODER = DjangoJSONEncoder()


def record(
    acting: Acting,
    verb: str,
    subject: Shareable,
    summary: str,
    *,
    row: dict[str, Any] | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    audience: Audience | None = None,
) -> Entry:
    """Writes what happened (`alert.published`) to `subject`, for whoever may see it or the given, narrower audience."""
    return _write(
        verb=verb,
        kind=kind_of(subject),
        object_id=subject.pk,
        owner=acting.organisation,
        actor=acting.user,
        audience=audience or subject.audience,
        persons=subject.persons,
        summary=summary,
        row=row or {},
        before=before or {},
        after=after or {},
    )


def record_by_system(subject: Shareable, verb: str, summary: str, row: dict[str, Any]) -> Entry:
    """As `record`, for what happens by itself (an expiry): inside `as_system`, in the name of the record's owner."""
    return _write(
        verb=verb,
        kind=kind_of(subject),
        object_id=subject.pk,
        owner=subject.owner,
        audience=subject.audience,
        persons=subject.persons,
        summary=summary,
        row=row,
    )


def record_own(
    acting: Acting,
    verb: str,
    kind: str,
    object_id: UUID,
    summary: str,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any],
    persons: list[UUID] | None = None,
) -> Entry:
    """What an organisation does with what is its own (an invitation, a token, an export): told to that organisation alone,
    or to `persons` of it where it held TLP:RED. Its dashboards show the summary; what it held is for who may read the audit log."""
    return _write(
        verb=verb,
        kind=kind,
        object_id=object_id,
        owner=acting.organisation,
        actor=acting.user,
        audience=own_audience(acting),
        persons=persons,
        summary=summary,
        before=before or {},
        after=after,
    )


def record_between(
    acting: Acting,
    verb: str,
    kind: str,
    object_id: UUID,
    summary: str,
    *,
    audience: Audience,
    persons: list[UUID] | None = None,
    after: dict[str, Any],
) -> Entry:
    """What concerns the parties of something that is no shared record itself (a delivery): told to `audience` alone."""
    return _write(
        verb=verb,
        kind=kind,
        object_id=object_id,
        owner=acting.organisation,
        actor=acting.user,
        audience=audience,
        persons=persons,
        summary=summary,
        after=after,
    )


def record_access(
    verb: str,
    organisation: Organisation,
    audiences: Sequence[Audience],
    summary: str,
    person: User | None = None,
    *,
    actor: User | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> Entry:
    """What an organisation may newly see, or no longer: told to that organisation alone (inside `as_system`).

    With `person`, open dashboards are brought in line with who belongs there; `actor` is who did it, nobody for the operator.
    """
    told: dict[str, Any] = {"audiences": [str(audience.pk) for audience in audiences]}
    if person is not None:
        told["user"] = str(person.pk)
    return _write(
        verb=verb,
        kind="access",
        object_id=person.pk if person else organisation.pk,
        owner=organisation,
        actor=actor,
        audience=_own_audience_of(organisation),
        summary=summary,
        row=told,
        before=before or {},
        after=told | (after or {}),
    )


@dataclass(frozen=True)
class Word:
    """What the system tells one organisation alone: nobody has answered it, an address of its own is dead."""

    organisation: Organisation
    verb: str
    kind: str
    object_id: UUID
    summary: str
    row: dict[str, Any] = field(default_factory=dict)
    persons: list[UUID] | None = None


def record_for(words: Sequence[Word]) -> None:
    """Each to its own organisation (inside `as_system`), in a few statements whatever the number."""
    own = _own_audiences(list({one.organisation.pk: one.organisation for one in words}.values()))
    entries = [
        _entry(
            verb=one.verb,
            kind=one.kind,
            object_id=one.object_id,
            owner=one.organisation,
            audience=own[one.organisation.pk],
            persons=one.persons,
            summary=one.summary,
            row=one.row,
        )
        for one in words
    ]
    Entry.objects.bulk_create(entries, batch_size=1000)
    transaction.on_commit(number_soon, using=current_alias())


def record_access_of_many(verb: str, told: Mapping[Organisation, Sequence[Audience]], summary: str) -> None:
    """As `record_access`, an entry for each organisation (inside `as_system`); `summary` holds "%s" for its name."""
    own = _own_audiences(list(told))
    entries = []
    for organisation, audiences in told.items():
        row = {"audiences": [str(audience.pk) for audience in audiences]}
        entries.append(
            _entry(
                verb=verb,
                kind="access",
                object_id=organisation.pk,
                owner=organisation,
                audience=own[organisation.pk],
                summary=summary % organisation.name,
                row=row,
                after=row,
            )
        )
    Entry.objects.bulk_create(entries, batch_size=1000)
    transaction.on_commit(number_soon, using=current_alias())


def record_of(
    organisation: Organisation,
    verb: str,
    kind: str,
    object_id: UUID,
    summary: str,
    *,
    actor: User | None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any],
) -> Entry:
    """As `record_own`, for what has to be written as the system (inside `as_system`); without `actor` the operator did it."""
    audience = _own_audience_of(organisation)
    told = {"before": before or {}, "after": after}
    return _write(verb=verb, kind=kind, object_id=object_id, owner=organisation, actor=actor, audience=audience, summary=summary, **told)


def _write(**columns: Any) -> Entry:
    entry = _entry(**columns)
    entry.save(force_insert=True)
    transaction.on_commit(number_soon, using=current_alias())
    return entry


def _entry(*, summary: str, **columns: Any) -> Entry:
    for name in ("row", "before", "after"):
        columns[name] = plain(columns.get(name, {}))
    return Entry(at=timezone.now(), summary=summary[:300], request_id=current_request_id(), **columns)


def _own_audience_of(organisation: Organisation) -> Audience:
    return _own_audiences([organisation])[organisation.pk]


def _own_audiences(organisations: Sequence[Organisation]) -> dict[UUID, Audience]:
    """As `app_resolve_audience('own')` makes them, for the system role, which acts for nobody; by organisation."""
    keys = {f"own:{organisation.pk}": organisation for organisation in organisations}
    missing = keys.keys() - set(Audience.objects.filter(key__in=keys).values_list("key", flat=True))
    wanted = [Audience(id=new_id(), key=key, kind=Audience.Kind.OWN, owner=keys[key]) for key in sorted(missing)]
    Audience.objects.bulk_create(wanted, ignore_conflicts=True, batch_size=1000)
    found = {keys[one.key].pk: one for one in Audience.objects.filter(key__in=keys)}
    if missing:
        view = Permission.objects.get(content_type__app_label="access", codename="view_audience")
        made = [AudienceGrant(group_id=keys[key].group_id, permission=view, content_object=found[keys[key].pk]) for key in sorted(missing)]
        AudienceGrant.objects.bulk_create(made, ignore_conflicts=True, batch_size=1000)
    return found


def next_ref(acting: Acting, prefix: str) -> str:
    """The organisation's next `ref_id` (`ALR-2026-0117`); the row lock makes two writers take two numbers."""
    year = timezone.localtime().year
    with connections[current_alias()].cursor() as cursor:
        cursor.execute(
            "INSERT INTO journal_refcounter (organisation_id, prefix, year, last) VALUES (%s, %s, %s, 1) "
            "ON CONFLICT (organisation_id, prefix, year) DO UPDATE SET last = journal_refcounter.last + 1 RETURNING last",
            [acting.organisation.pk, prefix, year],
        )
        return f"{prefix}-{year}-{cursor.fetchone()[0]:04d}"


def kind_of(subject: Shareable | type[Shareable]) -> str:
    """`Alert` → `alert`, `SecurityLevelChange` → `security_level_change`."""
    name = subject._meta.object_name or ""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """JSON-ready: dates and ids as text, as the API writes them."""
    return {
        name: value if isinstance(value, str | int | float | bool | None | list | dict) else ENCODER.default(value)
        for name, value in values.items()
    }
