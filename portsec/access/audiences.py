"""From what a user asked for ("ports of my region") to an Audience row, and who is in it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import connections
from django.utils.translation import gettext as _

from portsec.access import tlp
from portsec.access.acting import Acting, current_alias
from portsec.access.models import Audience, Membership, Organisation, Region
from portsec.problems import Fault, Refused

MOST_NAMED = 500


@dataclass(frozen=True)
class AudienceWish:
    """What a user asked for; ids may still be anybody's. `as_json()` is how a draft keeps it."""

    kind: str
    region: UUID | None = None
    organisations: Sequence[UUID] = field(default=())

    @cached_property
    def named(self) -> str:
        """The organisations as PostgreSQL reads an array: one value, where a list would be hundreds, and asked with twice."""
        return f"{{{','.join(map(str, self.organisations))}}}"

    def as_json(self) -> dict[str, Any]:
        wish: dict[str, Any] = {"kind": self.kind}
        if self.region:
            wish["region"] = str(self.region)
        if self.organisations:
            wish["organisations"] = [str(organisation) for organisation in self.organisations]
        return wish

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "AudienceWish":
        region = UUID(stored["region"]) if stored.get("region") else None
        return cls(stored["kind"], region, tuple(UUID(one) for one in stored.get("organisations", ())))


def resolve_audience(acting: Acting, wish: AudienceWish, label: str = tlp.Tlp.CLEAR) -> Audience:
    """The audience that the wish means for this organisation, made where it is new.

    Raises Refused naming `audience`, `audience/region` or `audience/organisations/<n>`. An organisation that the sender
    cannot see is refused like one that does not exist.
    """
    checked = check_audience(acting, wish, label)
    return _resolve(checked)


def check_audience(acting: Acting, wish: AudienceWish, label: str) -> AudienceWish:
    """The wish with its region filled in, or Refused. Writes nothing."""
    if not tlp.allows(label, wish.kind):
        raise Refused(Fault("audience", tlp.too_wide(label, wish.kind), "too_wide"))
    if wish.kind == Audience.Kind.OWN:
        return AudienceWish(wish.kind)
    if wish.kind == Audience.Kind.NAMED:
        return _check_named(acting, wish)
    return _check_region(acting, wish)


def _check_named(acting: Acting, wish: AudienceWish) -> AudienceWish:
    checked = AudienceWish(wish.kind, organisations=tuple(dict.fromkeys(wish.organisations)))
    if not checked.organisations:
        raise Refused(Fault("audience/organisations", _("Name at least one organisation."), "required"))
    if len(checked.organisations) > MOST_NAMED:
        raise Refused(Fault("audience/organisations", _("Name at most %d organisations, or choose a region.") % MOST_NAMED, "too_many"))
    unseen = set(_unseen(acting, checked))
    unknown = _("No such organisation among those you share a region with. See /api/v1/organisations/.")
    faults = [Fault(f"audience/organisations/{n}", unknown, "unknown") for n, one in enumerate(wish.organisations) if one in unseen]
    if faults:
        raise Refused(*faults)
    return checked


def _unseen(acting: Acting, wish: AudienceWish) -> list[UUID]:
    """Those of the wish that the acting organisation does not see. As conditions, hundreds of ids took 5 ms."""
    seen, values = Organisation.objects.visible_to(acting).order_by().values("pk").query.sql_with_params()
    return _ask(f"unnest(%s::uuid[]) EXCEPT ({seen})", [wish.named, *values])


def _check_region(acting: Acting, wish: AudienceWish) -> AudienceWish:
    own = list(Region.objects.filter(memberships__organisation=acting.organisation).values_list("pk", flat=True))
    if wish.organisations:
        raise Refused(Fault("audience/organisations", _("Only the kind “named” takes organisations. Leave them out."), "unexpected"))
    if wish.region is None and len(own) == 1:
        return AudienceWish(wish.kind, own[0])
    if wish.region is None:
        raise Refused(Fault("audience/region", _("Choose one of your regions."), "required"))
    if wish.region not in own:
        raise Refused(Fault("audience/region", _("Your organisation is not in such a region. See /api/v1/regions/."), "unknown"))
    return wish


def members_of_wish(acting: Acting, wish: AudienceWish) -> list[Organisation]:
    """Who the checked wish would reach today, the sender left out, in their regions' order. Writes nothing."""
    if wish.kind == Audience.Kind.OWN:
        return []
    if wish.kind == Audience.Kind.NAMED:
        chosen = Organisation.objects.visible_to(acting).filter(pk__in=wish.organisations)
    else:
        chosen = Organisation.objects.filter(pk__in=_ask("app_preview_members(%s, %s)", [wish.kind, str(wish.region)]))
    return list(chosen.exclude(pk=acting.organisation.pk).order_by("name"))


def members_of(audience: Audience) -> list[Organisation]:
    """Who is in the audience, for those who may address it; for others nobody."""
    return list(Organisation.objects.filter(pk__in=_ask("app_audience_members(%s)", [str(audience.pk)])).order_by("name"))


def wish_of(audience: Audience) -> AudienceWish:
    """The wish that leads to this audience again, as its owner may state it."""
    named = [one.pk for one in members_of(audience) if one.pk != audience.owner_id] if audience.kind == Audience.Kind.NAMED else []
    return AudienceWish(audience.kind, audience.region_id, tuple(named))


def own_audience(acting: Acting) -> Audience:
    return resolve_audience(acting, AudienceWish(Audience.Kind.OWN))


def answer_audience(parties: Sequence[UUID | None]) -> Audience:
    """Those whom an answer concerns besides the acting organisation: who told it something may always be answered."""
    return _resolve(AudienceWish(Audience.Kind.NAMED, organisations=tuple(one for one in parties if one)))


def check_persons(acting: Acting, persons: Sequence[UUID], wish: AudienceWish) -> list[UUID]:
    """Of TLP:RED: the named readers, each a member of the sender's or a named organisation; the sender is added.

    Raises Refused naming `persons` or `persons/<n>`.
    """
    if not persons:
        raise Refused(Fault("persons", _("TLP:RED goes to named persons only. Name at least one."), "required"))
    homes = [acting.organisation.pk, *wish.organisations]
    members = Membership.objects.filter(organisation__in=homes, is_active=True, user__is_active=True, user__is_service=False)
    known = set(members.filter(user__in=persons).values_list("user_id", flat=True))
    unknown = _("No such person in the named organisations.")
    faults = [Fault(f"persons/{n}", unknown, "unknown") for n, person in enumerate(persons) if person not in known]
    if faults:
        raise Refused(*faults)
    return list(dict.fromkeys([acting.user.pk, *persons]))


def _resolve(wish: AudienceWish) -> Audience:
    arguments = [wish.kind, str(wish.region) if wish.region else None, wish.named]
    found = Audience.objects.raw("SELECT * FROM app_resolve_audience(%s, %s, %s::uuid[])", arguments)
    audience: Audience = (found.prefetch_related("region") if wish.region else found)[0]
    return audience


def _ask(call: str, parameters: Sequence[Any]) -> list[UUID]:
    with connections[current_alias()].cursor() as cursor:
        cursor.execute(f"SELECT {call}", parameters)
        return [row[0] for row in cursor.fetchall()]
