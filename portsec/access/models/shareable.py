"""The base of every record that can be shared: who owns it, who may know of it, and the querysets that ask."""

from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql.compiler import SQLCompiler

from portsec.access.ids import new_id
from portsec.access.models.audience import GRANTED, Audience
from portsec.access.models.guarded import GuardedManager
from portsec.access.models.organisation import Organisation

if TYPE_CHECKING:
    from portsec.access.acting import Acting


class InSight(models.Func):
    """The first wall as one condition: shared with the organisation or its own, and for this person.

    TLP:RED rows name persons, and only they see them (domain.md §7). It is about the rows of the query in which it stands,
    and names their columns itself: for the object mapper to resolve three of them takes as long as all the rest.
    """

    output_field = models.BooleanField()
    asks_audience = True

    def __init__(self, acting: "Acting") -> None:
        super().__init__()
        self.acting = acting

    def where_audience_is_known(self) -> "InSight":
        """What is left to ask where the question goes through GRANTED, or through one's own, already."""
        left: InSight = self.copy()
        left.asks_audience = False
        return left

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:  # type: ignore[override]  # no template
        table = compiler.quote_name_unless_alias(compiler.query.get_initial_alias())
        persons, audience, owner = (f"{table}.{column}" for column in ("persons", "audience_id", "owner_id"))
        for_me, me = f"({persons} IS NULL OR %s = ANY ({persons}))", self.acting.user.pk
        if not self.asks_audience:
            return for_me, [me]
        organisation = self.acting.organisation
        return f"({for_me} AND ({audience} IN ({GRANTED}) OR {owner} = %s))", [me, organisation.group_id, organisation.pk]


class ShareableQuerySet(models.QuerySet[Any]):
    def visible_to(self, acting: "Acting") -> Self:
        """What the organisation may see, and in it the person. `filter` would resolve and compare what names its columns
        itself, in each list anew."""
        if self.query.combinator or self.query.is_sliced:
            raise TypeError("Ask for what is visible first, then unite or cut it.")
        found = self.all()
        found.query.where.add(InSight(acting), models.Q.AND)
        return found

    def editable_by(self, acting: "Acting") -> Self:
        return self.visible_to(acting).filter(owner=acting.organisation)


class ShareableManager(GuardedManager.from_queryset(ShareableQuerySet)):  # type: ignore[misc]
    pass


class Shareable(models.Model):
    """Owner and audience. Each concrete table needs `shareable_policies()` in its migration; a test looks for it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    audience = models.ForeignKey(Audience, on_delete=models.PROTECT, related_name="+")
    persons = ArrayField(models.UUIDField(), null=True, blank=True, editable=False, help_text="Of TLP:RED: the users who may read it.")

    objects: ClassVar[ShareableManager] = ShareableManager()

    class Meta:
        abstract = True
