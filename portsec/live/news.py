"""What the hub asks the database: plain rows through the system role, since it reads each entry once for everybody."""

import json
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from sys import intern
from typing import Any

from django.db import connections

from portsec.access.acting import as_system
from portsec.live.frames import encode_entry
from portsec.live.links import link_to
from portsec.live.ring import LiveEntry

MOST = 500  # entries in one reading
READS = "hub: entries and who may see them, for every open dashboard"

COLUMNS = (
    "e.seq, e.id::text, e.at, e.verb, e.kind, e.object_id::text, e.owner_id::text, o.name, e.audience_id::text, e.persons::text[], "
    "e.summary, e.row::text"
)
AFTER = f"""
SELECT {COLUMNS} FROM journal_entry e JOIN access_organisation o ON o.id = e.owner_id
WHERE e.seq > %s ORDER BY e.seq LIMIT %s
"""  # noqa: S608 (constants)

AUDIENCE_MEMBERS = """
SELECT g.content_object_id::text, array_agg(o.id::text)
FROM access_audiencegrant g JOIN access_organisation o ON o.group_id = g.group_id AND o.is_active
WHERE g.content_object_id = ANY(%s::uuid[]) AND g.permission_id = app_view_permission() GROUP BY 1
"""
PEOPLE = """
SELECT o.id::text, o.name, array_agg(u.id::text)
FROM access_organisation o
JOIN access_membership m ON m.organisation_id = o.id AND m.is_active
JOIN access_user u ON u.id = m.user_id AND u.is_active
WHERE o.id = ANY(%s::uuid[]) AND o.is_active GROUP BY 1, 2
"""
OPEN_SESSIONS = """
SELECT found.fingerprint
FROM (SELECT encode(sha256(convert_to(session_key, 'UTF8')), 'hex') AS fingerprint, expire_date FROM django_session) AS found
WHERE found.fingerprint = ANY (%s) AND found.expire_date > %s
"""
VALID_TOKENS = "SELECT token_key FROM access_servicetoken WHERE token_key = ANY(%s) AND (expiry IS NULL OR expiry > %s)"

# One index range for each audience, and those merged: a plain `audience_id IN (…)` walks the whole journal for an
# organisation that sees little of it (access.md).
MISSED = """
j.seq > %(after)s AND j.seq <= %(until)s AND (j.persons IS NULL OR %(user)s::uuid = ANY (j.persons)) ORDER BY j.seq LIMIT %(most)s
"""
VISIBLE = f"""
SELECT shared.seq FROM (
  SELECT g.content_object_id AS audience
  FROM access_audiencegrant g JOIN access_organisation me ON me.group_id = g.group_id AND me.is_active
  WHERE me.id = %(organisation)s::uuid AND g.permission_id = app_view_permission()
) mine CROSS JOIN LATERAL (SELECT j.seq FROM journal_entry j WHERE j.audience_id = mine.audience AND {MISSED}) shared
UNION
(SELECT j.seq FROM journal_entry j WHERE j.owner_id = %(organisation)s::uuid AND {MISSED})
"""  # noqa: S608 (constants)
PAGE = f"""
SELECT {COLUMNS} FROM journal_entry e JOIN access_organisation o ON o.id = e.owner_id
WHERE e.seq IN (SELECT seq FROM ({VISIBLE}) found ORDER BY seq LIMIT %(most)s) ORDER BY e.seq
"""  # noqa: S608 (constants)
COUNT = f"SELECT count(*) FROM ({VISIBLE}) found"  # noqa: S608 (constants)


@dataclass(frozen=True)
class News:
    """New entries, and what they make the hub know anew. Read after the entries, so that a right taken away is gone."""

    entries: list[LiveEntry]
    members: dict[str, frozenset[str]] = field(default_factory=dict)  # audience → organisations
    people: dict[str, frozenset[str]] = field(default_factory=dict)  # organisation → users
    affected: frozenset[str] = frozenset()  # organisations whose rights changed


@dataclass(frozen=True)
class Stretch:
    """The part of the journal that one client missed: after its position, until where the ring begins."""

    organisation: str
    user: str
    after: int
    until: int


def read_ends() -> tuple[int, int]:
    """The oldest and the newest number that the journal still holds."""
    with as_system(READS):
        oldest, newest = _ask("SELECT oldest, newest FROM journal_ends()", [])[0]
    return oldest, newest


