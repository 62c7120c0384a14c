"""The clocks of facilities: what the page of a level shows of them, and what waits."""

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from ports.models import LevelAttainment, SecurityLevelChange
from portsec.access.acting import Acting
from portsec.access.models import ShareableQuerySet
from portsec.face import wording
from portsec.face.waits import Wait

BESIDE = ("change", "facility", "port", "acknowledged_by", "attained_by")


def clocks(acting: Acting, change: SecurityLevelChange) -> ShareableQuerySet:
    """The clocks that the change started, or that it lets run on, as far as the organisation may see them. 1 query."""
    found: ShareableQuerySet = LevelAttainment.objects.visible_to(acting).filter(change=change.rise_id or change.pk)
    return found.select_related(*BESIDE).order_by("port__port__coast_order", "facility__imo_number")


def own_clocks(acting: Acting, change: SecurityLevelChange) -> ShareableQuerySet:
    """Of the acting port's facilities. 1 query."""
    found: ShareableQuerySet = clocks(acting, change).filter(port=acting.organisation)
    return found


def runs(acting: Acting, change: SecurityLevelChange) -> bool:
    """Does the level still hold that the change set, or another that only prolongs it? 1 query."""
    rise = change.rise_id or change.pk
    changes = SecurityLevelChange.objects.visible_to(acting)
    return bool(changes.filter(Q(pk=rise) | Q(rise=rise), replaced_by__isnull=True).exists())


def open_clocks(acting: Acting) -> ShareableQuerySet:
    """What the acting port has still to report, of levels that hold, the next due first. 1 query."""
    holds = SecurityLevelChange.objects.filter(Q(pk=OuterRef("change")) | Q(rise=OuterRef("change")), replaced_by__isnull=True)
    mine = LevelAttainment.objects.visible_to(acting).filter(port=acting.organisation, attained_at__isnull=True)
    found: ShareableQuerySet = mine.filter(Exists(holds)).select_related("facility", "change").order_by("due_at", "facility__imo_number")
    return found


def levels_to_attain(acting: Acting) -> list[Wait]:
    """A line for each rise whose measures the port has not reported in place. 1 query; none for who could not report it."""
    if not acting.may("level.attain"):
        return []
    waiting: dict[SecurityLevelChange, list[LevelAttainment]] = {}
    for one in open_clocks(acting):
        waiting.setdefault(one.change, []).append(one)
    return [_line(change, found) for change, found in waiting.items()]


def _line(change: SecurityLevelChange, waiting: list[LevelAttainment]) -> Wait:
    left = (waiting[0].due_at - timezone.now()).total_seconds()
    return Wait(
        title=_("Report level %(level)d attained") % {"level": change.level},
        url=change.get_absolute_url(),
        meta=", ".join(one.facility.name for one in waiting),
        icon="clock",
        badge=wording.time_left(left),
        badge_class="bad" if left < 0 else "warn",
    )
