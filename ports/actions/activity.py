"""The yearly volumes of a port: recorded once a year, corrected where a figure was wrong."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ports.actions.profile import require_port
from ports.models import PortActivity
from ports.models.activity import MOST
from portsec.access.acting import Acting, NotAllowedError
from portsec.access.audiences import AudienceWish, resolve_audience
from portsec.access.models import Audience
from portsec.journal.actions import record
from portsec.problems import Conflict, Fault, Refused
from portsec.validation import check_fields

MEASURES = tuple(MOST)
CONTENT = ("year", *MEASURES, "source", "remark")
KINDS = (Audience.Kind.OWN, Audience.Kind.REGION)
THE_REGION = AudienceWish("region")


class YearTaken(Refused):
    """The year is on record; `activity` is the row to correct instead."""

    def __init__(self, activity: PortActivity) -> None:
        told = {"year": activity.year, "url": activity.get_absolute_url() + "edit/"}
        super().__init__(Fault("year", _("%(year)d is on record already. Edit that one: %(url)s") % told, "taken"))
        self.activity = activity


def record_activity(acting: Acting, *, wish: AudienceWish = THE_REGION, **content: Any) -> PortActivity:
    """The volumes of a year, for the port alone or for its region. `content` may hold the fields of CONTENT.

    Raises Refused, YearTaken, NotAllowedError.
    """
    require_port(acting, "profile.keep")
    activity = PortActivity(owner=acting.organisation, recorded_by=acting.user, recorded_at=timezone.now(), **content)
    _check(acting, activity)
    with transaction.atomic():
        activity.audience = _audience(acting, wish)
        _save(acting, activity)
        _record(acting, "port_activity.recorded", activity, _("%(port)s recorded its volumes of %(year)d"), after=content_of(activity))
    return activity


def edit_activity(
    acting: Acting, activity: PortActivity, *, version: int | None = None, wish: AudienceWish | None = None, **content: Any
) -> PortActivity:
    """Corrects a year. `version` is the one that the person saw: Conflict where another one came meanwhile.

    With a `wish` it is for others from now on. Who may newly read it is told what it says now, and nothing of what it said before.
    """
    require_port(acting, "profile.keep")
    if activity.owner_id != acting.organisation.pk:
        raise NotAllowedError(_("Only %s may change its figures.") % activity.owner.name, code="not_owner")
    before, had = content_of(activity), activity.audience_id
    for name, value in content.items():
        setattr(activity, name, value)
    _check(acting, activity)
    activity.recorded_by, activity.recorded_at = acting.user, timezone.now()
    with transaction.atomic():
        if wish is not None:
            activity.audience = _audience(acting, wish)
        _claim(acting, activity, version)
        _save(acting, activity)
        changed = changes(before, content_of(activity)) if activity.audience_id == had else {"after": content_of(activity)}
        _record(acting, "port_activity.edited", activity, _("%(port)s corrected its volumes of %(year)d"), **changed)
    return activity


def content_of(activity: PortActivity) -> dict[str, Any]:
    return {name: getattr(activity, name) for name in CONTENT}


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    names = [name for name in after if after[name] != before[name]]
    return {"before": {name: before[name] for name in names}, "after": {name: after[name] for name in names}}


def this_year(acting: Acting) -> int:
    """On the port's own calendar."""
    return timezone.localdate(timezone=ZoneInfo(acting.organisation.time_zone)).year


def _check(acting: Acting, activity: PortActivity) -> None:
    check_fields(activity, exclude=["owner", "audience", "recorded_by"])
    if activity.year > this_year(acting):
        raise Refused(Fault("year", _("%(year)d is still to come. Give a year up to %(last)d.") % _years(acting, activity), "future"))
    if all(getattr(activity, name) is None for name in MEASURES):
        raise Refused(Fault("ship_calls", _("Give at least one figure. A year without any needs no row."), "required"))


def _years(acting: Acting, activity: PortActivity) -> dict[str, int]:
    return {"year": activity.year, "last": this_year(acting)}


def _audience(acting: Acting, wish: AudienceWish) -> Audience:
    if wish.kind not in KINDS:
        raise Refused(Fault("audience", _("Figures are for your own organisation or for the whole region. Choose one."), "invalid_choice"))
    return resolve_audience(acting, wish)


def _save(acting: Acting, activity: PortActivity) -> None:
    """The database decides whether the year is free: two hands may write the same one at once."""
    try:
        with transaction.atomic():
            activity.save()
    except IntegrityError as error:
        raise YearTaken(PortActivity.objects.editable_by(acting).get(year=activity.year)) from error


def _claim(acting: Acting, activity: PortActivity, version: int | None) -> None:
    """The conditional change that lets one of two hands win."""
    seen = activity.version if version is None else version
    if not PortActivity.objects.editable_by(acting).filter(pk=activity.pk, version=seen).update(version=seen + 1):
        raise Conflict(_("These figures have been changed meanwhile. Read them again, then decide."))
    activity.version = seen + 1


def _record(acting: Acting, verb: str, activity: PortActivity, sentence: str, **changed: Any) -> None:
    record(acting, verb, activity, sentence % {"port": acting.organisation.name, "year": activity.year}, **changed)
