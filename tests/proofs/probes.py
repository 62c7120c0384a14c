"""Probes: each looks at one promise of access.md, and raises AssertionError where it is broken.

On the system as it is, all pass. A mutant that none of its probes notices shows a hole in the tests (test_mutants.py).
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connections, transaction

from incidents.actions import publish_alert
from incidents.models import Alert, AlertMessage
from ports.models import SecurityLevelChange
from portsec.access.acting import Acting, acting_for, as_system
from portsec.access.audiences import AudienceWish, members_of
from portsec.access.models import Membership, Organisation
from portsec.access.roles import Role
from portsec.delivery.models import Delivery
from portsec.journal import cursors
from portsec.journal.models import Entry
from portsec.journal.sequencer import number_entries
from portsec.live import news
from portsec.live.tickets import make_ticket, read_ticket
from tests.proofs import seen
from tests.proofs.oracle import Thing
from tests.proofs.scene import CONTENT, TABLES, Scene

Probe = Callable[[Scene], None]
SHAREABLE = {"alert": Alert, "message": AlertMessage, "entry": Entry, "level": SecurityLevelChange}


# Reading


def the_second_wall_hides_what_is_foreign(scene: Scene) -> None:
    """Raw SQL, as a forgotten filter would ask."""
    assert not raw(scene.outsider) & scene.everything
    assert not raw(scene.cast.as_("coastguard")) & (scene.things["named"] | scene.things["red"])
    with transaction.atomic():
        assert not seen.by_raw_sql(), "without an acting organisation there is nothing to see"


def the_second_wall_shows_what_is_shared(scene: Scene) -> None:
    """A wall that hides all is no proof."""
    assert scene.everything <= raw(scene.sender)
    expected = (scene.things["named"] | scene.things["red"]) - scene.rows("delivery")
    assert expected <= raw(scene.recipient)


def the_first_wall_hides_what_is_foreign(scene: Scene) -> None:
    """`visible_to` where no policy helps: asked through the system role."""
    for acting in (scene.outsider, scene.unnamed_colleague):
        with as_system("the proof: the first wall without the second"):
            found = seen.by_query(acting)
        assert not found & scene.things["red"] - scene.rows("audience", of="red")
    with as_system("the proof: the first wall without the second"):
        assert not seen.by_query(scene.outsider) & scene.everything
        for model in SHAREABLE.values():
            assert not model.objects.editable_by(scene.recipient).filter(owner=scene.cast.gdansk).exists()


def the_application_reads_only_what_is_shared(scene: Scene) -> None:
    """Both walls together, as every list and page reads."""
    for acting, hidden in reading(scene):
        with acting_for(acting):
            assert not seen.by_query(acting) & hidden
            assert not seen.alerts_by_pages(acting) & hidden
            assert not seen.entries_by_pages(acting) & hidden
            changes = seen.Follower().follow(acting)
        assert not {("entry", pk) for pk in changes} & hidden


def reading(scene: Scene) -> list[tuple[Acting, set[Thing]]]:
    """Readers, and what each must not find."""
    red = scene.things["red"] - scene.rows("audience", of="red")
    return [(scene.outsider, scene.everything), (scene.unnamed_colleague, red), (scene.other_recipient, scene.things["red"])]


def only_the_named_persons_read_red(scene: Scene) -> None:
    red = scene.things["red"] - scene.rows("audience", of="red")
    assert red <= raw(scene.recipient) | scene.rows("delivery", of="red")
    assert not raw(scene.unnamed_colleague) & red


def a_forged_organisation_yields_nothing(scene: Scene) -> None:
    """Both variables set by hand, as an injected statement could: a user of Trieste who says it is Gdańsk."""
    with claiming(scene.outsider.user.pk, scene.cast.gdansk.pk):
        assert not seen.by_raw_sql()
    with claiming("", scene.cast.gdansk.pk):
        assert not seen.by_raw_sql()


def one_recipient_does_not_see_another(scene: Scene) -> None:
    """Verified in access.md: under the record's own policy, each recipient saw every recipient's delivery."""
    one_recipient_does_not_see_another_by_raw_sql(scene)
    for acting in (scene.recipient, scene.other_recipient):
        with as_system("the proof: the first wall without the second"):
            told = Delivery.objects.visible_to(acting).filter(object_id=scene.named.pk)
            assert {one.recipient_id for one in told} == {acting.organisation.pk}


def one_recipient_does_not_see_another_by_raw_sql(scene: Scene) -> None:
    for acting in (scene.recipient, scene.other_recipient):
        with acting_for(acting):
            found = ask("SELECT recipient_id FROM delivery_delivery WHERE object_id = %s", [str(scene.named.pk)])
        assert found == {acting.organisation.pk}


def grants_are_seen_by_their_own_group_alone(scene: Scene) -> None:
    with acting_for(scene.recipient):
        assert ask("SELECT DISTINCT group_id FROM access_audiencegrant") == {scene.cast.gdynia.group_id}


def the_members_of_an_audience_are_for_its_owner(scene: Scene) -> None:
    for acting, count in ((scene.sender, 3), (scene.recipient, 0), (scene.outsider, 0)):
        with acting_for(acting):
            assert len(members_of(scene.named.audience)) == count


def answers_kept_for_another_stay_hidden(scene: Scene) -> None:
    """Idempotency keys and counters: another organisation's tell what it did, and how much."""
    with acting_for(scene.sender), rolled_back():
        run(
            "INSERT INTO journal_idempotencykey (id, organisation_id, user_id, key, fingerprint, headers, created_at) "
            "VALUES (uuidv7(), app_org(), app_user(), 'k', 'f', '{}', now())"
        )
        tell("app.org_id", scene.outsider.organisation.pk)
        tell("app.user_id", scene.outsider.user.pk)
        assert not ask("SELECT id FROM journal_idempotencykey")
        assert not ask("SELECT id FROM journal_refcounter WHERE organisation_id <> %s", [str(scene.outsider.organisation.pk)])


