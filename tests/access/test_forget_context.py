"""What one transaction told the database, the next statement does not know; who has left is let go at once. With real commits."""

from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import ProgrammingError

from incidents.models import Alert
from portsec.access.acting import acting_for, as_system
from portsec.access.actions import remove_member
from portsec.access.models import Organisation, User
from tests.access.sql import NOBODY, changed, claiming, column, one, told
from tests.cast import Cast

Publish = Callable[..., Alert]


def test_after_a_commit_the_next_statement_knows_nobody(committed: Cast, publish: Publish) -> None:
    publish(committed.as_("gdansk"))
    with acting_for(committed.as_("gdansk")):
        assert one("SELECT count(*) FROM incidents_alert") == 1
    assert told() == NOBODY
    assert one("SELECT count(*) FROM incidents_alert") == 0


def test_after_a_failure_the_next_statement_knows_nobody(committed: Cast) -> None:
    with pytest.raises(ProgrammingError), acting_for(committed.as_("gdansk")):
        changed("SELECT no_such_function()")
    assert told() == NOBODY


def test_one_connection_serves_two_organisations_one_after_the_other(committed: Cast, publish: Publish) -> None:
    for name in ("gdansk", "trieste"):
        publish(committed.as_(name), "own")
    backends, seen = set(), []
    for name in ("gdansk", "trieste", "gdansk"):
        with acting_for(committed.as_(name)):
            seen.append(column("SELECT owner_id FROM incidents_alert"))
            backends.add(one("SELECT pg_backend_pid()"))
    assert seen == [[committed.gdansk.pk], [committed.trieste.pk], [committed.gdansk.pk]]
    assert len(backends) == 1, "on a connection each, nothing could leak and the test would mean nothing"


def test_the_system_role_sees_every_organisation(committed: Cast, publish: Publish) -> None:
    for name in ("gdansk", "trieste"):
        publish(committed.as_(name), "own")
    with as_system("a test of the system role"):
        assert set(Alert.objects.values_list("owner", flat=True)) == {committed.gdansk.pk, committed.trieste.pk}


def seen_by(user: User, organisation: Organisation) -> list[UUID]:
    with claiming(user.pk, organisation.pk):
        return column("SELECT id FROM incidents_alert")


def test_a_person_who_left_sees_nothing_with_the_next_statement(committed: Cast, publish: Publish) -> None:
    alert, user = publish(committed.as_("gdansk")), committed.user("gdynia")
    with acting_for(committed.as_("gdynia")):
        assert column("SELECT id FROM incidents_alert") == [alert.pk]
        remove_member(user, committed.gdynia)
        assert column("SELECT id FROM incidents_alert") == []
    assert seen_by(committed.user("gdynia", "deputy"), committed.gdynia) == [alert.pk]


@pytest.mark.parametrize("closed", [User, Organisation])
def test_a_closed_account_or_organisation_sees_nothing(committed: Cast, publish: Publish, closed: type) -> None:
    alert, user = publish(committed.as_("gdansk")), committed.user("gdynia")
    assert seen_by(user, committed.gdynia) == [alert.pk]
    with as_system("a test closes it"):
        closed.objects.filter(pk__in=[user.pk, committed.gdynia.pk]).update(is_active=False)
    assert seen_by(user, committed.gdynia) == []
