import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from portsec.up.postgres import Postgres, is_ours
from portsec.up.program import StartFailed

ROLES = ["portsec_app", "portsec_definer", "portsec_owner", "portsec_system"]


def ask(url: str, question: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(question)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


@pytest.fixture
def own_cluster(tmp_path: Path) -> Iterator[Postgres]:
    postgres = Postgres(tmp_path)  # durable: what was committed must be there after a crash
    postgres.start()
    postgres.create_database("portsec")
    yield postgres
    postgres.stop()


@pytest.mark.parametrize("role", ["portsec_app", "portsec_owner", "portsec_system"])
def test_it_lets_each_role_sign_in_with_its_password(cluster: Postgres, role: str) -> None:
    assert ask(cluster.url(role), "SELECT current_user::text") == [(role,)]


def test_it_refuses_a_wrong_password(cluster: Postgres) -> None:
    url = cluster.url("portsec_app").replace(cluster.password("portsec_app"), "guess")
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        ask(url, "SELECT 1")


def test_it_gives_no_role_a_way_around_row_security(cluster: Postgres) -> None:
    rows = ask(
        cluster.url("portsec_app"),
        "SELECT rolname::text, rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole OR rolreplication"
        " FROM pg_roles WHERE rolname LIKE 'portsec%' ORDER BY 1",
    )
    assert rows == [(role, False) for role in ROLES]


def test_it_keeps_the_owner_out_of_the_system_role(cluster: Postgres) -> None:
    rows = ask(
        cluster.url("portsec_owner"),
        "SELECT roleid::regrole::text, member::regrole::text, inherit_option, set_option FROM pg_auth_members"
        " WHERE member::regrole::text LIKE 'portsec%'",
    )
    assert rows == [("portsec_definer", "portsec_owner", False, True)]


def test_it_lets_nobody_sign_in_as_the_definer(cluster: Postgres) -> None:
    assert ask(cluster.url("portsec_app"), "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'portsec_definer'") == [(False,)]


@pytest.mark.parametrize("role", ["portsec_app", "portsec_system"])
def test_it_lets_the_application_use_the_owners_tables_but_not_empty_or_make_them(cluster: Postgres, role: str) -> None:
    cluster.create_database("rights")
    ask(cluster.url("portsec_owner", "rights"), "CREATE TABLE IF NOT EXISTS berth (id serial, name text)")
    url = cluster.url(role, "rights")

    assert ask(url, "INSERT INTO berth (name) VALUES ('north') RETURNING name") == [("north",)]
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ask(url, "TRUNCATE berth")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ask(url, "CREATE TABLE quay (id int)")


def test_it_lets_a_migration_hand_a_function_to_the_definer(cluster: Postgres) -> None:
    ask(cluster.url("portsec_owner"), "CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE sql SECURITY DEFINER RETURN 1")
    ask(cluster.url("portsec_owner"), "ALTER FUNCTION one() OWNER TO portsec_definer")
    assert ask(cluster.url("portsec_app"), "SELECT one()") == [(1,)]


def test_it_can_search_similar_spellings_and_letters_without_accents(cluster: Postgres) -> None:
    assert ask(cluster.url("portsec_app"), "SELECT unaccent('Gdańsk'), similarity('Riga', 'Riga')") == [("Gdansk", 1.0)]


def test_it_keeps_the_content_of_a_database_that_is_there_already(cluster: Postgres) -> None:
    cluster.create_database("twice")
    ask(cluster.url("portsec_owner", "twice"), "CREATE TABLE kept AS SELECT 1 AS n")
    cluster.create_database("twice")
    assert ask(cluster.url("portsec_app", "twice"), "SELECT n FROM kept") == [(1,)]


def test_it_drops_a_database_in_use(cluster: Postgres) -> None:
    cluster.create_database("leaving")
    connection = psycopg2.connect(cluster.url("portsec_app", "leaving"))
    cluster.drop_database("leaving")
    with pytest.raises(psycopg2.OperationalError, match="does not exist"):
        ask(cluster.url("portsec_app", "leaving"), "SELECT 1")
    connection.close()


def test_it_says_why_a_database_could_not_be_made(tmp_path: Path) -> None:
    stopped = Postgres(tmp_path)
    with pytest.raises(StartFailed, match=r"Preparing the database postgres failed:\n.*No such file"):
        stopped.create_database("portsec")
    stopped.stop()


def test_it_syncs_to_disk_unless_told_otherwise(cluster: Postgres, own_cluster: Postgres) -> None:
    assert ask(cluster.url("portsec_app"), "SHOW fsync") == [("off",)]
    assert ask(own_cluster.url("portsec_app"), "SHOW fsync") == [("on",)]


def test_it_keeps_its_address_and_content_over_a_stop(own_cluster: Postgres, tmp_path: Path) -> None:
    ask(own_cluster.url("portsec_owner"), "CREATE TABLE kept AS SELECT 1 AS n")
    own_cluster.stop()
    assert not own_cluster.is_alive()
    assert not own_cluster.socket_folder.exists()

    again = Postgres(tmp_path, durable=False)
    again.start()
    try:
        assert again.url("portsec_app") == own_cluster.url("portsec_app")
        assert ask(again.url("portsec_app"), "SELECT n FROM kept") == [(1,)]
    finally:
        again.stop()


def test_it_comes_back_after_a_crash_with_what_was_committed(own_cluster: Postgres) -> None:
    ask(own_cluster.url("portsec_owner"), "CREATE TABLE kept AS SELECT 1 AS n")
    crash(own_cluster)
    own_cluster.start()
    assert ask(own_cluster.url("portsec_app"), "SELECT n FROM kept") == [(1,)]


def test_it_starts_where_a_stale_lock_names_another_living_program(own_cluster: Postgres) -> None:
    crash(own_cluster)
    lock = own_cluster.data / "postmaster.pid"
    lock.write_text("\n".join([str(os.getpid()), *lock.read_text().splitlines()[1:]]) + "\n")
    own_cluster.start()
    assert own_cluster.is_alive()


def test_it_waits_for_an_old_server_that_is_still_leaving(own_cluster: Postgres, tmp_path: Path) -> None:
    newcomer = Postgres(tmp_path, durable=False)
    newcomer.spawn()
    assert own_cluster.server.process is not None
    own_cluster.server.process.send_signal(signal.SIGINT)
    newcomer.wait_ready()
    assert own_cluster.server.process.wait(10) == 0
    newcomer.stop()


def test_it_shows_the_log_of_a_server_that_cannot_start(tmp_path: Path) -> None:
    broken = Postgres(tmp_path, durable=False)
    broken.start()
    broken.stop()
    (broken.data / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(StartFailed, match="no_such_setting"):
        broken.start()
    broken.stop()


def test_it_begins_anew_after_an_interrupted_first_start(tmp_path: Path) -> None:
    (tmp_path / "postgres.new" / "data").mkdir(parents=True)
    (tmp_path / "postgres.new" / "data" / "half").touch()
    postgres = Postgres(tmp_path, durable=False)
    postgres.start()
    postgres.stop()
    assert not (tmp_path / "postgres.new").exists()


def test_it_does_not_trust_a_socket_folder_that_others_can_enter(tmp_path: Path) -> None:
    open_to_all, ours, missing, link = (tmp_path / name for name in ("open", "ours", "missing", "link"))
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    ours.mkdir(mode=0o700)
    link.symlink_to(ours)
    assert [is_ours(folder, os.geteuid()) for folder in (open_to_all, ours, missing, link)] == [False, True, True, False]


def crash(postgres: Postgres) -> None:
    assert postgres.server.process is not None
    postgres.server.process.kill()
    postgres.server.process.wait()
