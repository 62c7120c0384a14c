"""What the delivery room asks of this app: what an alert says outside, and how it is answered from there."""

from collections.abc import Collection
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from incidents.actions import acknowledge_alert
from incidents.models import Alert
from portsec.access.acting import Acting, acting_for
from portsec.delivery.actions import Through
from portsec.delivery.facts import Facts
from portsec.delivery.models import Channel


def alert_facts(ids: Collection[UUID]) -> dict[UUID, Facts]:
    """1 query, whatever the number."""
    return {alert.pk: _facts(alert) for alert in Alert.objects.filter(pk__in=ids).select_related("owner")}


def _facts(alert: Alert) -> Facts:
    return Facts(
        kind="alert",
        id=alert.pk,
        ref_id=alert.ref_id,
        what=_("%s alert") % alert.get_severity_display(),
        headline=alert.headline,
        text="\n\n".join(part for part in (alert.instruction, alert.description) if part),
        severity=alert.severity,
        tlp=alert.tlp,
        sender=alert.owner.name,
        path=alert.get_absolute_url(),
        is_open=alert.is_active,
        is_exercise=alert.is_exercise,
        ends_at=alert.expires_at,
    )


def answer_alert(acting: Acting, pk: UUID, channel: str, label: str) -> None:
    """Acknowledges for the organisation. Raises Conflict where nobody waits for it, Http404 where it is not shared any more."""
    with acting_for(acting):
        alert = get_object_or_404(Alert.objects.visible_to(acting).select_related("owner", "audience"), pk=pk)
        acknowledge_alert(acting, alert, through=Through(Channel(channel), label))
