"""An address that is gone for good is switched off, and its owner told: a way that nobody uses looks like one that works."""

from django.utils import timezone
from django.utils.translation import gettext as _

from portsec.access.acting import as_system
from portsec.delivery.models import Endpoint
from portsec.journal.actions import Word, record_for


def switch_off(endpoint: Endpoint, because: str) -> None:
    """Once: of two workers that find it gone, the second changes nothing."""
    with as_system("an address is dead: switched off, and its owner told"):
        alive = Endpoint.objects.filter(pk=endpoint.pk, is_active=True)
        if not alive.update(is_active=False, disabled_at=timezone.now(), disabled_because=because):
            return
        told = {"label": endpoint.label, "channel": endpoint.get_channel_display(), "because": because}
        summary = _("%(label)s (%(channel)s) was switched off, it no longer exists: %(because)s") % told
        persons = [endpoint.person_id] if endpoint.person_id else None
        record_for([Word(endpoint.organisation, "endpoint.switched_off", "endpoint", endpoint.pk, summary, persons=persons)])
