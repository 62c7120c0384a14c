from typing import TypeVar

from django.db import models

from portsec.access.acting import current_context

Row = TypeVar("Row", bound=models.Model, covariant=True)


class GuardedManager(models.Manager[Row]):
    """Fails closed: a query outside `acting_for` or `as_system` raises, where row security would answer with nothing."""

    def get_queryset(self) -> models.QuerySet[Row]:
        current_context()
        return super().get_queryset()
