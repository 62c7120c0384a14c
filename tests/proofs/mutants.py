"""Mutants: the promises of access.md, each broken in one place. Every one is undone when its context ends."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock
from uuid import UUID

from django.core.signing import Signer
from django.db import connections, transaction
from django.db.models import Q

from portsec.access.models import Audience, ShareableQuerySet
from portsec.access.models.audience import AudienceQuerySet
from portsec.access.row_security import IN_MY_AUDIENCES, MINE
from portsec.delivery.models.delivery import DeliveryQuerySet
from portsec.journal import cursors
from portsec.live import news
from portsec.live.rooms import Turn
from tests.proofs import outside, probes
from tests.proofs.probes import Probe
from tests.proofs.scene import TABLES

Applied = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True)
class Mutant:
    """`killed_by` must each notice it."""

    name: str
    applied: Applied
    killed_by: Sequence[Probe]


# Ways to break


def owner(*statements: str) -> None:
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '10s'")
        for statement in statements:
            cursor.execute(statement)


def asked(sql: str, parameters: Sequence[Any]) -> tuple[Any, ...]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(sql, parameters)
        row: tuple[Any, ...] = cursor.fetchone()
        return row


def policy(table: str, name: str, *, using: str = "", check: str = "") -> Applied:
    @contextmanager
    def applied() -> Iterator[None]:
        before = asked("SELECT qual, with_check FROM pg_policies WHERE tablename = %s AND policyname = %s", [table, name])
        owner(_altered(table, name, using, check))
        try:
            yield
        finally:
            owner(_altered(table, name, using and before[0], check and before[1]))

    return applied


def _altered(table: str, name: str, using: str, check: str) -> str:
    return f"ALTER POLICY {name} ON {table}" + (f" USING ({using})" if using else "") + (f" WITH CHECK ({check})" if check else "")


def function(name: str, old: str, new: str, *, times: int = 1) -> Applied:
    """One piece of the function's text exchanged for another, wherever it stands."""

    @contextmanager
    def applied() -> Iterator[None]:
        [before] = asked("SELECT pg_get_functiondef(%s::regproc)", [name])
        assert before.count(old) == times, f"{name} does not read {old!r} (×{times}) any more: bring this mutant up to date"
        owner("SET LOCAL ROLE portsec_definer", before.replace(old, new))
        try:
            yield
        finally:
            owner("SET LOCAL ROLE portsec_definer", before)

    return applied


def altered(table: str, change: str, undo: str) -> Applied:
    @contextmanager
    def applied() -> Iterator[None]:
        owner(f"ALTER TABLE {table} {change}")
        try:
            yield
        finally:
            owner(f"ALTER TABLE {table} {undo}")

    return applied


def patched(target: Any, name: str, new: Any) -> Applied:
    @contextmanager
    def applied() -> Iterator[None]:
        with mock.patch.object(target, name, new):
            yield

    return applied


def together(*several: Applied) -> Applied:
    @contextmanager
    def applied() -> Iterator[None]:
        with ExitStack() as stack:
            for one in several:
                stack.enter_context(one())
            yield

    return applied


@contextmanager
def numbered_before_commit() -> Iterator[None]:
    """As a plain serial column would: the number is taken when the row is written, not when it is committed."""
    newest = news.read_ends()[1]
    owner(
        f"CREATE SEQUENCE mutant_numbers START {newest + 1}",
        "CREATE FUNCTION mutant_number() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN NEW.seq := nextval('mutant_numbers'); RETURN NEW; END $$",
        "CREATE TRIGGER mutant_number BEFORE INSERT ON journal_entry FOR EACH ROW EXECUTE FUNCTION mutant_number()",
    )
    try:
        yield
    finally:
        owner("DROP TRIGGER mutant_number ON journal_entry", "DROP FUNCTION mutant_number()", "DROP SEQUENCE mutant_numbers")


# The walls, whole


def _all_of_it(self: Any, acting: Any) -> Any:
    return self


