"""What the dashboard says of Declarations of Security: which wait for the port, and where one should be proposed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from ports.models import DeclarationOfSecurity, SecurityLevelChange
from ports.models.declaration import OPEN
from ports.queries.declarations import waiting, with_signatures
from ports.queries.facilities import facilities
from ports.queries.levels import PortLevel, port_levels
from portsec.access.acting import Acting
from portsec.access.models import Organisation
from portsec.face.waits import Wait

State = DeclarationOfSecurity.State
DEALINGS = timedelta(days=365)  # two ports deal with each other where they have had a declaration since
SOON = timedelta(hours=2)


def declarations_to_answer(acting: Acting) -> list[Wait]:
    """A line for each draft, request or missing signature of ours. 1 query; none for who may do nothing about it."""
    if not acting.may("declaration.request"):
        return []
    now = timezone.now()
    return [_line(acting, one, now) for one in waiting(acting, with_signatures(acting), now).order_by("valid_from", "pk")]


def _line(acting: Acting, one: DeclarationOfSecurity, now: datetime) -> Wait:
    name = one.ref_id or _("the Declaration of Security")
    if one.owner_id != acting.organisation.pk:
        name = _("%(ref)s of %(port)s") % {"ref": one.ref_id, "port": one.named["port"]}  # each port counts its own
    titles = {
        State.DRAFT: _("Finish and request %s"),
        State.REQUESTED: _("Answer %s"),
        State.AGREED: _("%s waits for a signature"),
    }
    begins = one.valid_from if one.state != State.DRAFT else None
    is_soon = begins is not None and begins - now <= SOON
    return Wait(
        title=titles[State(one.state)] % name,
        url=one.get_absolute_url(),
        meta=one.headline,
        icon="sign",
        badge=_("Draft") if begins is None else _("begun") if begins <= now else _("begins soon") if is_soon else "",
        badge_class="warn" if is_soon else "",
    )


@dataclass(frozen=True)
class Proposal:
    """That a declaration should be made: with a port whose level differs, or, with `port` None, because our own has risen."""

    port: PortLevel | None
    own: PortLevel

    @property
    def url(self) -> str:
        return reverse("declaration_new") + (f"?kind=facility&with={self.port.port.pk}" if self.port else "?kind=ship")


def proposals(acting: Acting) -> list[Proposal]:
    """For who may request: what the levels ask for, and no open declaration answers. 3 queries; 4 where the own level is above 1.

    ISPS A/5.2 and B/5: where the two sides are at different levels. Beside it, when the own level is above 1 and the port has a facility.
    """
    if acting.organisation.kind != Organisation.Kind.PORT or not acting.may("declaration.request"):
        return []
    since = timezone.now() - DEALINGS
    made = DeclarationOfSecurity.objects.visible_to(acting).exclude(state=State.DRAFT).filter(created_at__gte=since)
    dealt = list(made.only("owner", "other_port", "state", "valid_to", "created_at"))
    others = {other for one in dealt if (other := other_side(acting, one))}
    levels = {one.port.pk: one for one in port_levels(acting, among=[acting.organisation.pk, *others])}
    own = levels.pop(acting.organisation.pk, None)
    if own is None:
        return []
    apart = [one for one in levels.values() if one.level != own.level]
    differ = [one for one in apart if not answers(acting, dealt, one.port.pk, one, own)]
    is_alone = own.is_raised and not answers(acting, dealt, None, None, own) and facilities(acting, own.port.pk, active=True).exists()
    rise = [Proposal(None, own)] if is_alone else []
    return [*rise, *(Proposal(one, own) for one in sorted(differ, key=lambda one: one.port.coast_order))]


def proposal_of(acting: Acting, change: SecurityLevelChange) -> Proposal | None:
    """On the page of a change: another port's level that differs from ours, or our own above 1. None for who may not request.

    At most 2 queries.
    """
    if acting.organisation.kind != Organisation.Kind.PORT or not acting.may("declaration.request"):
        return None
    levels = {one.port.pk: one for one in port_levels(acting, among=[acting.organisation.pk, change.owner_id])}
    own, theirs = levels.get(acting.organisation.pk), levels.get(change.owner_id)
    if own is None:
        return None
    if theirs is None or theirs is own:
        return Proposal(None, own) if own.is_raised else None
    return Proposal(theirs, own) if theirs.level != own.level else None


def other_side(acting: Acting, one: DeclarationOfSecurity) -> UUID | None:
    """Which other port takes part in it, seen from ours."""
    other: UUID | None = one.owner_id if one.other_port_id == acting.organisation.pk else one.other_port_id
    return other


def answers(acting: Acting, dealt: Iterable[DeclarationOfSecurity], port: UUID | None, theirs: PortLevel | None, own: PortLevel) -> bool:
    """Is one open, with that port or at all, that was made after both levels were set?"""
    changes = [one.change.effective_at for one in (own, theirs) if one is not None and one.change is not None]
    since = max(changes, default=None)
    now = timezone.now()
    return any(
        one.state in OPEN and (one.valid_to is None or one.valid_to > now) and (since is None or one.created_at >= since)
        and (port is None or other_side(acting, one) == port)
        for one in dealt
    )  # fmt: skip


def declarations_to_propose(acting: Acting) -> list[Wait]:
    """A line for each proposal. 3 queries."""
    return [_proposal(one) for one in proposals(acting)]


def _proposal(one: Proposal) -> Wait:
    told: dict[str, Any] = {"own": int(one.own.level)}
    if one.port is None:
        title = _("Level %(own)d: propose a Declaration of Security") % told
        meta = _("To ships at your facilities, and facilities you deal with.")
    else:
        told |= {"port": one.port.port.organisation.name, "theirs": int(one.port.level)}
        title = _("Level differs from %(port)s: propose a Declaration of Security") % told
        meta = _("Theirs is %(theirs)d, yours %(own)d. ISPS A/5") % told
    return Wait(title=title, url=one.url, meta=meta, icon="sign")
