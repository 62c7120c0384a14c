from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from knox.models import AbstractAuthToken

from portsec.access.ids import new_id
from portsec.access.models.organisation import Organisation
from portsec.access.models.user import User
from portsec.access.text import no_control_characters, one_line

SOON = timedelta(days=14)  # before a token expires, its organisation is told


class ServiceToken(AbstractAuthToken):  # type: ignore[misc]  # knox is untyped
    """A port system's key to the API: bound to an organisation, limited by scopes, stored as a digest, shown once.

    `user` is the organisation's one service user, whose Membership row security checks like a person's. `networks` are
    CIDR ranges from which alone it is taken (none: from anywhere). `replaced_at` marks the one before a rotation, which
    works until its `expiry`.
    """

    id = models.UUIDField(unique=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80, validators=[no_control_characters, one_line])
    scopes = ArrayField(models.CharField(max_length=40), default=list)
    networks = ArrayField(models.CharField(max_length=43), default=list)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    replaced_at = models.DateTimeField(null=True, blank=True, editable=False)

    def __str__(self) -> str:
        return f"{self.name} ({self.token_key}…)"

    @property
    def is_expired(self) -> bool:
        expiry: datetime | None = self.expiry
        return expiry is not None and expiry <= timezone.now()

    @property
    def is_expiring(self) -> bool:
        """Soon, and nothing has taken its place."""
        return self.expiry is not None and not self.is_expired and not self.replaced_at and self.expiry <= timezone.now() + SOON
