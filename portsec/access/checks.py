"""What must never be granted. Guardian reads a global permission as one on every object (access.md)."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.core.checks import Error, Tags, register
from django.db import connections
from django.db.utils import OperationalError, ProgrammingError

from portsec.access.models import User

GLOBAL = "view_audience is granted globally to {whom}: its holder would see every audience."


@register(Tags.database)
def no_audience_is_visible_to_all(databases: Sequence[str] | None = None, **options: Any) -> list[Error]:
    """Runs with `migrate` and `check --database default`. A database without tables yet has nothing to complain of."""
    if "default" not in (databases or []):
        return []
    try:
        holders = [f"group “{name}”" for name in _holding(Group)] + [f"user {name}" for name in _holding(User)]
    except (OperationalError, ProgrammingError):
        connections["default"].close()
        return []
    return [Error(GLOBAL.format(whom=whom), hint="Take the permission away from it.", id="portsec.E001") for whom in holders]


def _holding(model: type[Group] | type[User]) -> list[str]:
    view = Permission.objects.filter(content_type__app_label="access", codename="view_audience")
    field, name = ("permissions__in", "name") if model is Group else ("user_permissions__in", "email")
    return list(model._default_manager.filter(**{field: view}).values_list(name, flat=True))