# Writing


def nobody_writes_in_anothers_name(scene: Scene) -> None:
    """A copy of Gdańsk's rows, inserted by a recipient that may read them."""
    for name, table in TABLES.items():
        if name in {"audience", "delivery"}:
            continue
        of = "level" if name == "level" else "named"
        [pk] = {pk for called, pk in scene.things[of] if called == name} if name != "entry" else {first_entry(scene)}
        changed = {"id": "uuidv7()", "seq": "NULL", "version": "9", "ref_id": "'ALR-0'"}
        columns = column_names(table)
        values = ", ".join(changed.get(one, one) for one in columns)
        with acting_for(scene.recipient):
            copied = f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} WHERE id = %s"  # noqa: S608 (tables of ours)
            refused(copied, [str(pk)])


def nobody_changes_what_is_anothers(scene: Scene) -> None:
    """Without a WHERE: a condition would let the readers' policy hide what the writers' policy lets through."""
    with acting_for(scene.outsider), rolled_back():
        assert run("UPDATE incidents_alert SET headline = 'mine'") == 0
        assert run("UPDATE ports_securitylevelchange SET level = 1") == 0
        assert run("UPDATE delivery_delivery SET remark = 'answered'") == 0


def who_has_left_sees_nothing(scene: Scene) -> None:
    left = scene.cast.as_("gdansk", Role.STAFF)
    with as_system("the proof: a person leaves"):
        seat = Membership.objects.filter(user=left.user, organisation=left.organisation)
        seat.update(is_active=False)
    try:
        assert not raw(left)
        assert str(left.user.pk) not in news.read_organisations([str(left.organisation.pk)])[str(left.organisation.pk)][1]
    finally:
        with as_system("the proof: and comes back"):
            Membership.objects.filter(user=left.user, organisation=left.organisation).update(is_active=True)


def an_inactive_organisation_sees_nothing(scene: Scene) -> None:
    closed = scene.other_recipient
    _set_active(closed.organisation.pk, is_active=False)
    try:
        assert not raw(closed)
        assert str(closed.organisation.pk) not in news.read_organisations([str(closed.organisation.pk)])
    finally:
        _set_active(closed.organisation.pk, is_active=True)


