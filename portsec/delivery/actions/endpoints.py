"""Where an organisation is told: from which severity on, on or off, and its shared mailboxes. What follows a contact point is
changed there (portsec/delivery/endpoints.py)."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from portsec.access.acting import Acting, NotAllowedError
from portsec.delivery.models import Channel, Endpoint
from portsec.delivery.models.endpoint import AFTER_ALL_CONTACTS, Kind
from portsec.delivery.severity import Severity
from portsec.journal.actions import record_own
from portsec.problems import Conflict, Fault, Refused
from portsec.validation import check_fields

OF_A_CONTACT = frozenset({"severities"})  # the rest follows the contact point
OF_A_MAILBOX = frozenset({"label", "address", "kinds", "severities"})
MOST_MAILBOXES = 20
CONTENT = ("label", "address", "kinds", "severities", "quiet_from", "quiet_until")


def add_mailbox(acting: Acting, *, label: str, address: str, kinds: list[str], severities: list[str]) -> Endpoint:
    """An e-mail address that is no contact point's, told at once whoever is on duty. Raises Refused, NotAllowedError."""
    acting.require("endpoint.manage")
    one = Endpoint(organisation=acting.organisation, channel=Channel.EMAIL, place=AFTER_ALL_CONTACTS)
    write(one, label=label.strip(), address=address.strip(), kinds=kinds, severities=severities)
    check(one)
    house = Endpoint.objects.of_house(acting).in_use().filter(channel=Channel.EMAIL, contact_point=None)
    if house.count() >= MOST_MAILBOXES:
        raise Refused(Fault("", _("%d mailboxes are the most. Take one away first.") % MOST_MAILBOXES, "too_many"))
    insert(one)
    tell(acting, "added", one, _("%(organisation)s is told at a further address: %(label)s"), after=content_of(one))
    return one


def edit_endpoint(acting: Acting, endpoint: Endpoint, **changes: Any) -> Endpoint:
    """Changes what was read as `endpoint.version`. Raises Refused, NotAllowedError, Conflict where another hand was faster."""
    require_for(acting, endpoint)
    before = content_of(endpoint)
    allowed = OF_A_MAILBOX if endpoint.contact_point is None else OF_A_CONTACT
    if foreign := set(changes) - allowed:
        raise Refused(*[Fault(name, _("This follows the contact point. Change it there."), "follows_contact") for name in sorted(foreign)])
    write(endpoint, **{name: value.strip() if isinstance(value, str) else value for name, value in changes.items()})
    check(endpoint)
    return save_changes(acting, endpoint, before)


def switch_endpoint(acting: Acting, endpoint: Endpoint, *, on: bool) -> Endpoint:
    """On again: what it failed at is forgotten, and it gets the next message. Raises NotAllowedError, Refused, Conflict."""
    require_for(acting, endpoint)
    if not on and endpoint.person_id and endpoint.channel == Channel.EMAIL:
        raise Refused(Fault("", _("A TLP:RED alert for you comes by this alone. Untick “By e-mail” to be told of nothing else."), "needed"))
    before = {"is_active": endpoint.is_active}
    afresh: dict[str, Any] = {"failures": 0, "failing_since": None, "last_error": "", "disabled_at": None, "disabled_because": ""}
    there = Endpoint.objects.of(acting).in_use().filter(pk=endpoint.pk, is_active=not on)
    if not there.update(is_active=on, version=F("version") + 1, **(afresh if on else {})):
        raise Conflict(_("This is switched on already.") if on else _("This is switched off already."))
    endpoint.refresh_from_db()
    sentence = _("%(organisation)s is told again at %(label)s") if on else _("%(organisation)s is no longer told at %(label)s")
    tell(acting, "switched", endpoint, sentence, before=before, after={"is_active": on})
    return endpoint


def remove_endpoint(acting: Acting, endpoint: Endpoint) -> None:
    """Takes it away for good; the ledger of what was sent there still reads. Raises NotAllowedError, Refused, Conflict."""
    require_for(acting, endpoint)
    if endpoint.contact_point is not None:
        raise Refused(Fault("", _("This follows a contact point. Retire it there, or switch this off."), "follows_contact"))
    now_gone = {"is_active": False, "retired_at": timezone.now(), "sealed_secret": "", "sealed_previous": ""}
    if not Endpoint.objects.of(acting).in_use().filter(pk=endpoint.pk).update(version=F("version") + 1, **now_gone):
        raise Conflict(_("This has been taken away already."))
    tell(acting, "removed", endpoint, _("%(organisation)s took away %(label)s"), before=content_of(endpoint), after={})


