"""Who belongs to an organisation, and in which role. An organisation manages its own people, and is never left without a manager.

The application's role may not write memberships: they decide what row security shows. Each verb therefore checks role,
second factor and organisation first, and then writes as the system.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from portsec.access.acting import Acting, NotAllowedError, as_system
from portsec.access.models import Invitation, Membership, Organisation, User
from portsec.access.roles import ROLES_OF_KIND, VERBS, Role
from portsec.access.step_up import require_for_members
from portsec.journal.actions import record_access
from portsec.problems import Conflict, Fault, Refused


def add_member(user: User, organisation: Organisation, role: str, *, actor: User | None = None) -> Membership:
    """By the operator, or by the person who takes up an invitation; `actor` is that person."""
    with as_system("membership of an organisation"):
        membership, _is_new = Membership.objects.update_or_create(
            user=user, organisation=organisation, defaults={"role": role, "is_active": True}
        )
        after = {"role": str(role)}
        record_access("member.added", organisation, [], f"{user.name} joined {organisation.name}", user, actor=actor, after=after)
    return membership


def remove_member(user: User, organisation: Organisation) -> None:
    """By the operator. Row security forgets the person with the next statement; open dashboards of theirs are closed."""
    with as_system("membership of an organisation"):
        if Membership.objects.filter(user=user, organisation=organisation, is_active=True).update(is_active=False):
            record_access("member.removed", organisation, [], f"{user.name} left {organisation.name}", user)


def change_role(acting: Acting, member: Membership, role: str) -> None:
    """Raises Refused naming `role`, or Conflict where the member is inactive or the last who manages the organisation."""
    _require(acting)
    wanted = check_role(acting.organisation, role)
    with as_system("membership of an organisation"):
        people = _hold_people(acting)
        held = people.find(member.pk)
        _check_active(held)
        people.check_managed_with(held, wanted)
        _set_role(acting, held, wanted)


def deactivate_member(acting: Acting, member: Membership) -> None:
    """Takes effect with the person's next request; open dashboards close. Invitations of the same address are withdrawn.

    Raises Conflict where the member is inactive already, or the last who manages the organisation.
    """
    _require(acting)
    with as_system("membership of an organisation"):
        people = _hold_people(acting)
        held = people.find(member.pk)
        _check_active(held)
        people.check_managed_with(held, None)
        _set_active(held, False)
        waiting = Invitation.objects.of(acting).waiting().filter(email__iexact=held.user.email)
        waiting.update(withdrawn_at=timezone.now())
        _record(acting, "member.removed", held, f"{held.user.name} left {acting.organisation.name}")


def reactivate_member(acting: Acting, member: Membership) -> None:
    """In the role that the person had. Raises Conflict where the member is active."""
    _require(acting)
    with as_system("membership of an organisation"):
        held = _hold_people(acting).find(member.pk)
        if held.is_active:
            raise Conflict(_("%s is an active member already.") % held.user.name)
        _set_active(held, True)
        _record(acting, "member.added", held, f"{held.user.name} joined {acting.organisation.name} again")


def hand_over(acting: Acting, to: Membership, *, own_role: str) -> None:
    """One's own role goes to another member, and one's own becomes `own_role`, in one transaction.

    Raises Refused naming `own_role`, or Conflict where `to` is oneself or inactive.
    """
    _require(acting)
    wanted = check_role(acting.organisation, own_role, name="own_role")
    if manages(wanted, acting.organisation):
        raise Refused(Fault("own_role", _("Choose a role without this right: this one would not hand anything over."), "invalid_choice"))
    with as_system("membership of an organisation"):
        people = _hold_people(acting)
        held, mine = people.find(to.pk), people.of(acting.user)
        _check_active(held)
        if held.pk == mine.pk:
            raise Conflict(_("You hold this role yourself. Choose another member."))
        given = Role(mine.role)
        _set_role(acting, held, given)
        _set_role(acting, mine, wanted)


def check_role(organisation: Organisation, role: str, name: str = "role") -> Role:
    """A role that a person can have in an organisation of this kind, or Refused naming the field `name`."""
    possible = ROLES_OF_KIND[organisation.kind]
    if role not in possible:
        words = ", ".join(str(one.label) for one in possible)
        raise Refused(Fault(name, _("Choose one of these roles: %s.") % words, "invalid_choice"))
    return Role(role)


def manages(role: str, organisation: Organisation) -> bool:
    return VERBS["member.manage"].is_for(Role(role), organisation.kind)


@dataclass(frozen=True)
class _People:
    """Everybody of the organisation, as they are while the lock is held."""

    organisation: Organisation
    members: Sequence[Membership]

    def find(self, pk: UUID) -> Membership:
        """Of another organisation is as absent as nobody's: Http404."""
        found = next((one for one in self.members if one.pk == pk), None)
        if found is None:
            raise Http404
        return found

    def of(self, user: User) -> Membership:
        return next(one for one in self.members if one.user_id == user.pk)

    def managers(self) -> list[Membership]:
        return [one for one in self.members if one.is_active and one.user.is_active and manages(one.role, self.organisation)]

    def check_managed_with(self, member: Membership, role: Role | None) -> None:
        """Conflict where nobody could manage the organisation with this member in this role, or gone."""
        stays = role is not None and manages(role, self.organisation)
        if not stays and [one.pk for one in self.managers()] == [member.pk]:
            text = _("%s is the last who can manage this organisation. Hand the role over to another member first.")
            raise Conflict(text % member.user.name)


def _require(acting: Acting) -> None:
    acting.require("member.manage")
    require_for_members(acting)


def _hold_people(acting: Acting) -> _People:
    """Nobody else changes the people of this organisation until the transaction ends: two who leave at once are counted in turn.

    Who acts is looked at once more: the request may have begun before somebody took the right away.
    """
    _lock(acting.organisation)
    found = Membership.objects.filter(organisation=acting.organisation, user__is_service=False).select_related("user")
    people = _People(acting.organisation, list(found))
    if acting.user.pk not in {one.user_id for one in people.managers()}:
        raise NotAllowedError(_("You no longer manage this organisation's people."), code="role_missing")
    return people


def _lock(organisation: Organisation) -> None:
    """Without the key, as those who only refer to the row (an alert being sent) take it meanwhile."""
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)


def _check_active(member: Membership) -> None:
    if not member.is_active:
        raise Conflict(_("%s is not active here. Reactivate the member first.") % member.user.name)


def _set_active(member: Membership, is_active: bool) -> None:
    member.is_active = is_active
    member.save(update_fields=["is_active"])


def _set_role(acting: Acting, member: Membership, role: Role) -> None:
    before, member.role = Role(member.role), role
    member.save(update_fields=["role"])
    summary = f"{member.user.name} is now {role.label}, was {before.label}"
    _record(acting, "member.role_changed", member, summary, before={"role": before.value}, after={"role": role.value})


def _record(
    acting: Acting, verb: str, member: Membership, summary: str, before: dict[str, str] | None = None, after: dict[str, str] | None = None
) -> None:
    record_access(verb, acting.organisation, [], summary, member.user, actor=acting.user, before=before, after=after)
