from typing import Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from portsec.access.acting import Acting
from portsec.access.ids import new_id
from portsec.access.models import Organisation, Shareable, ShareableManager, ShareableQuerySet, User
from portsec.access.models.guarded import GuardedManager

# `row` itself is for dashboards, and most of an entry's bytes; of it the feed tells only which audiences a change of access means.
TOLD = ("id", "seq", "at", "verb", "kind", "object_id", "audience_id", "owner_id", "owner__name", "summary", "row__audiences")


class EntryQuerySet(ShareableQuerySet):
    def of_object(self, kind: str, pk: Any) -> "EntryQuerySet":
        found: EntryQuerySet = self.filter(kind=kind, object_id=pk)
        return found

    def as_told(self) -> "models.QuerySet[Any, Any]":
        """What the feed tells of each, as plain rows of TOLD: to make a thousand objects takes longer than to find them."""
        return self.values_list(*TOLD, named=True)


class EntryManager(ShareableManager.from_queryset(EntryQuerySet)):  # type: ignore[misc]
    pass


class Entry(Shareable):
    """One change, told once. Audit, delta feed, live feed and deliveries all read this row, so they cannot disagree.

    `owner` is the organisation that acted. The table is append-only: the application may insert and read, nothing else.
    `seq` is given after the commit by the sequencer, without gaps, so that a reader who has passed a number has seen all
    below it. `row` is what a dashboard row shows (at most about 700 bytes); `before` and `after` hold the changed fields.
    """

    seq = models.BigIntegerField(null=True, unique=True, editable=False)
    at = models.DateTimeField()
    verb = models.CharField(max_length=60)
    kind = models.CharField(max_length=40)
    object_id = models.UUIDField()
    actor = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    summary = models.CharField(max_length=300)
    row = models.JSONField(default=dict)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    request_id = models.CharField(max_length=40, blank=True)

    objects: ClassVar[EntryManager] = EntryManager()

    class Meta:
        indexes = [
            # With all that the feed and its policy ask: otherwise the planner may walk the whole journal by `seq` instead, and
            # a thousand changes of a port that sees much took 40 s in place of 10 ms.
            models.Index(fields=["audience", "seq"], include=["id", "owner", "persons"], name="entry_feed"),
            models.Index(fields=["owner", "seq"], include=["id", "audience", "persons"], name="entry_own_feed"),
            models.Index(fields=["object_id", "seq"], name="entry_history"),
            models.Index(fields=["owner", "-at", "-id"], name="entry_audit"),
            models.Index(fields=["id"], condition=models.Q(seq__isnull=True), name="entry_unnumbered"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.object_id}"


class ReadingQuerySet(models.QuerySet["Reading"]):
    def visible_to(self, acting: Acting) -> Self:
        """The acting organisation's own; what is TLP:RED only for the persons whom it names."""
        for_me = models.Q(persons__isnull=True) | models.Q(persons__contains=[acting.user.pk])
        return self.filter(for_me, organisation=acting.organisation)


class ReadingManager(GuardedManager.from_queryset(ReadingQuerySet)):  # type: ignore[misc]
    pass


class Reading(models.Model):
    """That a person, or a token, of an organisation read what is TLP:RED or AMBER. One row a person, object and hour.

    It belongs to the reader's organisation alone: the sender learns from the ledger who has seen an alert, not from here.
    `title` names the object without its text, which the organisation may lose again.
    """

    class Through(models.TextChoices):
        PAGE = "page", _("on a page")
        API = "api", _("over the API")
        EXPORT = "export", _("in an export")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    object_id = models.UUIDField()
    title = models.CharField(max_length=200)
    label = models.CharField(max_length=12)
    persons = ArrayField(models.UUIDField(), null=True, blank=True, editable=False, help_text="Of TLP:RED: the users who may read it.")
    at = models.DateTimeField()
    hour = models.DateTimeField(help_text="`at`, cut to the hour: a page that is loaded again is read once.")
    through = models.CharField(max_length=10, choices=Through)
    request_id = models.CharField(max_length=40, blank=True)

    objects: ClassVar[ReadingManager] = ReadingManager()

    class Meta:
        indexes = [models.Index(fields=["organisation", "-at", "-id"], name="reading_audit")]
        constraints = [models.UniqueConstraint(fields=["organisation", "user", "object_id", "hour"], name="reading_once_an_hour")]

    def __str__(self) -> str:
        return f"{self.title} by {self.user_id}"


class RefCounter(models.Model):
    """The last number of an organisation's `ref_id`s in a year: counted per organisation, or a gap would tell of others."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    prefix = models.CharField(max_length=6)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "prefix", "year"], name="one_counter_a_year")]

    def __str__(self) -> str:
        return f"{self.prefix}-{self.year}-{self.last:04d}"


class IdempotencyKey(models.Model):
    """The first answer to a POST with an Idempotency-Key, kept 24 h, so that a client may repeat what it did not see answered."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "user", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return self.key
