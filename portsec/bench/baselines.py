"""The best SQL by hand for what the product's queries answer: same rows, same columns, same role and context, one statement.

It runs as the application's role, so row security costs it what it costs the product. It asks each audience for its
newest through one index, as the product does; what the product adds are the object mapper and the first wall. The array
of what was found is planned and read faster than a join with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connections

SHOWN = "al.*, o.*, u.*, d.*, r.*"
AROUND = """
JOIN access_organisation o ON o.id = al.owner_id LEFT JOIN access_user u ON u.id = al.published_by_id
JOIN access_audience d ON d.id = al.audience_id LEFT JOIN access_region r ON r.id = d.region_id
"""

PAGE = f"""
SELECT {SHOWN} FROM incidents_alert al {AROUND} WHERE al.id = ANY (ARRAY(
  SELECT id FROM (
    SELECT s.id, s.at FROM app_audiences() AS a(id) CROSS JOIN LATERAL (
      SELECT x.id, x.published_at AS at FROM incidents_alert x
      WHERE x.audience_id = a.id AND x.published_at IS NOT NULL {{where}} ORDER BY x.published_at DESC, x.id DESC LIMIT %(limit)s) s
    UNION
    (SELECT x.id, x.published_at FROM incidents_alert x
     WHERE x.owner_id = %(me)s::uuid AND x.published_at IS NOT NULL {{where}} ORDER BY x.published_at DESC, x.id DESC LIMIT %(limit)s)
  ) merged ORDER BY at DESC, id DESC LIMIT %(limit)s
)) ORDER BY al.published_at DESC, al.id DESC
"""  # noqa: S608 (constants)

COUNT = """
SELECT count(*) FROM (
  SELECT 1 FROM app_audiences() AS a(id) CROSS JOIN LATERAL (
    SELECT 1 FROM incidents_alert x WHERE x.audience_id = a.id AND x.published_at IS NOT NULL LIMIT %(limit)s) s
  UNION ALL
  SELECT 1 FROM incidents_alert x
  WHERE x.owner_id = %(me)s::uuid AND x.published_at IS NOT NULL AND x.audience_id NOT IN (SELECT app_audiences())
  LIMIT %(limit)s
) capped
"""

DETAIL = f"SELECT {SHOWN} FROM incidents_alert al {AROUND} WHERE al.id = %(alert)s::uuid"  # noqa: S608 (constants)
MESSAGES = """
SELECT m.*, u.* FROM incidents_alertmessage m LEFT JOIN access_user u ON u.id = m.sent_by_id WHERE m.alert_id = %(alert)s::uuid
"""

CHANGES = """
SELECT e.id, e.seq, e.at, e.verb, e.kind, e.object_id, e.audience_id, e.owner_id, o.name, e.summary, e.row -> 'audiences'
FROM journal_entry e JOIN access_organisation o ON o.id = e.owner_id WHERE e.seq = ANY (ARRAY(
  SELECT s.seq FROM app_audiences() AS a(id) CROSS JOIN LATERAL (
    SELECT j.seq FROM journal_entry j WHERE j.audience_id = a.id AND j.seq > %(since)s ORDER BY j.seq LIMIT %(limit)s) s
  UNION (SELECT j.seq FROM journal_entry j WHERE j.owner_id = %(me)s::uuid AND j.seq > %(since)s ORDER BY j.seq LIMIT %(limit)s)
  ORDER BY seq LIMIT %(limit)s
)) ORDER BY e.seq
"""

ACTIVE = "AND x.state = 'active'"
FILTERED = "AND x.severity = 'Extreme'"
BEFORE = "AND (x.published_at, x.id) < (%(at)s, %(pk)s::uuid)"


@dataclass(frozen=True)
class Baseline:
    """Statements that are run one after the other; the first gives the rows that are compared."""

    statements: Sequence[str]
    values: dict[str, Any] = field(default_factory=dict)

    def __call__(self) -> list[str]:
        found: list[str] = []
        for number, statement in enumerate(self.statements):
            with connections["default"].cursor() as cursor:
                cursor.execute(statement, self.values)
                rows = cursor.fetchall()
            found = [str(row[0]) for row in rows] if number == 0 else found
        return found
