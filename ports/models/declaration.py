"""The Declaration of Security between a port facility and a ship, or another facility (ISPS Code A/5, B/5)."""

from datetime import datetime, timedelta

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ports.models.facility import PortFacility
from ports.models.level import SecurityLevel
from ports.ship_numbers import check_ship_number
from portsec.access.models import Organisation, Shareable, User
from portsec.access.text import no_control_characters, one_line

LINE = [no_control_characters, one_line]
KEPT_DAYS, KEPT_RULE = 90, "33 CFR 105.225(b)"


class Counterpart(models.TextChoices):
    SHIP = "ship", _("A ship")
    FACILITY = "facility", _("Another facility")


class ShipRole(models.TextChoices):
    MASTER = "master", _("Master")
    SSO = "ship_security_officer", _("Ship security officer")


class Side(models.TextChoices):
    FACILITY = "facility", _("The facility")
    OTHER = "other", _("The other side")


class DeclarationOfSecurity(Shareable):
    """Who takes which security measure while two sides deal with each other, at their levels, for a time.

    `owner` is the port whose `facility` it is. The other side is a ship, which is no organisation here and signs on paper, or
    a facility: `other_port` is its port where that is another one, which then answers and signs for itself. A draft is the
    owner's alone; from the request on the audience is both ports. `named` keeps the parties' names as they were written, so
    that a text that was signed stays what it was. Whatever changes the text is a new `text_version`, without signatures.

    Kept for `keep_days` after its period, on the rule that `keep_rule` names; until then it cannot be deleted.
    """

    class State(models.TextChoices):
        """What people, or the clock, have done. Signatures and dates say the rest: see `standing`."""

        DRAFT = "draft", _("Draft")
        REQUESTED = "requested", _("Requested")
        AGREED = "agreed", _("Agreed")
        DECLINED = "declined", _("Declined")
        ENDED = "ended", _("Ended")
        CANCELLED = "cancelled", _("Cancelled")
        EXPIRED = "expired", _("Expired")

    ref_id = models.CharField(max_length=20, blank=True, editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    text_version = models.PositiveSmallIntegerField(default=1, editable=False)
    facility = models.ForeignKey(PortFacility, on_delete=models.PROTECT, related_name="+")
    own_level = models.PositiveSmallIntegerField(choices=SecurityLevel)
    counterpart = models.CharField(max_length=8, choices=Counterpart)
    other_level = models.PositiveSmallIntegerField(choices=SecurityLevel)
    other_facility = models.ForeignKey(PortFacility, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    other_port = models.ForeignKey(Organisation, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+")
    ship_name = models.CharField(max_length=80, blank=True, validators=LINE)
    ship_imo = models.CharField(_("IMO number"), max_length=7, blank=True, validators=[check_ship_number])
    ship_flag = models.CharField(max_length=60, blank=True, validators=LINE, help_text=_("The flag State."))
    ship_person = models.CharField(max_length=120, blank=True, validators=LINE)
    ship_role = models.CharField(max_length=24, blank=True, choices=ShipRole)
    ship_contact = models.CharField(max_length=120, blank=True, validators=LINE, help_text=_("Phone, e-mail or VHF channel."))
    named = models.JSONField(default=dict, editable=False)
    activities = models.CharField(max_length=200, blank=True, validators=LINE)
    reason = models.CharField(max_length=200, blank=True, validators=LINE)
    valid_from = models.DateTimeField(null=True, blank=True)
    valid_to = models.DateTimeField(null=True, blank=True)
    measures = models.JSONField(default=dict, blank=True)
    additional = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    requested_at = models.DateTimeField(null=True, editable=False)
    answered_at = models.DateTimeField(null=True, editable=False)
    answered_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    answer_note = models.CharField(max_length=200, blank=True, editable=False, validators=LINE)
    closed_at = models.DateTimeField(null=True, editable=False, help_text="When it was declined, ended, cancelled, or expired.")
    closed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    close_note = models.CharField(max_length=200, blank=True, editable=False, validators=LINE)
    keep_days = models.PositiveSmallIntegerField(default=KEPT_DAYS, editable=False, validators=[MaxValueValidator(3660)])
    keep_rule = models.CharField(max_length=60, default=KEPT_RULE, editable=False)
    retain_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["audience", "-created_at", "-id"], name="declaration_page"),
            models.Index(fields=["owner", "-created_at", "-id"], name="declaration_own_page"),
            models.Index(fields=["valid_to"], condition=Q(state__in=("requested", "agreed")), name="declaration_to_expire"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(counterpart="ship", other_facility__isnull=True, other_port__isnull=True)
                | Q(counterpart="facility", other_facility__isnull=False, ship_imo=""),
                name="declaration_other_side",
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | ~Q(ref_id="") & Q(valid_from__isnull=False, valid_to__gt=F("valid_from")),
                name="requested_declaration_is_whole",
            ),
            models.UniqueConstraint(fields=["owner", "ref_id"], condition=~Q(ref_id=""), name="declaration_ref_once"),
        ]

    def __str__(self) -> str:
        return f"{self.ref_id or _('Draft')}: {self.headline}"

    def get_absolute_url(self) -> str:
        return reverse("declaration_detail", args=[self.pk])

    @property
    def headline(self) -> str:
        return f"{self.named.get('facility', '')} – {self.other_name}"

    @property
    def other_name(self) -> str:
        return str(self.named.get("ship") or self.named.get("other_facility", ""))

    @property
    def is_ship(self) -> bool:
        return self.counterpart == Counterpart.SHIP

    @property
    def answering_port(self) -> object:
        """Whose people agree or decline: the other port, else the owner, who records what the ship or its own facility says."""
        return self.other_port_id or self.owner_id

    @property
    def levels_differ(self) -> bool:
        return self.own_level != self.other_level

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    def kept_until(self, period_end: datetime) -> datetime:
        return period_end + timedelta(days=self.keep_days)


OPEN = (DeclarationOfSecurity.State.REQUESTED, DeclarationOfSecurity.State.AGREED)
CLOSED = tuple(state for state in DeclarationOfSecurity.State if state not in (DeclarationOfSecurity.State.DRAFT, *OPEN))


class DeclarationSignature(Shareable):
    """That a person signed one text of a declaration for one side. Never changed, never taken away: a new text has none yet.

    `owner` is the port that recorded it: its own officer's hand, or, with `is_on_paper`, what a ship's master or another
    person signed on paper in an officer's presence. `text` is what was signed, `sha256` its digest over UTF-8. Evidence,
    not a qualified electronic signature (domain.md §9).
    """

    declaration = models.ForeignKey(DeclarationOfSecurity, on_delete=models.PROTECT, related_name="signatures")
    side = models.CharField(max_length=8, choices=Side)
    text_version = models.PositiveSmallIntegerField()
    person = models.CharField(max_length=120, validators=LINE)
    capacity = models.CharField(max_length=80, validators=LINE)
    signed_at = models.DateTimeField()
    is_on_paper = models.BooleanField(default=False)
    recorded_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    recorded_at = models.DateTimeField()
    text = models.TextField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["audience", "recorded_at"], name="declared_signature")]
        constraints = [models.UniqueConstraint(fields=["declaration", "side", "text_version"], name="declaration_signed_once")]

    def __str__(self) -> str:
        return f"{self.person}, {self.side} of {self.declaration_id} v{self.text_version}"


def signed_by(side: Side) -> Exists:
    """Of a queryset of declarations: has this side signed the text as it stands?"""
    here = DeclarationSignature.objects.filter(declaration=OuterRef("pk"), text_version=OuterRef("text_version"), side=side)
    return Exists(here)
