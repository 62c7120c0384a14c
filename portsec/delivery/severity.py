from django.db import models
from django.utils.translation import gettext_lazy as _


class Severity(models.TextChoices):
    """CAP 1.2, case-sensitive as there; a security level counts as Extreme (3), Severe (2) or Moderate (1)."""

    EXTREME = "Extreme", _("Extreme")
    SEVERE = "Severe", _("Severe")
    MODERATE = "Moderate", _("Moderate")
    MINOR = "Minor", _("Minor")
    UNKNOWN = "Unknown", _("Unknown")
