from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portsec.access.models import Shareable, User
from portsec.access.text import no_control_characters, one_line
from portsec.access.tlp import Tlp

TEXT = [no_control_characters, one_line]


class PortDocument(Shareable):
    """A document of a port, with its versions. It is retired, never deleted: records are kept (domain.md §3).

    Title, label and audience are the document's; a version has a file and a note, and is never changed.
    """

    class Kind(models.TextChoices):
        PLAN_EXTRACT = "plan_extract", _("Extract of the security plan")
        LAYOUT = "layout", _("Layout drawing")
        APPROVAL = "approval", _("Approval letter")
        PROCEDURE = "procedure", _("Procedure")
        OTHER = "other", _("Other")

    title = models.CharField(_("Title"), max_length=160, validators=TEXT)
    kind = models.CharField(_("Kind"), max_length=12, choices=Kind)
    tlp = models.CharField(_("TLP label"), max_length=12, choices=Tlp)
    latest = models.PositiveSmallIntegerField(default=0, editable=False, help_text=_("The number of its newest version."))
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    is_active = models.BooleanField(default=True, editable=False)
    retired_at = models.DateTimeField(null=True, editable=False)
    retired_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    retire_reason = models.CharField(_("Reason"), max_length=200, blank=True, validators=TEXT)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["audience", "-created_at", "-id"], name="document_page"),
            models.Index(fields=["owner", "-created_at", "-id"], name="document_own_page"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("document_detail", args=[self.pk])


class DocumentVersion(Shareable):
    """One file of a document. `stored_as` is a random name under settings.FILES_ROOT; `file_name` is only ever shown."""

    document = models.ForeignKey(PortDocument, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    file_name = models.CharField(max_length=200, validators=TEXT)
    stored_as = models.CharField(max_length=64, unique=True)
    size = models.PositiveIntegerField(help_text=_("Bytes."))
    sha256 = models.CharField(max_length=64)
    media_type = models.CharField(max_length=100, help_text=_("As its content says, whatever the browser sent."))
    note = models.CharField(_("What is new"), max_length=300, blank=True, validators=TEXT)
    uploaded_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["audience", "document"], name="docversion_of_audience")]
        constraints = [models.UniqueConstraint(fields=["document", "number"], name="document_version_once")]

    def __str__(self) -> str:
        return f"{self.file_name}, version {self.number}"

    def get_absolute_url(self) -> str:
        return reverse("document_file", args=[self.document_id, self.number])
