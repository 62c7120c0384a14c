"""What this app tells the rooms below it about itself."""

from django.urls import reverse

from portsec.live.links import register_link


def register() -> None:
    register_link("security_level_change", lambda pk: reverse("level_change", args=[pk]), icons={"level.changed": "level"})
