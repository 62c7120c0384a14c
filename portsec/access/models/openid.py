from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from portsec.access.ids import new_id
from portsec.access.models.organisation import Organisation
from portsec.access.models.user import User
from portsec.access.sealing import seal, unseal
from portsec.access.text import no_control_characters, one_line

SEALED_AS = "openid_client_secret"


class OpenIdConnection(models.Model):
    """An organisation's own OpenID provider: who it is, and what PortSec is called there. One for each organisation.

    The client secret is sealed and shown to nobody. `trusts_factor`: does a second factor count that the provider says it has
    seen? `tested_at` and `fault` are the outcome of the last test; a connection that never passed one signs nobody in.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.OneToOneField(Organisation, on_delete=models.CASCADE, related_name="openid")
    issuer = models.CharField(max_length=300, validators=[no_control_characters, one_line])
    client_id = models.CharField(max_length=300, validators=[no_control_characters, one_line])
    sealed_secret = models.TextField(blank=True)
    domains = ArrayField(models.CharField(max_length=253))
    trusts_factor = models.BooleanField(default=False)
    tested_at = models.DateTimeField(null=True, blank=True)
    works = models.BooleanField(default=False)
    fault = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"OpenID of {self.organisation_id}"

    def keep_secret(self, secret: str) -> None:
        self.sealed_secret = seal(secret, SEALED_AS)

    @property
    def client_secret(self) -> str:
        return unseal(self.sealed_secret, SEALED_AS) or ""

    def accepts(self, email: str) -> bool:
        return email.rpartition("@")[2].lower() in self.domains


class OpenIdLink(models.Model):
    """Whom the provider means by a subject. Once linked, the subject decides and no address does."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    connection = models.ForeignKey(OpenIdConnection, on_delete=models.CASCADE, related_name="links")
    issuer = models.CharField(max_length=300)
    subject = models.CharField(max_length=255)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["connection", "issuer", "subject"], name="subject_once_at_an_issuer"),
            models.UniqueConstraint(fields=["connection", "issuer", "user"], name="person_once_at_an_issuer"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.issuer}"
