"""What the probes look at: one record of each kind, shared with some and hidden from others, and who they are."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connections

from incidents.actions import publish_alert
from incidents.models import Alert
from ports.actions import add_contact_point, set_security_level
from portsec.access.acting import Acting, acting_for, as_system
from portsec.access.audiences import AudienceWish
from portsec.access.roles import Role
from portsec.delivery.models import Attempt, Delivery, Dispatch, Escalation, EscalationPolicy
from portsec.delivery.models.escalation import DEFAULT_STEPS
from tests.cast import Cast
from tests.proofs.oracle import Thing

CONTENT = {
    "event": "Suspicious craft",
    "category": ["Security"],
    "urgency": "Immediate",
    "severity": "Severe",
    "certainty": "Observed",
    "tlp": "GREEN",
}
TABLES = {
    "alert": "incidents_alert",
    "message": "incidents_alertmessage",
    "level": "ports_securitylevelchange",
    "entry": "journal_entry",
    "delivery": "delivery_delivery",
    "audience": "access_audience",
}
OF_ALERT = {"alert": "id", "message": "alert_id", "entry": "object_id", "delivery": "object_id"}


@dataclass
class Scene:
    """Gdańsk tells Gdynia and Rīga by name (`named`), one officer of Gdynia in red (`red`), and sets its level.

    Trieste and the coast guard are told nothing; of the level the coast guard is.
    """

    cast: Cast
    named: Alert
    red: Alert
    things: dict[str, set[Thing]] = field(default_factory=dict)  # "named", "red", "level": all rows of each

    @property
    def sender(self) -> Acting:
        return self.cast.as_("gdansk")

    @property
    def recipient(self) -> Acting:
        return self.cast.as_("gdynia")

    @property
    def other_recipient(self) -> Acting:
        return self.cast.as_("riga")

    @property
    def outsider(self) -> Acting:
        return self.cast.as_("trieste")

    @property
    def unnamed_colleague(self) -> Acting:
        """Of the organisation that was told in red, but not the person."""
        return self.cast.as_("gdynia", Role.DEPUTY)

    @property
    def everything(self) -> set[Thing]:
        return set().union(*self.things.values())

    def rows(self, *tables: str, of: str = "named") -> set[Thing]:
        return {thing for thing in self.things[of] if thing[0] in tables}


def set_scene(cast: Cast) -> Scene:
    gdansk = cast.as_("gdansk")
    person = cast.user("gdynia")
    for name in ("gdynia", "riga"):
        with acting_for(cast.as_(name)) as acting:
            add_contact_point(acting, wish=AudienceWish("own"), role="Watch", email=f"watch@{name}.example", situations=["alert"])
    with acting_for(cast.as_("gdynia")) as acting:
        EscalationPolicy.objects.create(organisation=acting.organisation, steps=DEFAULT_STEPS)
    with acting_for(gdansk):
        both = AudienceWish("named", organisations=(cast.gdynia.pk, cast.riga.pk))
        named = publish_alert(gdansk, wish=both, headline="For two by name", **CONTENT).alert
        one = AudienceWish("named", organisations=(cast.gdynia.pk,))
        red = publish_alert(gdansk, wish=one, persons=[person.pk], headline="For one person", **{**CONTENT, "tlp": "RED"}).alert
        publish_alert(gdansk, wish=AudienceWish("region_ports"), headline="For the ports", **CONTENT)  # makes the region's audience
        level = set_security_level(gdansk, level=2, reason="A test")
    _have_told(cast, named)
    scene = Scene(cast, named, red)
    scene.things = {"named": _things_of(named.pk, named.audience_id), "red": _things_of(red.pk, red.audience_id)}
    scene.things["level"] = {("level", level.pk)}
    return scene


def _have_told(cast: Cast, alert: Alert) -> None:
    """As if a worker had tried to tell Gdynia of the alert, and had taken a step when nobody answered."""
    with as_system("the proof: what a worker writes"):
        told = Delivery.objects.get(object_id=alert.pk, recipient=cast.gdynia)
        sent = Dispatch.objects.filter(delivery=told)
        sent.update(state="sending", attempts=1)
        Attempt.objects.create(dispatch=sent.get(), number=1, started_at=told.created_at)
        Escalation.objects.create(delivery=told, number=1, step="remind", due_at=told.created_at, taken_at=told.created_at)


def _things_of(alert: UUID, audience: Any) -> set[Thing]:
    found: set[Thing] = {("audience", audience)}
    with connections["system"].cursor() as cursor:
        for name, column in OF_ALERT.items():
            cursor.execute(f"SELECT id FROM {TABLES[name]} WHERE {column} = %s", [str(alert)])  # noqa: S608 (tables of ours)
            found |= {(name, pk) for (pk,) in cursor.fetchall()}
    return found
