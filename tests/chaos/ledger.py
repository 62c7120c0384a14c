"""What must hold in the rows and on the dashboards when the storm is over. Each check answers with what is wrong."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from tests.chaos.dashboards import Dashboard
from tests.chaos.running import Running
from tests.chaos.storm import Planned

ALERTS = "SELECT headline, count(*) FROM incidents_alert WHERE headline LIKE %s GROUP BY headline"
TOLD = """
SELECT a.headline, o.name FROM incidents_alert a
JOIN delivery_delivery d ON d.object_id = a.id JOIN access_organisation o ON o.id = d.recipient_id WHERE a.headline LIKE %s
"""
# Each must find nothing: the parts of one act are written together, or none of them.
HALF_WRITTEN = {
    "an alert without a message": """
        SELECT a.id FROM incidents_alert a WHERE a.state <> 'draft'
        AND NOT EXISTS (SELECT 1 FROM incidents_alertmessage m WHERE m.alert_id = a.id)""",
    "an alert without an entry": """
        SELECT a.id FROM incidents_alert a WHERE a.state <> 'draft'
        AND NOT EXISTS (SELECT 1 FROM journal_entry e WHERE e.object_id = a.id AND e.verb = 'alert.published')""",
    "an alert without deliveries": """
        SELECT a.id FROM incidents_alert a WHERE a.state <> 'draft'
        AND NOT EXISTS (SELECT 1 FROM delivery_delivery d WHERE d.object_id = a.id)""",
    "an entry without its alert": """
        SELECT e.id FROM journal_entry e WHERE e.verb IN ('alert.published', 'alert.acknowledged')
        AND NOT EXISTS (SELECT 1 FROM incidents_alert a WHERE a.id = e.object_id)""",
    "an answer without its entry": """
        SELECT d.id FROM delivery_delivery d WHERE d.state = 'acknowledged' AND NOT d.carried_over
        AND NOT EXISTS (SELECT 1 FROM journal_entry e WHERE e.object_id = d.object_id AND e.owner_id = d.recipient_id
                        AND e.verb IN ('alert.acknowledged', 'declaration.agreed', 'declaration.declined'))""",
    "an entry without a number": "SELECT id FROM journal_entry WHERE seq IS NULL",
    "a hole in the numbers": "SELECT 1 FROM journal_entry HAVING count(*) <> max(seq)",
    "a key without its answer": "SELECT id FROM journal_idempotencykey WHERE status IS NULL",
}


def half_written(cursor: Any) -> dict[str, int]:
    found = {}
    for what, sql in HALF_WRITTEN.items():
        cursor.execute(sql)
        found[what] = len(cursor.fetchall())
    return {what: count for what, count in found.items() if count}


def doubles(stack: Running, name: str) -> list[str]:
    return [headline for headline, count in stack.rows(ALERTS, [f"{name} %"]) if count != 1]


def lost_or_invented(stack: Running, name: str, planned: Iterable[Planned]) -> set[str]:
    """Headlines that were answered and are not there, or the other way round."""
    return {headline for headline, _count in stack.rows(ALERTS, [f"{name} %"])} ^ {one.headline for one in planned}


def wrongly_told(stack: Running, name: str, planned: Iterable[Planned]) -> Counter[tuple[str, str]]:
    """Deliveries that are missing, doubled or nobody's: (headline, organisation) → how many too many or too few."""
    found = Counter(stack.rows(TOLD, [f"{name} %"]))
    due = Counter((one.headline, stack.names[login]) for one in planned for login in one.recipients)
    return (found - due) + (due - found)


def lost_answers(stack: Running, acknowledged: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Acknowledgements that were answered with 200, as the sender's own ledger over REST shows them or does not."""
    kept = {(str(alert), name) for alert, name in stack.rows(ANSWERS)}
    return [(alert, login) for alert, login in acknowledged if (alert, stack.names[login]) not in kept]


ANSWERS = """
SELECT d.object_id, o.name FROM delivery_delivery d JOIN access_organisation o ON o.id = d.recipient_id
WHERE d.state = 'acknowledged' AND d.acknowledged_at IS NOT NULL AND d.acknowledged_by_id IS NOT NULL
"""


def missing(board: Dashboard, planned: Iterable[Planned]) -> set[str]:
    return {one.headline for one in planned if board.login in one.seen_by} - set(board.headlines)


def repeated(board: Dashboard) -> list[str]:
    return [headline for headline, count in board.headlines.items() if count > 1]


def foreign(board: Dashboard, planned: Iterable[Planned]) -> set[str]:
    """What is on the board although its organisation was not addressed."""
    return {one.headline for one in planned if board.login not in one.seen_by} & set(board.headlines)
