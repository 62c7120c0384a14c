"""What a dashboard shows of a change of level: travels in the journal entry, so that no page need ask (≤ 1 KB with its frame)."""

from typing import Any

from ports.models import DeclarationOfSecurity, LevelScope, SecurityLevelChange


def level_row(change: SecurityLevelChange) -> dict[str, Any]:
    """`unlocode` stands in the row of a port's own change alone: there the level is what holds, since it is never below the region's."""
    row: dict[str, Any] = {
        "port": change.owner_id,
        "scope": change.scope,
        "level": change.level,
        "previous": change.previous_level,
        "reason": change.reason,
        "since": change.effective_at,
        "until": change.expected_until,
        "set_by": change.set_by.short_name if change.set_by else "",
    }
    if change.scope == LevelScope.PORT:
        port = getattr(change.owner, "port", None)
        row["unlocode"] = port.unlocode if port else ""
    else:
        row["subject"] = change.subject_name
    if change.region_id:
        row["region"] = change.region_id
    return row


def declaration_row(declaration: DeclarationOfSecurity) -> dict[str, Any]:
    """Travels to the two sides alone."""
    return {
        "ref_id": declaration.ref_id,
        "parties": declaration.headline,
        "state": declaration.state,
        "text_version": declaration.text_version,
        "valid_from": declaration.valid_from,
        "valid_to": declaration.valid_to,
    }