# What the verbs of webhooks and of a person's own ways share with these.


def verb_for(endpoint: Endpoint) -> str:
    """Which permission changes it; nothing for a person's own, which nobody else ever sees."""
    if endpoint.person_id is not None:
        return ""
    return "webhook.manage" if endpoint.channel == Channel.WEBHOOK else "endpoint.manage"


def require_for(acting: Acting, endpoint: Endpoint) -> None:
    """Raises NotAllowedError unless it may be changed by who acts."""
    verb = verb_for(endpoint)
    if verb:
        acting.require(verb)
    elif endpoint.person_id != acting.user.pk or acting.is_service:
        raise NotAllowedError(_("Only this person may change this."), code="not_owner")


def write(endpoint: Endpoint, **content: Any) -> None:
    """Another address deserves another try."""
    if content.get("address", endpoint.address) != endpoint.address:
        endpoint.failures, endpoint.failing_since, endpoint.last_error = 0, None, ""
        endpoint.is_active = endpoint.is_active or endpoint.disabled_at is not None
        endpoint.disabled_at, endpoint.disabled_because = None, ""
    for name, value in content.items():
        setattr(endpoint, name, value)


def check(endpoint: Endpoint) -> None:
    """Raises Refused naming `label`, `address`, `kinds` or `severities`."""
    check_fields(endpoint, exclude={"organisation", "person", "kinds", "severities"})
    faults = []
    if endpoint.channel == Channel.EMAIL and not _is_email(endpoint.address):
        faults.append(Fault("address", _("This is no e-mail address. Write it as duty@port.example."), "invalid"))
    for name, values in (("kinds", Kind.values), ("severities", Severity.values)):
        chosen = getattr(endpoint, name)
        if not chosen and not (name == "kinds" and endpoint.contact_point):  # a contact point for inspections is told of nothing here
            faults.append(Fault(name, _("Choose at least one of: %s.") % ", ".join(values), "required"))
        elif not set(chosen) <= set(values):
            faults.append(Fault(name, _("Choose among: %s.") % ", ".join(values), "invalid_choice"))
    if faults:
        raise Refused(*faults)


def insert(endpoint: Endpoint) -> None:
    """Raises Refused where the organisation is told at this address already."""
    try:
        with transaction.atomic():
            endpoint.save(force_insert=True)
    except IntegrityError as error:
        raise Refused(Fault("address", _("You are told at this address already."), "duplicate")) from error


def save_changes(acting: Acting, endpoint: Endpoint, before: dict[str, Any]) -> Endpoint:
    """What it now says, where nobody was faster; nothing where nothing has changed."""
    after = content_of(endpoint)
    changed = [name for name in after if after[name] != before[name]]
    if not changed:
        return endpoint
    columns = [*CONTENT, "failures", "failing_since", "last_error", "is_active", "disabled_at", "disabled_because"]
    there = Endpoint.objects.of(acting).in_use().filter(pk=endpoint.pk, version=endpoint.version)
    try:
        with transaction.atomic():
            found = there.update(version=F("version") + 1, **{name: getattr(endpoint, name) for name in columns})
    except IntegrityError as error:
        raise Refused(Fault("address", _("You are told at this address already."), "duplicate")) from error
    if not found:
        raise Conflict(_("This has been changed meanwhile. Read it again."))
    endpoint.version += 1
    old, new = ({name: values[name] for name in changed} for values in (before, after))
    tell(acting, "edited", endpoint, _("%(organisation)s changed how it is told at %(label)s"), before=old, after=new)
    return endpoint


def content_of(endpoint: Endpoint) -> dict[str, Any]:
    """As the journal keeps it. The path of a webhook or a push service may be a key: the host says enough."""
    found = {name: getattr(endpoint, name) for name in CONTENT}
    if endpoint.channel in (Channel.WEBHOOK, Channel.WEBPUSH):
        found["address"] = f"{endpoint.host}/…"
    return found


def tell(acting: Acting, done: str, endpoint: Endpoint, sentence: str, **changed: Any) -> None:
    """The one entry: an organisation's own business, or that of the person alone whose way it is."""
    summary = sentence % {"organisation": acting.organisation.name, "label": endpoint.label}
    persons = [endpoint.person_id] if endpoint.person_id else None
    record_own(acting, f"endpoint.{done}", "endpoint", endpoint.pk, summary, persons=persons, **changed)


def _is_email(address: str) -> bool:
    try:
        validate_email(address)
    except ValidationError:
        return False
    return len(address) <= 254
