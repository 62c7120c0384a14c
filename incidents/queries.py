"""What pages and the API ask about alerts. Each function says how many queries it makes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from statistics import median, quantiles
from uuid import UUID

from django.db.models import Prefetch, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from incidents.models import Alert, AlertMessage
from incidents.models.cap import Severity
from ports.queries import in_coast_order
from portsec.access.acting import Acting
from portsec.access.audiences import AudienceWish, check_audience, members_of_wish
from portsec.access.models import Audience, Organisation, ShareableQuerySet
from portsec.delivery.models import OPEN, Delivery, State
from portsec.delivery.progress import Progress, progress_of
from portsec.delivery.steering import may_steer
from portsec.face.waits import Wait


def readable(acting: Acting) -> ShareableQuerySet:
    """The alerts that the acting organisation may read, its own drafts included, with what every page shows of them."""
    alerts: ShareableQuerySet = Alert.objects.visible_to(acting).select_related("owner", "published_by", "audience__region")
    return alerts


def with_messages(acting: Acting) -> ShareableQuerySet:
    """The same, each with the messages of its chain. 1 query more."""
    return readable(acting).prefetch_related(Prefetch("messages", AlertMessage.objects.select_related("sent_by")))


@dataclass(frozen=True)
class Waiting:
    """An alert that waits for the acting organisation's answer, and until when."""

    alert: Alert
    delivery: Delivery

    @property
    def left(self) -> int:
        """Seconds until the answer is due; negative when it is late."""
        due = self.delivery.acknowledge_by
        return int((due - timezone.now()).total_seconds()) if due else 0


def unanswered(acting: Acting) -> list[Waiting]:
    """What waits for an answer, most urgent first, exercises last (ui.md). 2 queries."""
    deliveries = {one.object_id: one for one in Delivery.objects.received_by(acting).unanswered().filter(kind="alert")}
    alerts = readable(acting).filter(pk__in=deliveries, state=Alert.State.ACTIVE)
    waiting = [Waiting(alert, deliveries[alert.pk]) for alert in alerts]
    return sorted(waiting, key=_urgency)


def counts_of(waiting: Sequence[Waiting]) -> "WaitingCounts":
    """What `waiting_counts` answers, where a page has read what waits. 0 queries."""
    exercises = sum(one.alert.is_exercise for one in waiting)
    return WaitingCounts(len(waiting) - exercises, exercises, [one.alert.pk for one in waiting])


def waiting_counts(acting: Acting) -> "WaitingCounts":
    """1 query."""
    waiting = Delivery.objects.received_by(acting).unanswered().filter(kind="alert").values("object_id")
    found = Alert.objects.visible_to(acting).filter(pk__in=waiting, state=Alert.State.ACTIVE)
    rehearsed = dict(found.values_list("pk", "is_exercise"))
    exercises = sum(rehearsed.values())
    return WaitingCounts(len(rehearsed) - exercises, exercises, list(rehearsed))


def drafts_to_send(acting: Acting) -> list[Wait]:
    """What the dashboard lists among what waits. 1 query."""
    drafts = Alert.objects.editable_by(acting).filter(state=Alert.State.DRAFT).select_related("created_by").order_by("-updated_at")[:10]
    return [
        Wait(
            icon="alert",
            title=_("Send or discard the draft “%s”") % draft.headline,
            url=reverse("alert_edit", args=[draft.pk]),
            meta=_("Drafted by %s") % (draft.created_by.short_name if draft.created_by else _("a service")),
            badge=_("Draft"),
        )
        for draft in drafts
    ]


def _urgency(one: Waiting) -> tuple[bool, int, int]:
    return (one.alert.is_exercise, Severity.values.index(one.alert.severity), one.left)


@dataclass(frozen=True)
class WaitingCounts:
    """How many alerts, and how many exercises, wait for an answer; `ids` names them all."""

    alerts: int
    exercises: int
    ids: list[UUID]