def _set_active(organisation: UUID, *, is_active: bool) -> None:
    with as_system("the proof: an operator closes an organisation, and opens it again"):
        Organisation.objects.filter(pk=organisation).update(is_active=is_active)


def a_sender_does_not_answer_for_its_recipients(scene: Scene) -> None:
    with acting_for(scene.sender):
        refused("UPDATE delivery_delivery SET state = 'acknowledged', acknowledged_at = now() WHERE object_id = %s", [str(scene.named.pk)])


def nobody_tells_in_anothers_name(scene: Scene) -> None:
    """The level of Gdańsk was told to the region, and Gdynia may address that region: but not with Gdańsk's entry."""
    [(_level, change)] = scene.things["level"]
    with acting_for(scene.recipient), rolled_back():
        [entry] = ask("SELECT id FROM journal_entry WHERE object_id = %s", [str(change)])
        assert not ask("SELECT app_fan_out(%s, 1, 'Severe', NULL, false, '[]')", [str(entry)])


def a_stranger_cannot_be_named(scene: Scene) -> None:
    with acting_for(scene.sender):
        refused("SELECT app_resolve_audience('named', NULL, %s::uuid[])", [[str(scene.cast.trieste.pk)]])


def a_region_is_addressed_by_its_members_alone(scene: Scene) -> None:
    with acting_for(scene.outsider):
        refused("SELECT app_resolve_audience('region', %s, NULL)", [str(scene.cast.regions["baltic"].pk)])
        assert not ask("SELECT app_preview_members('region', %s)", [str(scene.cast.regions["baltic"].pk)])


def the_owner_of_the_tables_sees_no_rows(scene: Scene) -> None:
    for table in TABLES.values():
        assert not ask(f"SELECT id FROM {table}", alias="owner"), table  # noqa: S608 (tables of ours)
    assert not ask("SELECT id FROM access_audiencegrant", alias="owner")


# Journal and line


def a_writer_that_commits_last_is_not_lost(scene: Scene) -> None:
    """Gdańsk begins, Gdynia begins and commits, a reader catches up, Gdańsk commits: the reader gets both."""
    reader, follower = scene.other_recipient, seen.Follower()
    wish = AudienceWish("region_ports")

    def second_writer_and_reader() -> None:
        with acting_for(scene.recipient):
            publish_alert(scene.recipient, wish=wish, headline="Second, and done", **CONTENT)
        with acting_for(reader):
            follower.follow(reader)

    with acting_for(scene.sender):
        first = publish_alert(scene.sender, wish=wish, headline="First, and slow", **CONTENT).alert
        in_a_thread(second_writer_and_reader)
    number_entries()
    with acting_for(reader):
        follower.follow(reader)
        missed = set(Entry.objects.visible_to(reader).filter(object_id=first.pk).values_list("pk", flat=True)) - follower.entries
    assert not missed, "an entry lies before the cursor of a reader who never got it"


def the_line_shows_only_what_may_be_seen(scene: Scene) -> None:
    """The hub's own filter, from the ring and from further back: it reads as the system role, no policy helps it."""
    readers = [(acting, hidden) for acting, hidden in reading(scene)]
    seats: dict[str, list[str]] = {}
    for acting, _hidden in readers:
        seats.setdefault(str(acting.organisation.pk), []).append(str(acting.user.pk))
    shown = seen.Switchboard(seen.news.read_ends()[0] - 1).turn(seats)
    for acting, hidden in readers:
        entries = {pk for called, pk in hidden if called == "entry"}
        assert not set(shown[acting.user.pk, acting.organisation.pk]) & entries
        assert not seen.by_resuming(acting.user.pk, acting.organisation.pk, 2**40) & entries


def the_line_shows_what_is_shared(scene: Scene) -> None:
    entries = {pk for called, pk in scene.things["named"] | scene.things["red"] if called == "entry"}
    acting = scene.recipient
    shown = seen.Switchboard(seen.news.read_ends()[0] - 1).turn({str(acting.organisation.pk): [str(acting.user.pk)]})
    assert entries <= set(shown[acting.user.pk, acting.organisation.pk])


