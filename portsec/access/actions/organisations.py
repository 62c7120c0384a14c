"""Regions and their organisations. What they grant or take away is journalled. Who may do it is asked by those who call."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import Group
from django.db import connections
from django.db.models import Q

from portsec.access.acting import as_system
from portsec.access.models import Audience, AudienceGrant, Membership, Organisation, Region, RegionMembership, User
from portsec.access.roles import Role
from portsec.journal.actions import record_access, record_access_of_many

RULES = (Audience.Kind.REGION_PORTS, Audience.Kind.REGION, Audience.Kind.LINKED_REGIONS)


def create_region(name: str, *, linked_to: Sequence[Region] = ()) -> Region:
    with as_system("regions and organisations are set up by the operator"):
        region = Region.objects.create(name=name)
        region.linked.set(linked_to)
    return region


@dataclass(frozen=True)
class NewOrganisation:
    name: str
    kind: str
    time_zone: str = "UTC"


def create_organisation(name: str, kind: str, *, time_zone: str = "UTC") -> Organisation:
    """An organisation with its group and its service user. It sees nothing until it joins a region."""
    return create_organisations([NewOrganisation(name, kind, time_zone)])[0]


def create_organisations(wanted: Sequence[NewOrganisation]) -> list[Organisation]:
    """In the order given, in seven statements however many. Raises IntegrityError where a name is taken."""
    with as_system("regions and organisations are set up by the operator"):
        groups = Group.objects.bulk_create([Group(name=f"organisation: {one.name}") for one in wanted])
        made = Organisation.objects.bulk_create(
            [
                Organisation(name=one.name, kind=one.kind, time_zone=one.time_zone, group=group)
                for one, group in zip(wanted, groups, strict=True)
            ]
        )
        services = User.objects.bulk_create([_service_of(organisation) for organisation in made])
        pairs = zip(services, made, strict=True)
        Membership.objects.bulk_create([Membership(user=user, organisation=one, role=Role.SERVICE) for user, one in pairs])
    return made


def _service_of(organisation: Organisation) -> User:
    service = User(email=f"service.{organisation.pk}@service.invalid", name=f"{organisation.name[:110]}, service", is_service=True)
    service.set_unusable_password()
    return service


def join_region(organisation: Organisation, region: Region) -> None:
    """The organisation sees the region's earlier records at once: a few grants, whatever the number of records."""
    join_many([organisation], region)


def join_many(organisations: Sequence[Organisation], region: Region) -> None:
    """As `join_region` for each; who is in the region already is left as it is. Statements: the same for one and for thousands."""
    with as_system("membership of a region and its grants"):
        hold_rules()
        here = set(RegionMembership.objects.filter(region=region).values_list("organisation", flat=True))
        joining = [one for one in organisations if one.pk not in here]
        RegionMembership.objects.bulk_create([RegionMembership(region=region, organisation=one) for one in joining], batch_size=1000)
        meant = {kind: list(rules_that_mean(kind, region)) for kind in {one.kind for one in joining}}
        for kind, audiences in meant.items():
            grant([one for one in joining if one.kind == kind], audiences)
        if joining:
            record_access_of_many("access.granted", {one: meant[one.kind] for one in joining}, f"%s joined {_plain(region.name)}")


def _plain(text: str) -> str:
    return text.replace("%", "%%")


GRANT = """
INSERT INTO access_audiencegrant (group_id, permission_id, content_object_id)
SELECT g, app_view_permission(), a FROM unnest(%s::integer[]) AS g CROSS JOIN unnest(%s::uuid[]) AS a ON CONFLICT DO NOTHING
"""


def grant(organisations: Sequence[Organisation], audiences: Sequence[Audience]) -> None:
    """Inside `as_system`: each of them may view each of these."""
    with connections["system"].cursor() as cursor:
        cursor.execute(GRANT, [[one.group_id for one in organisations], [str(one.pk) for one in audiences]])


def leave_region(organisation: Organisation, region: Region) -> None:
    """The organisation loses the region's records, except those that it owns or that another of its regions still shares."""
    with as_system("membership of a region and its grants"):
        hold_rules()
        if not RegionMembership.objects.filter(region=region, organisation=organisation).delete()[0]:
            return
        still = set(rules_that_mean(organisation.kind, *organisation.regions.all()))
        lost = [
            audience
            for audience in rules_that_mean(organisation.kind, region)
            if audience not in still and audience.owner_id != organisation.pk
        ]
        AudienceGrant.objects.filter(group=organisation.group_id, content_object__in=lost).delete()
        record_access("access.revoked", organisation, lost, f"{organisation.name} left {region.name}")


def link_regions(one: Region, other: Region) -> None:
    """Each side sees at once what the other has shared with linked regions."""
    with as_system("regions that share with each other"):
        hold_rules()
        one.linked.add(other)
        for home, away in ((one, other), (other, one)):
            people, audiences = list(home.organisations.all()), list(_linked_audiences(away))
            grant(people, audiences)
            told = dict.fromkeys(people, audiences)
            record_access_of_many("access.granted", told, f"%s sees what {_plain(away.name)} shares with linked regions")


def unlink_regions(one: Region, other: Region) -> bool:
    """Each side loses what the other shared with linked regions, unless another region still lets it see. False: they were not linked."""
    with as_system("regions that share with each other"):
        hold_rules()
        if not one.linked.filter(pk=other.pk).exists():
            return False
        one.linked.remove(other)
        for home, away in ((one, other), (other, one)):
            audiences = list(_linked_audiences(away))
            losing = _not_meant_any_more(home, away)
            _take_away(losing, audiences)
            told = dict.fromkeys(losing, audiences)
            record_access_of_many("access.revoked", told, f"%s no longer sees what {_plain(away.name)} shares with linked regions")
    return True


def _linked_audiences(region: Region) -> Iterable[Audience]:
    return Audience.objects.filter(kind=Audience.Kind.LINKED_REGIONS, region=region)


def _not_meant_any_more(home: Region, away: Region) -> list[Organisation]:
    """Those of `home` whom no region still leads to `away`."""
    with connections["system"].cursor() as cursor:
        cursor.execute("SELECT app_rule_members('linked_regions', %s)", [str(away.pk)])
        still = {row[0] for row in cursor.fetchall()}
    return [one for one in home.organisations.all() if one.pk not in still]


def _take_away(organisations: Sequence[Organisation], audiences: Sequence[Audience]) -> None:
    AudienceGrant.objects.filter(group__in=[one.group_id for one in organisations], content_object__in=audiences).delete()


def hold_rules() -> None:
    """Until the end of the transaction no audience of a region is made: `app_resolve_audience` takes the same lock, shared."""
    with connections["system"].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(7702002)")


def rules_that_mean(kind: str, *regions: Region) -> Iterable[Audience]:
    """The audiences whose rule takes in an organisation of this kind in these regions: theirs, and the linked kind of their neighbours."""
    mine = Q(region__in=regions)
    if kind != Organisation.Kind.PORT:
        mine &= ~Q(kind=Audience.Kind.REGION_PORTS)
    by_link = Q(kind=Audience.Kind.LINKED_REGIONS, region__linked__in=regions)
    return Audience.objects.filter(mine | by_link, kind__in=RULES).distinct()