@dataclass(frozen=True)
class Reach:
    """Whom a wish would reach now; or, in `too_wide`, why the label does not allow it."""

    organisations: Sequence[Organisation] = field(default=())
    not_told: dict[str, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return len(self.organisations)


def preview(acting: Acting, wish: AudienceWish, label: str) -> Reach:
    """Who would be reached, and who would not though the sender sees them. Raises Refused. 5 queries; writes nothing."""
    reached = in_coast_order(members_of_wish(acting, check_audience(acting, wish, label)))
    others = Organisation.objects.visible_to(acting).exclude(pk__in=[acting.organisation.pk, *(one.pk for one in reached)])
    kinds = list(others.values_list("kind", flat=True))
    return Reach(reached, {kind: kinds.count(kind) for kind in Organisation.Kind.values if kind in kinds})


@dataclass(frozen=True)
class BoardRow:
    """How far one recipient has come. `answer` is the delivery that was answered: an earlier one where the answer still stands."""

    delivery: Delivery
    now: datetime
    answer: Delivery | None = None
    progress: Progress = field(default_factory=Progress)
    may_steer: bool = False

    @property
    def is_late(self) -> bool:
        due = self.delivery.acknowledge_by
        return self.delivery.state in OPEN and due is not None and due < self.now

    @property
    def late_by(self) -> int:
        due = self.delivery.acknowledge_by
        return int((self.now - due).total_seconds()) if due and self.is_late else 0

    @property
    def answer_seconds(self) -> int | None:
        answered = self.answer.acknowledged_at if self.answer else None
        return int((answered - self.answer.created_at).total_seconds()) if self.answer and answered else None


ORDER = [State.FAILED, "late", State.QUEUED, State.SENDING, State.ACCEPTED, State.DELIVERED, State.SEEN, State.ACKNOWLEDGED]


@dataclass(frozen=True)
class Board:
    """The sender's ledger of the newest message: who has and who has not, who is late."""

    rows: Sequence[BoardRow]

    def count(self, state: str) -> int:
        return sum(row.delivery.state == state for row in self.rows)

    @property
    def late(self) -> int:
        return sum(row.is_late for row in self.rows)

    @cached_property
    def answer_seconds(self) -> list[int]:
        return sorted(row.answer_seconds for row in self.rows if row.answer_seconds is not None)

    @property
    def median(self) -> float | None:
        return median(self.answer_seconds) if self.answer_seconds else None

    @property
    def p90(self) -> float | None:
        """The 90th percentile, where there are answers enough to speak of one."""
        return quantiles(self.answer_seconds, n=10, method="inclusive")[-1] if len(self.answer_seconds) > 1 else None


def board(acting: Acting, alert: Alert, *, now: datetime | None = None) -> Board:
    """The deliveries of the alert's newest told version, as the acting organisation may see them. 3 queries."""
    moment = now or timezone.now()
    people = ("recipient", "acknowledged_by", "seen_by")
    told = list(Delivery.objects.visible_to(acting).filter(object_id=alert.pk).select_related(*people).order_by("version"))
    newest = {one.recipient_id: one for one in told}
    answers = {one.recipient_id: one for one in told if one.state == State.ACKNOWLEDGED and not one.carried_over}
    progress = progress_of(acting, list(newest.values()))
    rows = []
    for one in newest.values():
        answer = answers.get(one.recipient_id) if one.state == State.ACKNOWLEDGED else None
        rows.append(BoardRow(one, moment, answer, progress[one.pk], may_steer(acting, one)))
    return Board(sorted(rows, key=_attention))


def watches(acting: Acting, alert: Alert) -> bool:
    """Does it see who has answered: as the sender, or as who coordinates? 1 query for a coordination body, none for others."""
    if alert.owner_id == acting.organisation.pk:
        return True
    if acting.organisation.kind != Organisation.Kind.COORDINATION_BODY:
        return False
    return bool(Delivery.objects.coordinated_by(acting).filter(object_id=alert.pk).exists())


def _attention(row: BoardRow) -> tuple[int, str]:
    key = "late" if row.is_late else row.delivery.state
    return (ORDER.index(key) if key in ORDER else len(ORDER), row.delivery.recipient.name)


def own_delivery(acting: Acting, pk: UUID) -> Delivery | None:
    """How the alert reached the acting organisation, newest message first. 1 query."""
    received = Delivery.objects.received_by(acting).filter(object_id=pk).select_related("acknowledged_by")
    found: Delivery | None = received.order_by("-version").first()
    return found


FILTERS = ("waiting", "active", "sent", "drafts", "ended", "all")


def filtered(acting: Acting, *, show: str, severity: str = "", search: str = "", exercises: bool = True) -> ShareableQuerySet:
    """The list page's choice. Drafts stand in a list of their own: they have no time of publication."""
    chosen = _shown(acting, show)
    if severity:
        chosen &= Q(severity=severity)
    if search:
        chosen &= Q(headline__icontains=search) | Q(ref_id__iexact=search) | Q(event__icontains=search)
    if not exercises:
        chosen &= Q(is_exercise=False)
    found: ShareableQuerySet = readable(acting).filter(chosen)
    return found


def _shown(acting: Acting, show: str) -> Q:
    match show:
        case "waiting":
            waiting = Delivery.objects.received_by(acting).unanswered().filter(kind="alert").values("object_id")
            return Q(pk__in=waiting, state=Alert.State.ACTIVE)
        case "active":
            return Q(state=Alert.State.ACTIVE)
        case "sent":
            return Q(owner=acting.organisation, published_at__isnull=False)
        case "drafts":
            return Q(owner=acting.organisation, state=Alert.State.DRAFT)
        case "ended":
            return Q(state__in=[Alert.State.CANCELLED, Alert.State.EXPIRED])
        case "all":
            return Q(published_at__isnull=False)
    raise KeyError(show)


def audience_sizes(acting: Acting, region: UUID | None) -> dict[str, int]:
    """How many organisations each kind of audience would reach, for the composer. 1 query a kind."""
    if region is None:
        return {}
    kinds = (Audience.Kind.REGION_PORTS, Audience.Kind.REGION, Audience.Kind.LINKED_REGIONS)
    return {kind: len(members_of_wish(acting, AudienceWish(kind, region))) for kind in kinds}