def _all_persons(self: Any, acting: Any) -> Any:
    return self.filter(Q(audience__in=Audience.objects.visible_to(acting)) | Q(owner=acting.organisation))


no_first_wall = together(
    patched(ShareableQuerySet, "visible_to", _all_of_it),
    patched(DeliveryQuerySet, "visible_to", _all_of_it),
    patched(AudienceQuerySet, "visible_to", _all_of_it),
)
no_second_wall = together(
    *(altered(table, "DISABLE ROW LEVEL SECURITY", "ENABLE ROW LEVEL SECURITY") for table in (*TABLES.values(), "access_audiencegrant"))
)


def _every_entry(self: Turn, room: Any) -> list[Any]:
    return list(self._entries)


def _to_every_line(self: Turn, room: Any, lines: Any, part: Any, cursor: str) -> None:
    frame = self._sheet.frame(part, cursor)
    for line in lines:
        line.push(frame)


def _as_if_for_one(_organisation: UUID) -> Any:
    return _sealed_for(UUID(int=0))


_sealed_for = cursors._cipher
EVERYBODY = "SELECT a::text, array_agg(o.id::text) FROM unnest(%s::uuid[]) a CROSS JOIN access_organisation o GROUP BY 1"
_PERSONS = "(j.persons IS NULL OR %(user)s::uuid = ANY (j.persons))"
SHARED = "j.audience_id = mine.audience AND "
_HERS = f"({IN_MY_AUDIENCES} OR {MINE})"

READ_POLICIES = {
    **{table: "readers" for name, table in TABLES.items() if name != "delivery"},
    "delivery_delivery": "parties",
}
WRITE_POLICIES = {
    "incidents_alert": "owner_inserts",
    "incidents_alertmessage": "owner_inserts",
    "ports_securitylevelchange": "owner_inserts",
    "journal_entry": "writers",
}

