"""Asking an organisation to join a region, or another region to be linked. Nothing is told of the other side until it answers."""

from collections.abc import Callable

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from portsec.access.acting import Acting, as_system, current_alias
from portsec.access.actions.invitations import count_sent
from portsec.access.actions.organisations import join_region, link_regions
from portsec.access.coordination import bodies_of, require_coordinated
from portsec.access.models import Organisation, Proposal, Region, RegionMembership
from portsec.journal.actions import record_of
from portsec.problems import Conflict, Fault, Refused
from portsec.validation import plain_line

Kind, Answer = Proposal.Kind, Proposal.Answer
NameFinder = Callable[[str], Q]  # over organisations
_finders: list[NameFinder] = []


def register_names(finder: NameFinder) -> None:
    """An upper room tells by what else an organisation is known: a port by its UN/LOCODE."""
    if finder not in _finders:
        _finders.append(finder)


def propose_membership(acting: Acting, region: Region, *, wanted: str) -> Proposal:
    """Asks the organisation of that name, or UN/LOCODE. Answered alike whether there is one or not. Raises Refused naming `wanted`."""
    require_coordinated(acting, "organisation.invite", region)
    named = _wanted(wanted)
    with as_system("whom a proposal means, who may be unknown to the one who asks"):
        organisation = _organisation_of(named)
        if organisation and region.memberships.filter(organisation=organisation).exists():
            raise Refused(Fault("wanted", _("%s is in this region already.") % organisation.name, "member_already"))
        return _propose(acting, Proposal(kind=Kind.MEMBERSHIP, region=region, wanted=named, organisation=organisation))


def propose_link(acting: Acting, region: Region, *, wanted: str) -> Proposal:
    """Asks the coordination bodies of the region of that name, as `propose_membership` does."""
    require_coordinated(acting, "region.manage", region)
    named = _wanted(wanted)
    with as_system("whom a proposal means, who may be unknown to the one who asks"):
        other = Region.objects.filter(name__iexact=named).first()
        if other and other.pk == region.pk:
            raise Refused(Fault("wanted", _("This is the region itself. Write the name of the other one."), "itself"))
        if other and region.linked.filter(pk=other.pk).exists():
            raise Refused(Fault("wanted", _("%s is linked already.") % other.name, "linked_already"))
        return _propose(acting, Proposal(kind=Kind.LINK, region=region, wanted=named, other=other))


def withdraw_proposal(acting: Acting, proposal: Proposal) -> None:
    """Raises Conflict where it was answered."""
    require_coordinated(acting, _verb_to_ask(proposal), proposal.region)
    with as_system("an answer to a proposal changes who sees what"):
        _take(proposal, Answer.WITHDRAWN)
        summary = f"The proposal to {proposal.wanted} was withdrawn"
        record_of(acting.organisation, "proposal.withdrawn", "proposal", proposal.pk, summary, actor=acting.user, after={})


def accept_proposal(acting: Acting, proposal: Proposal) -> None:
    """The organisation joins, or the regions are linked, at once. Raises Conflict where it is no longer open."""
    _require_to_answer(acting, proposal)
    with as_system("an answer to a proposal changes who sees what"):
        _take(proposal, Answer.ACCEPTED)
        if proposal.other is not None:
            link_regions(proposal.region, proposal.other)
        else:
            join_region(acting.organisation, proposal.region)
        _record_answer(acting, proposal, "proposal.accepted", "accepted")


def decline_proposal(acting: Acting, proposal: Proposal) -> None:
    _require_to_answer(acting, proposal)
    with as_system("an answer to a proposal changes who sees what"):
        _take(proposal, Answer.DECLINED)
        _record_answer(acting, proposal, "proposal.declined", "declined")


def _require_to_answer(acting: Acting, proposal: Proposal) -> None:
    """Of somebody else it is absent."""
    if proposal.other is not None:
        require_coordinated(acting, "region.manage", proposal.other)
        return
    acting.require("region.join")
    if proposal.organisation_id != acting.organisation.pk:
        raise Http404


def _verb_to_ask(proposal: Proposal) -> str:
    return "region.manage" if proposal.kind == Kind.LINK else "organisation.invite"


def _wanted(text: str) -> str:
    named = plain_line("wanted", text)
    if not named or len(named) > 120:
        raise Refused(Fault("wanted", _("Write the name as the organisation or region itself writes it."), "required"))
    return named


def _organisation_of(named: str) -> Organisation | None:
    known_as = Q(name__iexact=named)
    for finder in _finders:
        known_as |= finder(named)
    found = Organisation.objects.filter(known_as, is_active=True)
    return found.first() if len(found[:2]) == 1 else None


def _propose(acting: Acting, proposal: Proposal) -> Proposal:
    count_sent(acting, settings.PROPOSALS_PER_HOUR, "proposals")
    proposal.body, proposal.proposed_by = acting.organisation, acting.user
    same = Proposal.objects.filter(kind=proposal.kind, region=proposal.region, wanted=proposal.wanted, answer="")
    same.filter(expires_at__lte=timezone.now()).update(answer=Answer.WITHDRAWN)
    try:
        with transaction.atomic(using=current_alias()):
            proposal.save()
    except IntegrityError as error:
        raise Refused(Fault("wanted", _("This is proposed already and waits for an answer."), "proposed_already")) from error
    summary = f"{proposal.get_kind_display()} with {proposal.region.name} was proposed to {proposal.wanted}"
    after = {"wanted": proposal.wanted, "region": proposal.region.name}
    record_of(acting.organisation, "proposal.made", "proposal", proposal.pk, summary, actor=acting.user, after=after)
    _tell_the_asked(proposal)
    return proposal


def _tell_the_asked(proposal: Proposal) -> None:
    """Not who proposed it, only which body for which region."""
    asked = [proposal.organisation] if proposal.organisation else list(bodies_of(proposal.other)) if proposal.other else []
    summary = f"{proposal.body.name} proposes: {proposal.get_kind_display().lower()} with {proposal.region.name}"
    for one in asked:
        record_of(one, "proposal.received", "proposal", proposal.pk, summary, actor=None, after={"region": proposal.region.name})


def _take(proposal: Proposal, answer: str) -> None:
    """Of two who answer at once the second is told. Whose body has left the region proposes nothing any more."""
    now = timezone.now()
    standing = Proposal.objects.waiting().filter(pk=proposal.pk, region__memberships__organisation=F("body"))
    if not standing.update(answer=answer, answered_at=now):
        raise Conflict(_("This proposal has been answered or withdrawn, or is older than a month."))


def _record_answer(acting: Acting, proposal: Proposal, verb: str, done: str) -> None:
    told = f"The proposal to {proposal.wanted} was {done}"
    mine = f"{proposal.get_kind_display()} with {proposal.region.name} was {done}"
    record_of(acting.organisation, verb, "proposal", proposal.pk, mine, actor=acting.user, after={"region": proposal.region.name})
    still = RegionMembership.objects.filter(region=proposal.region, organisation=proposal.body).exists()
    if still:
        record_of(proposal.body, verb, "proposal", proposal.pk, told, actor=None, after={"wanted": proposal.wanted})
