"""What the regional board and the map show of alerts. Exercises are drawn, and never counted among real ones."""

from collections import Counter
from typing import Any

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from incidents.models import Alert
from ports.columns import Column, Layer
from portsec.access.acting import Acting
from portsec.access.tlp import READ_AT_A_DESK
from portsec.delivery.models import Delivery


def _active(is_own: bool) -> str:
    return f"{reverse('alert_list')}?show=active"


def _late(is_own: bool) -> str:
    return f"{reverse('alert_list')}?show={'waiting' if is_own else 'active'}"


COLUMNS = (
    Column("open_alerts", _("Open alerts"), _active),
    Column("late_answers", _("Late answers"), _late, waits=True),
)


def alerts_on_board(acting: Acting, on_wall: bool = False) -> Layer:
    """2 queries, both behind the walls of the list.

    `open_alerts` counts the active alerts of a port that the acting organisation sent or was sent. `late_answers` counts the
    answers that a port owes beyond their time: to alerts of the acting organisation, its own, and for the coordinator those of
    the region that lets it see deliveries. No count tells of an alert that the list would not show.
    """
    active = Alert.objects.visible_to(acting).filter(state=Alert.State.ACTIVE)
    if on_wall:
        active = active.exclude(tlp__in=READ_AT_A_DESK)
    seen = list(active.values("owner", "areas", "severity", "headline", "is_exercise"))
    late = Delivery.objects.visible_to(acting).unanswered().filter(kind="alert", acknowledge_by__lt=timezone.now())
    real = late.filter(object_id__in=active.filter(is_exercise=False).values("pk"))
    owed = real.values_list("recipient").annotate(alerts=Count("object_id", distinct=True))
    sent = Counter(one["owner"] for one in seen if not one["is_exercise"])
    return Layer({"open_alerts": sent, "late_answers": dict(owed)}, [area for one in seen for area in _drawn(one)])


def _drawn(alert: dict[str, Any]) -> list[dict[str, Any]]:
    told = {name: alert[name] for name in ("severity", "headline", "is_exercise")}
    shapes = [{"polygon": area.get("polygon"), "circle": area.get("circle")} for area in alert["areas"]]
    return [{**shape, **told} for shape in shapes if shape["polygon"] or shape["circle"]]