MUTANTS = [
    # The second wall, table by table
    *(
        Mutant(f"{table}: everyone reads", policy(table, name, using="true"), [probes.the_second_wall_hides_what_is_foreign])
        for table, name in READ_POLICIES.items()
    ),
    *(
        Mutant(f"{table}: red for all persons", policy(table, "readers", using=_HERS), [probes.only_the_named_persons_read_red])
        for table in ("incidents_alert", "incidents_alertmessage", "journal_entry")
    ),
    Mutant(
        "deliveries: red for all persons",
        policy("delivery_delivery", "parties", using="(SELECT app_org()) IN (sender_id, recipient_id, coordinator_id)"),
        [probes.only_the_named_persons_read_red],
    ),
    Mutant(
        "deliveries: under their record's policy",
        policy("delivery_delivery", "parties", using="entry_id IN (SELECT e.id FROM journal_entry e)"),
        [probes.one_recipient_does_not_see_another],
    ),
    Mutant(
        "grants: everyone reads",
        policy("access_audiencegrant", "own_group", using="true"),
        [probes.grants_are_seen_by_their_own_group_alone],
    ),
    *(
        Mutant(f"{table}: everyone reads", policy(table, "own", using="true"), [probes.answers_kept_for_another_stay_hidden])
        for table in ("journal_idempotencykey", "journal_refcounter")
    ),
    *(
        Mutant(
            f"{table}: not forced",
            altered(table, "NO FORCE ROW LEVEL SECURITY", "FORCE ROW LEVEL SECURITY"),
            [probes.the_owner_of_the_tables_sees_no_rows],
        )
        for table in (*TABLES.values(), "access_audiencegrant")
    ),
    *(
        Mutant(f"{table}: anyone inserts", policy(table, name, check="true"), [probes.nobody_writes_in_anothers_name])
        for table, name in WRITE_POLICIES.items()
    ),
    *(
        Mutant(
            f"{table}: anyone changes", policy(table, "owner_updates", using="true", check="true"), [probes.nobody_changes_what_is_anothers]
        )
        for table in ("incidents_alert", "ports_securitylevelchange")
    ),
    Mutant(
        "deliveries: anyone answers",
        policy("delivery_delivery", "recipient_answers", using="true", check="true"),
        [probes.nobody_changes_what_is_anothers],
    ),
    Mutant(
        "deliveries: a sender answers",
        policy("delivery_delivery", "sender_withdraws", check="sender_id = (SELECT app_org())"),
        [probes.a_sender_does_not_answer_for_its_recipients],
    ),
    # What is told outside
    Mutant("endpoints: everyone reads", policy("delivery_endpoint", "own", using="true"), [outside.an_address_is_its_organisations_alone]),
    Mutant(
        "endpoints: a person's own for colleagues",
        policy("delivery_endpoint", "own", using="organisation_id = (SELECT app_org())"),
        [outside.a_persons_own_way_is_hidden_from_colleagues],
    ),
    Mutant("dispatches: everyone reads", policy("delivery_dispatch", "parties", using="true"), [outside.what_was_sent_is_for_the_parties]),
    Mutant(
        "dispatches: red for all persons",
        policy("delivery_dispatch", "parties", using="recipient_id = (SELECT app_org())"),
        [outside.what_was_sent_is_for_the_parties],
    ),
    *(
        Mutant(f"{table}: everyone reads", policy(table, "parties", using="true"), [outside.tries_and_steps_are_for_the_parties])
        for table in ("delivery_attempt", "delivery_escalation")
    ),
    Mutant(
        "policies: everyone reads",
        policy("delivery_escalationpolicy", "own_and_regions", using="true"),
        [outside.a_policy_is_read_by_those_for_whom_it_holds],
    ),
    *(
        Mutant(
            f"{name}: of anybody's object",
            function(name, " AND d.sender_id = app_org()", ""),
            [outside.nobody_stops_or_calls_off_what_another_told],
        )
        for name in ("app_stop_dispatches", "app_dispatch_cancellation")
    ),
    Mutant(
        "app_steer_escalation: by anybody",
        function("app_steer_escalation", "app_org() IN (sender_id, coordinator_id)", "true"),
        [outside.nobody_holds_an_escalation_but_who_told_or_coordinates],
    ),
    # The questions that the policies ask
    Mutant(
        "app_org: no membership",
        function("app_org", "AND m.user_id = app_user() AND m.is_active", ""),
        [probes.a_forged_organisation_yields_nothing],
    ),
    Mutant(
        "app_org: past members too", function("app_org", "app_user() AND m.is_active", "app_user()"), [probes.who_has_left_sees_nothing]
    ),
    Mutant(
        "app_org: closed organisations too", function("app_org", " AND o.is_active", ""), [probes.an_inactive_organisation_sees_nothing]
    ),
    Mutant(
        "app_audiences: of every organisation",
        function("app_audiences", "o.id = app_org() AND", ""),
        [probes.the_second_wall_hides_what_is_foreign],
    ),
    Mutant(
        "app_audience_members: for everyone",
        function(
            "app_audience_members", "AND (a.owner_id = app_org() OR a.owner_id IS NULL AND a.region_id IN (SELECT app_regions()))", ""
        ),
        [probes.the_members_of_an_audience_are_for_its_owner],
    ),
    Mutant(
        "app_addressed: by anybody",
        function("app_addressed", "WHERE organisation_id = app_org()", ""),
        [probes.the_second_wall_hides_what_is_foreign],
    ),
    Mutant(
        "app_fan_out: of anybody's entry",
        function("app_fan_out", " AND e.owner_id = app_org()", "", times=2),
        [probes.nobody_tells_in_anothers_name],
    ),
    Mutant(
        "app_resolve_audience: names strangers",
        function("app_resolve_audience", "IF EXISTS (SELECT unnest(members)", "IF false AND EXISTS (SELECT unnest(members)"),
        [probes.a_stranger_cannot_be_named],
    ),
    Mutant(
        "app_resolve_audience: any region",
        function(
            "app_resolve_audience", "IF of_region IS NULL OR of_region NOT IN (SELECT app_regions()) THEN", "IF of_region IS NULL THEN"
        ),
        [probes.a_region_is_addressed_by_its_members_alone],
    ),
    Mutant(
        "app_preview_members: any region",
        function("app_preview_members", "WHERE of_region IN (SELECT app_regions())", ""),
        [probes.a_region_is_addressed_by_its_members_alone],
    ),
    # The first wall
    Mutant("visible_to: everything", patched(ShareableQuerySet, "visible_to", _all_of_it), [probes.the_first_wall_hides_what_is_foreign]),
    Mutant(
        "visible_to: red for all persons",
        patched(ShareableQuerySet, "visible_to", _all_persons),
        [probes.the_first_wall_hides_what_is_foreign],
    ),
    Mutant(
        "visible_to of deliveries: everything",
        patched(DeliveryQuerySet, "visible_to", _all_of_it),
        [probes.the_first_wall_hides_what_is_foreign, probes.one_recipient_does_not_see_another],
    ),
    Mutant(
        "visible_to of audiences: everything",
        patched(AudienceQuerySet, "visible_to", _all_of_it),
        [probes.the_first_wall_hides_what_is_foreign],
    ),
    Mutant(
        "editable_by: all that is visible",
        patched(ShareableQuerySet, "editable_by", ShareableQuerySet.visible_to),
        [probes.the_first_wall_hides_what_is_foreign],
    ),
    Mutant(
        "both walls down",
        together(no_first_wall, no_second_wall),
        [probes.the_application_reads_only_what_is_shared, probes.the_second_wall_hides_what_is_foreign],
    ),
    # Journal and line
    Mutant("the sequencer numbers before the commit", numbered_before_commit, [probes.a_writer_that_commits_last_is_not_lost]),
    Mutant("the hub lets everything through", patched(Turn, "_visible_in", _every_entry), [probes.the_line_shows_only_what_may_be_seen]),
    Mutant("the hub forgets the persons", patched(Turn, "_give_part", _to_every_line), [probes.the_line_shows_only_what_may_be_seen]),
    Mutant(
        "the hub thinks that all are addressed",
        patched(news, "AUDIENCE_MEMBERS", EVERYBODY),
        [probes.the_line_shows_only_what_may_be_seen],
    ),
    Mutant(
        "who resumes gets everything",
        together(patched(news, "PAGE", news.PAGE.replace(SHARED, "")), patched(news, "COUNT", news.COUNT.replace(SHARED, ""))),
        [probes.the_line_shows_only_what_may_be_seen],
    ),
    Mutant(
        "who resumes gets red",
        together(
            patched(news, "PAGE", news.PAGE.replace(_PERSONS, "%(user)s <> ''")),
            patched(news, "COUNT", news.COUNT.replace(_PERSONS, "%(user)s <> ''")),
        ),
        [probes.the_line_shows_only_what_may_be_seen],
    ),
    Mutant(
        "the door lets in past members",
        patched(news, "PEOPLE", news.PEOPLE.replace(" AND m.is_active", "")),
        [probes.who_has_left_sees_nothing],
    ),
    Mutant(
        "the door lets in everyone",
        patched(news, "PEOPLE", news.PEOPLE.replace("m.organisation_id = o.id AND m.is_active", "true")),
        [probes.the_door_knows_who_belongs],
    ),
    Mutant(
        "the door lets in closed organisations",
        patched(news, "PEOPLE", news.PEOPLE.replace(" AND o.is_active", "")),
        [probes.an_inactive_organisation_sees_nothing],
    ),
    Mutant("cursors are the same for all", patched(cursors, "_cipher", _as_if_for_one), [probes.a_foreign_cursor_does_not_open]),
    Mutant(
        "tickets are not verified",
        patched(Signer, "unsign", lambda self, signed: signed.rpartition(self.sep)[0]),
        [probes.a_forged_ticket_does_not_open],
    ),
]
