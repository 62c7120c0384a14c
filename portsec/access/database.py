from typing import Any

from django.db.models import Model

from portsec.access.acting import current_alias


class ActingRouter:
    """Sends each query to the role of the open context, and migrations to the owner."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        return current_alias()

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        return current_alias()

    def allow_relation(self, obj1: Model, obj2: Model, **hints: Any) -> bool:
        return True  # three roles of one database

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "owner"
