"""Regions and their organisations, set up by the operator. What they grant or take away is journalled."""

from collections.abc import Iterable, Sequence

from django.contrib.auth.models import Group, Permission
from django.db import connections
from django.db.models import Q

from portsec.access.acting import as_system
from portsec.access.models import Audience, AudienceGrant, Membership, Organisation, Region, RegionMembership, User
from portsec.access.roles import Role
from portsec.journal.actions import record_access

RULES = (Audience.Kind.REGION_PORTS, Audience.Kind.REGION, Audience.Kind.LINKED_REGIONS)


def create_region(name: str, *, linked_to: Sequence[Region] = ()) -> Region:
    with as_system("regions and organisations are set up by the operator"):
        region = Region.objects.create(name=name)
        region.linked.set(linked_to)
    return region


def create_organisation(name: str, kind: str, *, time_zone: str = "UTC") -> Organisation:
    """An organisation with its group and its service user. It sees nothing until it joins a region."""
    with as_system("regions and organisations are set up by the operator"):
        group = Group.objects.create(name=f"organisation: {name}")
        organisation = Organisation.objects.create(name=name, kind=kind, time_zone=time_zone, group=group)
        service = User(email=f"service.{organisation.pk}@service.invalid", name=f"{name}, service", is_service=True)
        service.set_unusable_password()
        service.save()
        Membership.objects.create(user=service, organisation=organisation, role=Role.SERVICE)
    return organisation


def join_region(organisation: Organisation, region: Region) -> None:
    """The organisation sees the region's earlier records at once: a few grants, whatever the number of records."""
    with as_system("membership of a region and its grants"):
        _hold_rules()
        _membership, is_new = RegionMembership.objects.get_or_create(region=region, organisation=organisation)
        if not is_new:
            return
        audiences = list(_rules_that_mean(organisation, region))
        permission = Permission.objects.get(content_type__app_label="access", codename="view_audience")
        AudienceGrant.objects.bulk_create(
            [AudienceGrant(group_id=organisation.group_id, permission=permission, content_object=audience) for audience in audiences],
            ignore_conflicts=True,
        )
        record_access("access.granted", organisation, audiences, f"{organisation.name} joined {region.name}")


def leave_region(organisation: Organisation, region: Region) -> None:
    """The organisation loses the region's records, except those that it owns or that another of its regions still shares."""
    with as_system("membership of a region and its grants"):
        _hold_rules()
        if not RegionMembership.objects.filter(region=region, organisation=organisation).delete()[0]:
            return
        still = set(_rules_that_mean(organisation, *organisation.regions.all()))
        lost = [
            audience
            for audience in _rules_that_mean(organisation, region)
            if audience not in still and audience.owner_id != organisation.pk
        ]
        AudienceGrant.objects.filter(group=organisation.group_id, content_object__in=lost).delete()
        record_access("access.revoked", organisation, lost, f"{organisation.name} left {region.name}")


def _hold_rules() -> None:
    """Until the end of the transaction no audience of a region is made: `app_resolve_audience` takes the same lock, shared."""
    with connections["system"].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(7702002)")


def _rules_that_mean(organisation: Organisation, *regions: Region) -> Iterable[Audience]:
    """The audiences whose rule takes in a member of these regions: theirs, and the linked kind of their neighbours."""
    mine = Q(region__in=regions)
    if organisation.kind != Organisation.Kind.PORT:
        mine &= ~Q(kind=Audience.Kind.REGION_PORTS)
    by_link = Q(kind=Audience.Kind.LINKED_REGIONS, region__linked__in=regions)
    return Audience.objects.filter(mine | by_link, kind__in=RULES).distinct()
