"""Who begins an organisation. Its region's coordination body asks one person by e-mail; from there on it manages itself."""

from functools import partial

from django.conf import settings
from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from portsec.access.acting import Acting, as_system
from portsec.access.actions.invitations import UNCHECKED, count_sent, renew
from portsec.access.actions.regions import is_vacant
from portsec.access.coordination import require_coordinated
from portsec.access.invitation_mail import deliver_to_first
from portsec.access.models import Invitation, Organisation, Region
from portsec.access.roles import Role
from portsec.access.step_up import require_for_members
from portsec.journal.actions import record_of
from portsec.problems import Conflict
from portsec.validation import check_fields


def invite_first_administrator(acting: Acting, region: Region, organisation: Organisation, *, email: str, name: str) -> Invitation:
    """The mail leaves after the commit; an earlier invitation to the same organisation opens nothing any more.

    Only where nobody has ever belonged to the organisation: otherwise a coordinator could make itself at home in it. Raises Refused
    naming `email` or `name`, Conflict where it has people.
    """
    require_coordinated(acting, "organisation.invite", region)
    require_for_members(acting)
    if not region.memberships.filter(organisation=organisation).exists():
        raise Http404
    invitation = Invitation(
        organisation=organisation,
        email=email.strip().lower(),
        name=" ".join(name.split()),
        role=Role.ADMINISTRATOR,
        invited_by=acting.user,
        sent_for=acting.organisation,
    )
    check_fields(invitation, exclude={*UNCHECKED, "sent_for"})
    count_sent(acting, settings.FIRST_INVITATIONS_PER_HOUR, "first_invitations")
    secret = renew(invitation)
    with as_system("the first administrator of an empty organisation"):
        _check_vacant(organisation)
        Invitation.objects.filter(organisation=organisation).waiting().update(withdrawn_at=timezone.now())
        invitation.save()
        _record(acting, invitation)
    transaction.on_commit(partial(deliver_to_first, acting, invitation, secret), using="default")
    return invitation


def _check_vacant(organisation: Organisation) -> None:
    """Under a lock: of two who ask at once the second replaces the first, and who has joined meanwhile stays."""
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    if not is_vacant(organisation):
        raise Conflict(_("%s has people of its own. Its administrator invites more.") % organisation.name)


def _record(acting: Acting, invitation: Invitation) -> None:
    summary = f"{invitation.name} was invited as first administrator of {invitation.organisation.name}"
    told = {"name": invitation.name, "role": str(invitation.role), "organisation": invitation.organisation.name}
    record_of(acting.organisation, "member.invited", "invitation", invitation.pk, summary, actor=acting.user, after=told)
