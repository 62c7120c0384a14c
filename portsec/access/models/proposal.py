from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portsec.access.ids import new_id
from portsec.access.models.organisation import Organisation, Region
from portsec.access.models.user import User
from portsec.access.text import no_control_characters, one_line

if TYPE_CHECKING:
    from portsec.access.acting import Acting

OPEN_FOR = timedelta(days=30)


def a_month_ahead() -> datetime:
    return timezone.now() + OPEN_FOR


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def sent_by(self, acting: "Acting") -> "ProposalQuerySet":
        return self.filter(body=acting.organisation)

    def received_by(self, acting: "Acting") -> "ProposalQuerySet":
        """Those that the organisation may answer or has answered: to itself, or to link a region that it coordinates."""
        mine = Q(organisation=acting.organisation)
        if acting.organisation.kind == Organisation.Kind.COORDINATION_BODY:
            mine |= Q(other__memberships__organisation=acting.organisation)
        return self.filter(mine).exclude(body=acting.organisation).exclude(answer=Proposal.Answer.WITHDRAWN).distinct()

    def visible_to(self, acting: "Acting") -> "ProposalQuerySet":
        """Of either side."""
        either = Q(pk__in=self.sent_by(acting).values("pk")) | Q(pk__in=self.received_by(acting).values("pk"))
        return self.filter(either)

    def waiting(self) -> "ProposalQuerySet":
        return self.filter(answer="", expires_at__gt=timezone.now())


class Proposal(models.Model):
    """A region's coordination body asks an organisation to join, or another region to be linked; nothing happens before a yes.

    `wanted` is what its person typed, and all that the asking side ever reads: whether there is such an organisation or region
    (`organisation`, `other`) stays untold until somebody there answers.
    """

    class Kind(models.TextChoices):
        MEMBERSHIP = "membership", _("Membership")
        LINK = "link", _("Link")

    class Answer(models.TextChoices):
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        EXPIRED = "expired", _("Expired")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=12, choices=Kind)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="proposals")
    body = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    proposed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    wanted = models.CharField(max_length=120, validators=[no_control_characters, one_line])
    organisation = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    other = models.ForeignKey(Region, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(default=a_month_ahead)
    answer = models.CharField(max_length=10, choices=Answer, blank=True, default="")
    answered_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[ProposalQuerySet] = ProposalQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.UniqueConstraint("kind", "region", "wanted", condition=Q(answer=""), name="one_waiting_proposal_of_a_name"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.region_id}"

    @property
    def is_waiting(self) -> bool:
        return not self.answer and self.expires_at > timezone.now()

    @property
    def state(self) -> "Proposal.State":
        if self.answer:
            return self.State(self.answer)
        return self.State.WAITING if self.is_waiting else self.State.EXPIRED
