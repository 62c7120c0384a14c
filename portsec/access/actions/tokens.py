"""Service tokens: made, replaced and taken away by their own organisation. A secret is returned once and kept nowhere."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_network

from django.utils import timezone
from django.utils.translation import gettext as _

from portsec.access.acting import Acting
from portsec.access.models import Membership, Organisation, ServiceToken, User
from portsec.access.roles import SCOPES, Role
from portsec.access.step_up import require_for_members
from portsec.journal.actions import record_own
from portsec.problems import Conflict, Fault, Refused
from portsec.validation import check_fields

LONGEST = timedelta(days=731)
MOST_NETWORKS = 20
GRACES = (0, 3600, 24 * 3600)  # seconds that the secret before a rotation still works


def issue_token(
    organisation: Organisation,
    name: str,
    *,
    scopes: Sequence[str] = SCOPES,
    expires_at: datetime | None = None,
    networks: Sequence[str] = (),
    created_by: User | None = None,
) -> tuple[ServiceToken, str]:
    """A service token and its secret, which is shown once and cannot be read again. By the operator; people use `create_token`."""
    service = Membership.objects.select_related("user").get(organisation=organisation, role=Role.SERVICE).user
    lifetime = expires_at - timezone.now() if expires_at else None
    made: tuple[ServiceToken, str] = ServiceToken.objects.create(
        user=service,
        organisation=organisation,
        name=name,
        scopes=list(scopes),
        expiry=lifetime,
        networks=list(networks),
        created_by=created_by,
    )
    return made


def create_token(
    acting: Acting, *, name: str, scopes: Sequence[str], expires_at: datetime, networks: Sequence[str] = ()
) -> tuple[ServiceToken, str]:
    """Raises Refused naming `name`, `scopes`, `expires_at` or `networks`."""
    _require(acting)
    allowed = _check(name, scopes, expires_at, networks)
    made = issue_token(acting.organisation, name.strip(), scopes=scopes, expires_at=expires_at, networks=allowed, created_by=acting.user)
    record_own(acting, "token.created", "service_token", made[0].id, f"Service token {made[0].name} was made", after=_told(made[0]))
    return made


def rotate_token(acting: Acting, token: ServiceToken, *, grace: int) -> tuple[ServiceToken, str]:
    """A new secret with the same rights and the same length of life; the old one works for `grace` more seconds.

    Raises Refused naming `grace`, Conflict where the token is gone, expired or replaced already.
    """
    _require(acting)
    if grace not in GRACES:
        raise Refused(Fault("grace", _("Choose how long the old secret works: not at all, 1 hour or 24 hours."), "invalid_choice"))
    now = timezone.now()
    old = _hold(acting, token)
    expires_at = now + (old.expiry - old.created) if old.expiry else None
    made = issue_token(
        acting.organisation, old.name, scopes=old.scopes, expires_at=expires_at, networks=old.networks, created_by=acting.user
    )
    _retire(old, now, grace)
    after = {**_told(made[0]), "grace": grace}
    record_own(acting, "token.rotated", "service_token", made[0].id, f"Service token {old.name} has a new secret", after=after)
    return made


def revoke_token(acting: Acting, token: ServiceToken) -> None:
    """At once. Raises Conflict where it is gone already. Never asks for a second factor: a lost secret must not wait for one."""
    acting.require("token.manage")
    if not ServiceToken.objects.filter(organisation=acting.organisation, id=token.id).delete()[0]:
        raise Conflict(_("This token is revoked already."))
    record_own(acting, "token.revoked", "service_token", token.id, f"Service token {token.name} was revoked", before=_told(token), after={})


def read_networks(written: Iterable[str]) -> list[str]:
    """CIDR ranges in their shortest form, or Refused naming `networks/<n>` with what to write instead."""
    found, faults = [], []
    for position, text in enumerate(written):
        try:
            found.append(str(ip_network(text)))
        except ValueError:
            faults.append(Fault(f"networks/{position}", _network_fault(text), "invalid"))
    if faults:
        raise Refused(*faults)
    return list(dict.fromkeys(found))


def _network_fault(text: str) -> str:
    try:
        meant = ip_network(text, strict=False)
    except ValueError:
        return _("“%s” is not a network. Write an address or a range, as 192.0.2.0/24 or 2001:db8::/48.") % text[:60]
    said = _("“%(text)s” names an address inside a network. Write %(network)s for all of it, or %(host)s for this one.")
    return said % {"text": text, "network": meant, "host": text.partition("/")[0]}


def _require(acting: Acting) -> None:
    acting.require("token.manage")
    require_for_members(acting)


def _check(name: str, scopes: Sequence[str], expires_at: datetime, networks: Sequence[str]) -> list[str]:
    check_fields(ServiceToken(name=name.strip()), exclude={"digest", "token_key", "user", "organisation", "scopes", "networks"})
    now = timezone.now()
    if not scopes or not set(scopes) <= set(SCOPES):
        raise Refused(Fault("scopes", _("Choose at least one of: %s.") % ", ".join(SCOPES), "invalid_choice"))
    if expires_at <= now:
        raise Refused(Fault("expires_at", _("This is in the past. Choose a day after today."), "in_the_past"))
    if expires_at > now + LONGEST:
        raise Refused(Fault("expires_at", _("A token lives two years at most. Choose an earlier day, and rotate it in time."), "too_late"))
    if len(networks) > MOST_NETWORKS:
        raise Refused(Fault("networks", _("Name at most %d networks.") % MOST_NETWORKS, "too_many"))
    return read_networks(networks)


def _hold(acting: Acting, token: ServiceToken) -> ServiceToken:
    """The row, locked: of two who rotate at once, the second finds it replaced."""
    held: ServiceToken | None = ServiceToken.objects.select_for_update().filter(organisation=acting.organisation, id=token.id).first()
    if held is None:
        raise Conflict(_("This token is revoked."))
    if held.replaced_at is not None:
        raise Conflict(_("This token has been rotated already. Rotate the new one if need be."))
    if held.is_expired:
        raise Conflict(_("This token has expired. Make a new one."))
    return held


def _retire(old: ServiceToken, now: datetime, grace: int) -> None:
    if grace == 0:
        old.delete()
        return
    until = now + timedelta(seconds=grace)
    old.replaced_at, old.expiry = now, min(old.expiry or until, until)
    old.save(update_fields=["replaced_at", "expiry"])


def _told(token: ServiceToken) -> dict[str, object]:
    """Never the secret, nor a part of it."""
    return {"name": token.name, "scopes": token.scopes, "expires_at": token.expiry, "networks": token.networks}
