"""The verbs of this room: who belongs where, and for whom one acts. What they grant or take away is journalled."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.contrib.auth.models import Group, Permission
from django.db import connections
from django.db.models import Q
from django.utils import timezone

from portsec.access.acting import as_system
from portsec.access.models import (
    Audience,
    AudienceGrant,
    Membership,
    Organisation,
    Region,
    RegionMembership,
    ServiceToken,
    User,
)
from portsec.access.roles import SCOPES, Role
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


def add_member(user: User, organisation: Organisation, role: str) -> Membership:
    with as_system("membership of an organisation"):
        membership, _is_new = Membership.objects.update_or_create(
            user=user, organisation=organisation, defaults={"role": role, "is_active": True}
        )
        record_access("member.added", organisation, [], f"{user.name} joined {organisation.name}", user)
    return membership


def remove_member(user: User, organisation: Organisation) -> None:
    """Row security forgets the person with the next statement; open dashboards of theirs are closed."""
    with as_system("membership of an organisation"):
        if Membership.objects.filter(user=user, organisation=organisation, is_active=True).update(is_active=False):
            record_access("member.removed", organisation, [], f"{user.name} left {organisation.name}", user)


def issue_token(
    organisation: Organisation, name: str, *, scopes: Sequence[str] = SCOPES, expires_at: datetime | None = None
) -> tuple[ServiceToken, str]:
    """A service token and its secret, which is shown once and cannot be read again."""
    service = Membership.objects.select_related("user").get(organisation=organisation, role=Role.SERVICE).user
    lifetime = expires_at - timezone.now() if expires_at else None
    made: tuple[ServiceToken, str] = ServiceToken.objects.create(
        user=service, organisation=organisation, name=name, scopes=list(scopes), expiry=lifetime
    )
    return made
