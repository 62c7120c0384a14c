from django.contrib.postgres.fields import ArrayField
from django.db import models
from knox.models import AbstractAuthToken

from portsec.access.ids import new_id
from portsec.access.models.organisation import Organisation


class ServiceToken(AbstractAuthToken):  # type: ignore[misc]  # knox is untyped
    """A port system's key to the API: bound to an organisation, limited by scopes, stored as a digest, shown once.

    `user` is the organisation's one service user, whose Membership row security checks like a person's.
    """

    id = models.UUIDField(unique=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    scopes = ArrayField(models.CharField(max_length=40), default=list)

    def __str__(self) -> str:
        return f"{self.name} ({self.token_key}…)"
