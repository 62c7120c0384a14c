from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portsec.access.ids import new_id
from portsec.access.models.organisation import Organisation
from portsec.access.models.user import User
from portsec.access.roles import Role
from portsec.access.text import no_control_characters, one_line

if TYPE_CHECKING:
    from portsec.access.acting import Acting


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def of(self, acting: "Acting") -> "InvitationQuerySet":
        return self.filter(organisation=acting.organisation)

    def waiting(self) -> "InvitationQuerySet":
        """Neither taken up nor withdrawn; expired ones too, since they can be sent again."""
        return self.filter(accepted_at=None, withdrawn_at=None)


class Invitation(models.Model):
    """A person asked to join an organisation, by a link in a mail. The link's secret is kept as a digest only.

    The table never says whether the address has an account elsewhere: nobody looks until the link is followed.
    """

    class State(models.TextChoices):
        SENT = "sent", _("Sent")
        UNSENT = "unsent", _("Not sent")
        EXPIRED = "expired", _("Expired")
        ACCEPTED = "accepted", _("Accepted")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField()
    name = models.CharField(max_length=120, validators=[no_control_characters, one_line])
    role = models.CharField(max_length=20, choices=Role)
    digest = models.CharField(max_length=64, unique=True)
    sent_for = models.ForeignKey(
        Organisation,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The coordination body that asks the first administrator; empty where the organisation invites its own people.",
    )
    invited_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[InvitationQuerySet] = InvitationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                "organisation",
                condition=models.Q(accepted_at=None, withdrawn_at=None),
                name="one_waiting_invitation_an_address",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} to {self.organisation_id}"

    @property
    def state(self) -> "Invitation.State":
        if self.accepted_at:
            return self.State.ACCEPTED
        if self.withdrawn_at:
            return self.State.WITHDRAWN
        if self.expires_at <= timezone.now():
            return self.State.EXPIRED
        return self.State.SENT if self.sent_at else self.State.UNSENT

    @property
    def is_open(self) -> bool:
        """A link that arrived was sent, whatever the row knows of it."""
        return self.state in {self.State.SENT, self.State.UNSENT}
