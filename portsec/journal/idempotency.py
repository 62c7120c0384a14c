"""Repeated POSTs. The key's row is written in the request's own transaction: a refused request leaves none."""

from datetime import datetime, timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connections
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.renderers import JSONRenderer

from portsec.access.acting import Acting, as_system, current_alias
from portsec.access.ids import new_id
from portsec.journal.models import IdempotencyKey
from portsec.problems import Conflict, Fault, Refused

KEPT_FOR = timedelta(hours=24)
NOTE = """
INSERT INTO journal_idempotencykey (id, organisation_id, user_id, key, fingerprint, headers, created_at)
VALUES (%s, %s, %s, %s, %s, '{}', %s) ON CONFLICT (organisation_id, user_id, key) DO NOTHING
"""


def first_answer(acting: Acting, key: str, fingerprint: str) -> tuple[IdempotencyKey | None, IdempotencyKey | None]:
    """(the row to fill, None) for a new key; (None, the earlier row) for a repeat.

    Two requests with one key at once: the second waits for the first's transaction. Raises Refused, and Conflict where
    the key came with another body.
    """
    if not 1 <= len(key) <= 255 or not key.isprintable():
        raise Refused(Fault("Idempotency-Key", _("Give 1 to 255 printable characters, for example a UUID."), "invalid"))
    _forget_old(acting, key)
    mine = new_id()
    with connections[current_alias()].cursor() as cursor:
        cursor.execute(NOTE, [mine, acting.organisation.pk, acting.user.pk, key, fingerprint, timezone.now()])
        is_new = cursor.rowcount == 1
    row = IdempotencyKey.objects.get(organisation=acting.organisation, user=acting.user, key=key)
    if is_new:
        return row, None
    if row.fingerprint != fingerprint or row.status is None:
        raise Conflict(_("This Idempotency-Key was used for another request. Choose a new key for a new request."))
    return None, row


def keep_answer(row: IdempotencyKey, status: int, body: Any, headers: dict[str, str]) -> None:
    rendered = JSONRenderer().render(body) if body is not None else b"null"
    with connections[current_alias()].cursor() as cursor:
        cursor.execute(
            "UPDATE journal_idempotencykey SET status = %s, body = %s, headers = %s WHERE id = %s",
            [status, rendered.decode(), DjangoJSONEncoder().encode(headers), row.pk],
        )


def _forget_old(acting: Acting, key: str) -> None:
    too_old = timezone.now() - KEPT_FOR
    IdempotencyKey.objects.filter(organisation=acting.organisation, user=acting.user, key=key, created_at__lt=too_old).delete()


def forget_old_keys(now: datetime) -> int:
    """Deletes the keys of every organisation that have had their time; returns how many."""
    with as_system("answers to repeated requests are kept for a day"):
        deleted, _by_model = IdempotencyKey.objects.filter(created_at__lt=now - KEPT_FOR).delete()
    return deleted
