"""Where a service token is used from, and when it last was."""

from collections.abc import Iterable
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from django.utils import timezone

from portsec.access.models import ServiceToken

MINUTE = timedelta(minutes=1)


def comes_from(networks: Iterable[str], address: str) -> bool:
    """Is the client's address in one of the ranges? Without ranges any is; with ranges an unknown address is not."""
    ranges = [ip_network(one) for one in networks]
    if not ranges:
        return True
    try:
        at = ip_address(address)
    except ValueError:
        return False
    if isinstance(at, IPv6Address) and at.ipv4_mapped:  # as a socket for both families shows an IPv4 client
        at = at.ipv4_mapped
    return any(at in one for one in ranges)


def note_use(token: ServiceToken) -> None:
    """At most once a minute. Runs before the request's transaction opens, so that an answer of 400 does not take it back."""
    now = timezone.now()
    if token.last_used_at is not None and now - token.last_used_at < MINUTE:
        return
    ServiceToken.objects.filter(pk=token.pk).exclude(last_used_at__gt=now - MINUTE).update(last_used_at=now)