def the_door_knows_who_belongs(scene: Scene) -> None:
    found = news.read_organisations([str(scene.cast.gdansk.pk)])[str(scene.cast.gdansk.pk)][1]
    assert str(scene.outsider.user.pk) not in found
    assert str(scene.sender.user.pk) in found


def a_foreign_cursor_does_not_open(scene: Scene) -> None:
    with acting_for(scene.sender):
        theirs = seen.feed(scene.sender, cursor="latest").data["cursor"]
    with acting_for(scene.recipient):
        assert seen.feed(scene.recipient, cursor=theirs).status_code == 400
    assert cursors.seal(5, scene.cast.gdansk.pk) != cursors.seal(5, scene.cast.gdynia.pk)


def a_forged_ticket_does_not_open(scene: Scene) -> None:
    true = make_ticket(scene.outsider)
    content, _colon, rest = true.partition(":")
    other = make_ticket(scene.sender).partition(":")[0]
    assert read_ticket(f"{other}:{rest}") is None
    assert read_ticket(f"{content}:{rest[:-2]}") is None


# Tools


def raw(acting: Acting) -> set[Thing]:
    with acting_for(acting):
        return seen.by_raw_sql()


def ask(sql: str, parameters: Any = (), *, alias: str = "default") -> set[Any]:
    with connections[alias].cursor() as cursor:
        cursor.execute(sql, parameters)
        return {row[0] for row in cursor.fetchall()}


def run(sql: str, parameters: Any = ()) -> int:
    with connections["default"].cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)


def tell(name: str, value: UUID | str) -> None:
    run("SELECT set_config(%s, %s, true)", [name, str(value)])


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def claiming(user: UUID | str, organisation: UUID | str) -> Iterator[None]:
    with rolled_back():
        tell("app.user_id", user)
        tell("app.org_id", organisation)
        yield


def refused(sql: str, parameters: Any) -> None:
    """PostgreSQL refuses it, or it touches nothing; either way nothing stays."""
    try:
        with rolled_back():
            assert run(sql, parameters) == 0, f"was not refused: {sql}"
    except DatabaseError:
        return


def column_names(table: str) -> list[str]:
    return sorted(ask("SELECT column_name FROM information_schema.columns WHERE table_name = %s", [table]))


def first_entry(scene: Scene) -> UUID:
    return min((pk for called, pk in scene.things["named"] if called == "entry"), key=str)


def in_a_thread(work: Callable[[], None]) -> None:
    """With connections of its own; what it raises is raised here."""
    failed: list[BaseException] = []

    def alone() -> None:
        try:
            work()
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=alone)
    thread.start()
    thread.join(30)
    assert not thread.is_alive(), "the second writer waits for the first"
    if failed:
        raise failed[0]


PROBES: list[Probe] = [
    the_second_wall_hides_what_is_foreign,
    the_second_wall_shows_what_is_shared,
    the_first_wall_hides_what_is_foreign,
    the_application_reads_only_what_is_shared,
    only_the_named_persons_read_red,
    a_forged_organisation_yields_nothing,
    who_has_left_sees_nothing,
    an_inactive_organisation_sees_nothing,
    one_recipient_does_not_see_another,
    grants_are_seen_by_their_own_group_alone,
    the_members_of_an_audience_are_for_its_owner,
    answers_kept_for_another_stay_hidden,
    nobody_writes_in_anothers_name,
    nobody_changes_what_is_anothers,
    a_sender_does_not_answer_for_its_recipients,
    nobody_tells_in_anothers_name,
    a_stranger_cannot_be_named,
    a_region_is_addressed_by_its_members_alone,
    the_owner_of_the_tables_sees_no_rows,
    a_writer_that_commits_last_is_not_lost,
    the_line_shows_only_what_may_be_seen,
    the_line_shows_what_is_shared,
    the_door_knows_who_belongs,
    a_foreign_cursor_does_not_open,
    a_forged_ticket_does_not_open,
]
