"""What the delivery room asks of this app: what a change of level says outside, and where a contact point is told."""

from collections.abc import Collection
from uuid import UUID

from django.utils.translation import gettext as _

from ports.models import ContactPoint, SecurityLevelChange
from ports.models.contact import Hours, Situation
from ports.models.level import SEVERITY_OF_LEVEL
from portsec.access.tlp import Tlp
from portsec.delivery.endpoints import Followed
from portsec.delivery.facts import Facts
from portsec.delivery.models import Channel
from portsec.delivery.models.endpoint import Kind

# Which situations of a contact point are told what: an emergency contact hears of alerts, too.
TOLD_OF: dict[str, set[str]] = {
    Kind.ALERT: {Situation.ALERT, Situation.EMERGENCY},
    Kind.LEVEL: {Situation.LEVEL_CHANGE},
}


def level_facts(ids: Collection[UUID]) -> dict[UUID, Facts]:
    """2 queries, whatever the number."""
    related = ("owner", "region", "facility", "replaced_by")
    return {one.pk: _facts(one) for one in SecurityLevelChange.objects.filter(pk__in=ids).select_related(*related)}


def _facts(change: SecurityLevelChange) -> Facts:
    told = {"level": change.level, "name": change.get_level_display(), "subject": change.subject_name}
    return Facts(
        kind="security_level_change",
        id=change.pk,
        ref_id="",
        what=_("Security level"),
        headline=_("%(subject)s: level %(level)d, %(name)s") % told,
        text=change.reason,
        severity=SEVERITY_OF_LEVEL[change.level],
        tlp=Tlp.GREEN,
        sender=change.owner.name,
        path=change.get_absolute_url(),
        is_open=not hasattr(change, "replaced_by"),
    )


def followed(contact: ContactPoint) -> Followed:
    """What of the contact point the delivery room follows."""
    always = contact.hours == Hours.ALWAYS
    return Followed(
        contact_point=contact.pk,
        label=str(contact)[:120],
        place=contact.call_order,
        kinds=[kind for kind, situations in TOLD_OF.items() if situations & set(contact.situations)],
        addresses={channel: address for channel, address in ((Channel.EMAIL, contact.email), (Channel.SMS, contact.phone)) if address},
        days=[] if always else list(contact.days),
        opens_at=None if always else contact.opens_at,
        closes_at=None if always else contact.closes_at,
    )
