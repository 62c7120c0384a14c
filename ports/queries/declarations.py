"""What pages and the API ask about Declarations of Security."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ports.declaration_content import digest_of, text_of
from ports.models import DeclarationOfSecurity, DeclarationSignature, LevelScope, PortFacility, SecurityLevel, Side
from ports.models.declaration import CLOSED, OPEN, signed_by
from ports.queries.levels import in_force
from portsec.access.acting import Acting
from portsec.access.models import RegionMembership, ShareableQuerySet

State = DeclarationOfSecurity.State
BESIDE = ("owner__port", "facility", "other_facility", "other_port", "created_by", "answered_by", "closed_by", "audience")


class Standing(models.TextChoices):
    """Where a declaration stands: what people did, the signatures on the text as it is, and the clock (domain.md §9)."""

    DRAFT = "draft", _("Draft")
    REQUESTED = "requested", _("Requested")
    AGREED = "agreed", _("Agreed, not signed")
    SIGNED_BY_ONE = "signed_by_one", _("Signed by one side")
    SIGNED = "signed", _("Signed, not begun")
    IN_FORCE = "in_force", _("In force")
    DECLINED = "declined", _("Declined")
    ENDED = "ended", _("Ended")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Expired")


def readable(acting: Acting) -> ShareableQuerySet:
    """With what stands beside a declaration on its page and over the API."""
    found: ShareableQuerySet = with_signatures(acting).select_related(*BESIDE)
    return found


def with_signatures(acting: Acting) -> ShareableQuerySet:
    """Each knows `facility_signed` and `other_signed`: of the text as it stands."""
    seen = DeclarationOfSecurity.objects.visible_to(acting)
    found: ShareableQuerySet = seen.annotate(facility_signed=signed_by(Side.FACILITY), other_signed=signed_by(Side.OTHER))
    return found


def standing(declaration: Any, now: datetime | None = None) -> Standing:
    """Of a row of `readable`."""
    at = now or timezone.now()
    if declaration.state not in OPEN:
        return Standing(declaration.state)
    if declaration.valid_to <= at:
        return Standing.EXPIRED
    if declaration.state == State.REQUESTED:
        return Standing.REQUESTED
    signed = int(declaration.facility_signed) + int(declaration.other_signed)
    if signed < 2:
        return Standing.SIGNED_BY_ONE if signed else Standing.AGREED
    return Standing.SIGNED if at < declaration.valid_from else Standing.IN_FORCE


def active(found: ShareableQuerySet, at: datetime) -> ShareableQuerySet:
    """Those in force: both signatures, and within the period."""
    held: ShareableQuerySet = found.filter(state=State.AGREED, facility_signed=True, other_signed=True)
    return held.filter(valid_from__lte=at, valid_to__gt=at)


def over(found: ShareableQuerySet, at: datetime) -> ShareableQuerySet:
    """Declined, ended, cancelled or expired, whether or not the clock's sweep has come by yet."""
    ended: ShareableQuerySet = found.filter(Q(state__in=CLOSED) | Q(state__in=OPEN, valid_to__lte=at))
    return ended


def not_over(found: ShareableQuerySet, at: datetime) -> ShareableQuerySet:
    left: ShareableQuerySet = found.exclude(state__in=CLOSED).exclude(state__in=OPEN, valid_to__lte=at)
    return left


def current(found: ShareableQuerySet, at: datetime) -> ShareableQuerySet:
    """What is neither over nor in force: drafts, requests, and what lacks a signature or has not begun."""
    held = Q(state=State.AGREED, facility_signed=True, other_signed=True, valid_from__lte=at)
    left: ShareableQuerySet = not_over(found, at).exclude(held)
    return left


def waiting(acting: Acting, found: ShareableQuerySet, at: datetime) -> ShareableQuerySet:
    """What the acting port has to do: answer a request, sign, or finish its draft."""
    own, others = Q(owner=acting.organisation), Q(other_port=acting.organisation)
    alone = own & Q(other_port__isnull=True)
    answer = Q(state=State.REQUESTED) & (others | alone)
    sign = Q(state=State.AGREED) & (own & Q(facility_signed=False) | (others | alone) & Q(other_signed=False))
    wanted: ShareableQuerySet = found.filter((answer | sign) & Q(valid_to__gt=at) | own & Q(state=State.DRAFT))
    return wanted


def matching(found: ShareableQuerySet, words: str) -> ShareableQuerySet:
    """By number, ship, IMO number, facility or port, as the declaration names them."""
    texts = ("ref_id", "ship_name", "ship_imo", "named__facility", "named__other_facility", "named__port", "named__other_port")
    wanted = Q()
    for name in texts:
        wanted |= Q(**{f"{name}__icontains": words})
    matched: ShareableQuerySet = found.filter(wanted)
    return matched


def between(acting: Acting, port: Any) -> ShareableQuerySet:
    """Those of the acting organisation in which that port takes part, on either side."""
    found: ShareableQuerySet = readable(acting).filter(Q(owner=port) | Q(other_port=port))
    return found


def signatures(acting: Acting, declaration: DeclarationOfSecurity) -> list[Any]:
    """The newest text's first; each knows whether it `stands`: for the text as it is now. 1 query."""
    found = DeclarationSignature.objects.visible_to(acting).filter(declaration=declaration).select_related("owner", "recorded_by")
    digest = digest_of(text_of(declaration))
    listed = list(found.order_by("-text_version", "recorded_at"))
    for one in listed:
        one.stands = one.text_version == declaration.text_version and one.sha256 == digest
        one.is_cleared = one.text_version != declaration.text_version
    return listed


def level_of_facility(acting: Acting, facility: PortFacility) -> int:
    """The highest of its own level, its port's and its regions', as far as they may be seen; 1 where nothing was set. 1 query."""
    regions = RegionMembership.objects.filter(organisation=facility.owner_id).values("region")
    holds = Q(scope=LevelScope.PORT, owner=facility.owner_id) | Q(scope=LevelScope.REGION, region__in=regions)
    highest = in_force(acting).filter(holds | Q(scope=LevelScope.FACILITY, facility=facility)).aggregate(level=Max("level"))["level"]
    return int(highest or SecurityLevel.NORMAL)


def choosable(acting: Acting) -> "models.QuerySet[PortFacility]":
    """Open facilities of other ports and one's own, by port along the coast. 1 query."""
    found: models.QuerySet[PortFacility] = PortFacility.objects.visible_to(acting).filter(is_active=True).select_related("owner")
    return found.order_by("owner__port__coast_order", "owner__name", "imo_number")