def read_news(after: int, known: Container[str]) -> News:
    """What comes after the position; `known` are the audiences whose members the hub has."""
    with as_system(READS):
        entries = [_live(row) for row in _ask(AFTER, [after, MOST])]
        changes = [(entry, entry.about) for entry in entries if entry.about is not None]
        changed = {audience for _entry, about in changes for audience in about.get("audiences", ())}
        wanted = changed | {entry.audience for entry in entries if entry.audience not in known}
        moved = {entry.owner for entry, about in changes if "user" in about}
        return News(
            entries,
            _members(wanted),
            {organisation: people for organisation, (_name, people) in _people(moved).items()},
            frozenset(entry.owner for entry, _about in changes if entry.verb.startswith("access.")),
        )


def read_organisations(organisations: Iterable[str]) -> dict[str, tuple[str, frozenset[str]]]:
    """Name and people of each that is active."""
    with as_system(READS):
        found = _people(organisations)
    return {organisation: facts for organisation, facts in found.items() if facts[0]}


def read_valid_tokens(keys: Sequence[str], now: datetime) -> set[str]:
    with as_system(READS):
        return {key for (key,) in _ask(VALID_TOKENS, [list(keys), now])}


def read_open_sessions(fingerprints: Sequence[str], now: datetime) -> set[str]:
    """Those of browsers that are still signed in (tickets.fingerprint)."""
    with as_system(READS):
        return {found for (found,) in _ask(OPEN_SESSIONS, [list(fingerprints), now])}


def count_missed(stretch: Stretch) -> tuple[int, int]:
    """The oldest number that the journal holds, and how many entries of the stretch the client may see."""
    with as_system(READS):
        oldest = _ask("SELECT oldest FROM journal_ends()", [])[0][0]
        return oldest, _ask(COUNT, _parameters(stretch, most=None))[0][0]


def read_missed(stretch: Stretch) -> list[LiveEntry]:
    """The stretch's first entries that the client may see; fewer than MOST when there are no more."""
    with as_system(READS):
        return [_live(row) for row in _ask(PAGE, _parameters(stretch, most=MOST))]


def _parameters(stretch: Stretch, most: int | None) -> dict[str, Any]:
    return {"organisation": stretch.organisation, "user": stretch.user, "after": stretch.after, "until": stretch.until, "most": most}


def _members(audiences: Iterable[str]) -> dict[str, frozenset[str]]:
    """Of an audience that nobody may view any more too: it has no members."""
    nobody: dict[str, frozenset[str]] = {intern(audience): frozenset() for audience in audiences}
    if not nobody:
        return {}
    found = _ask(AUDIENCE_MEMBERS, [list(nobody)])
    return nobody | {intern(audience): frozenset(map(intern, organisations)) for audience, organisations in found}


def _people(organisations: Iterable[str]) -> dict[str, tuple[str, frozenset[str]]]:
    nobody: dict[str, tuple[str, frozenset[str]]] = {intern(one): ("", frozenset()) for one in organisations}
    if not nobody:
        return {}
    found = _ask(PEOPLE, [list(nobody)])
    return nobody | {intern(organisation): (name, frozenset(map(intern, people))) for organisation, name, people in found}


def _ask(question: str, parameters: Any) -> list[Any]:
    with connections["system"].cursor() as cursor:
        cursor.execute(question, parameters)
        rows: list[Any] = cursor.fetchall()
        return rows


def _live(row: tuple[Any, ...]) -> LiveEntry:
    seq, entry, at, verb, kind, object_id, owner, name, audience, persons, summary, shown = row
    content = json.loads(shown)
    text = encode_entry(
        {
            "entry": entry,
            "at": at.isoformat().replace("+00:00", "Z"),
            "verb": verb,
            "kind": kind,
            "id": object_id,
            "organisation": {"id": owner, "name": name},
            "audience": audience,
            "summary": summary,
            "url": link_to(kind, object_id),
            "row": dict(content),
        }
    )
    about = content if kind == "access" else None
    readers = None if persons is None else frozenset(map(intern, persons))
    return LiveEntry(seq, intern(verb), intern(kind), object_id, intern(owner), intern(audience), readers, text, about)
