import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import environ
import pytest

from portsec.delivery.vapid import public_key
from portsec.up.environment import DATABASES, caller_prefers, defaults, is_outside
from portsec.up.home import CHECKOUT, home_folder, load_environment, note_environment, occupy
from portsec.up.keys import keep
from portsec.up.listen import chosen_port, listen_on_loopback
from portsec.up.postgres import Postgres
from portsec.up.program import StartFailed
from portsec.up.services import Stack
from portsec.up.supervisor import announce


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The tests' own servers are not this stack's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PORTSEC_", "DATABASE_", "REDIS_", "EMAIL_", "PORT"))}
    monkeypatch.setattr(os, "environ", kept)
    return kept


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_it_makes_a_secret_once_and_for_its_user_only(tmp_path: Path) -> None:
    made = keep(tmp_path, "secret_key")
    assert keep(tmp_path, "secret_key") == made
    assert len(made) >= 50
    assert (tmp_path / "keys" / "secret_key").stat().st_mode & 0o777 == 0o600


def test_it_makes_a_secret_again_that_a_crash_left_empty(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "secret_key").touch()
    assert keep(tmp_path, "secret_key")


def test_it_makes_a_key_for_push_messages_that_stays(tmp_path: Path) -> None:
    """Another one would end every subscription."""
    key = defaults(tmp_path, 8123)["PORTSEC_VAPID_PRIVATE_KEY"]
    assert public_key(key)
    assert defaults(tmp_path, 8124)["PORTSEC_VAPID_PRIVATE_KEY"] == key


def test_it_describes_a_local_demo_without_debugging(tmp_path: Path) -> None:
    values = defaults(tmp_path, 8123)
    assert (values["PORTSEC_DEMO"], values["PORTSEC_DEBUG"], values["PORTSEC_BASE_URL"]) == ("1", "0", "http://localhost:8123")


def test_it_writes_mail_into_the_home(tmp_path: Path) -> None:
    home = tmp_path / "with a space"
    parsed = environ.Env.email_url_config(defaults(home, 8000)["EMAIL_URL"])
    assert (parsed["EMAIL_BACKEND"], parsed["EMAIL_FILE_PATH"]) == ("django.core.mail.backends.filebased.EmailBackend", str(home / "mail"))


def test_it_gives_database_addresses_that_the_settings_understand(tmp_path: Path) -> None:
    postgres = Postgres(tmp_path)
    parsed = environ.Env.db_url_config(postgres.url("portsec_app", "portsec_test"))
    assert (parsed["NAME"], parsed["USER"], parsed["PASSWORD"]) == ("portsec_test", "portsec_app", postgres.password("portsec_app"))
    assert parsed["OPTIONS"] == {"host": str(postgres.socket_folder), "port": 5432}
    postgres.socket_folder.rmdir()


def test_it_prefers_what_the_caller_says(environment: dict[str, str]) -> None:
    environment["PORTSEC_DEMO"] = "0"
    assert caller_prefers({"PORTSEC_DEMO": "1", "PORTSEC_DEBUG": "0"}) == {"PORTSEC_DEMO": "0", "PORTSEC_DEBUG": "0"}


def test_it_starts_no_server_where_the_caller_brings_one(environment: dict[str, str], tmp_path: Path) -> None:
    environment.update(
        {name: f"postgres://{role}@db.example/portsec" for name, role in DATABASES.items()}, REDIS_URL="redis://cache.example"
    )
    stack = Stack(tmp_path, 8000, [])
    assert [step.title for step in stack.steps()] == ["Database migrations", "Demo region", "Web server", "Worker", "Beat"]
    assert stack.environment["DATABASE_OWNER_URL"] == "postgres://portsec_owner@db.example/portsec"


def test_it_fills_no_demo_region_where_that_is_off(environment: dict[str, str], tmp_path: Path) -> None:
    environment["PORTSEC_DEMO"] = "off"
    stack = Stack(tmp_path, 8000, [])
    assert "Demo region" not in [step.title for step in stack.steps()]
    assert stack.postgres is not None
    stack.postgres.socket_folder.rmdir()


def test_it_asks_for_the_set_up_code_only_where_there_is_no_demo(environment: dict[str, str], tmp_path: Path) -> None:
    stack = Stack(tmp_path, 8000, [])
    assert stack.first_run() == ""
    stack.has_demo, stack.environment = False, stack.environment | {"PORTSEC_SECRET_KEY": ""}
    assert stack.first_run() == "The set-up code could not be made: run `manage.py setup_code`."
    assert not list(tmp_path.glob("log/setup_code*"))
    assert stack.postgres is not None
    stack.postgres.socket_folder.rmdir()


def test_it_says_the_set_up_code_before_it_says_that_it_is_ready(capsys: pytest.CaptureFixture[str]) -> None:
    announce("http://localhost:8000", has_demo=False, first_run="Open the page with this code: ABCD\n")
    assert capsys.readouterr().out == "\nOpen the page with this code: ABCD\n\nPortSec is ready: http://localhost:8000\n"


def test_it_refuses_half_of_a_foreign_database(environment: dict[str, str]) -> None:
    environment["DATABASE_URL"] = "postgres://portsec_app@db.example/portsec"
    with pytest.raises(StartFailed, match="DATABASE_URL is set, so DATABASE_OWNER_URL and DATABASE_SYSTEM_URL must be set as well"):
        is_outside(DATABASES)


def test_it_hands_its_environment_to_other_commands(environment: dict[str, str], tmp_path: Path) -> None:
    note_environment(tmp_path, {"DATABASE_URL": "postgres://a b'c", "PORTSEC_DEMO": "1"})
    environment["PORTSEC_DEMO"] = "0"
    load_environment(tmp_path)
    assert (environment["DATABASE_URL"], environment["PORTSEC_DEMO"]) == ("postgres://a b'c", "0")
    assert (tmp_path / "environment").stat().st_mode & 0o777 == 0o600


def test_it_does_not_mix_a_foreign_database_with_the_stacks_own(environment: dict[str, str], tmp_path: Path) -> None:
    note_environment(tmp_path, {"DATABASE_URL": "ours", "REDIS_URL": "ours"})
    environment["DATABASE_URL"] = "theirs"
    load_environment(tmp_path)
    assert (environment["DATABASE_URL"], environment.get("REDIS_URL")) == ("theirs", None)


def test_it_works_without_a_stack_at_all(environment: dict[str, str], tmp_path: Path) -> None:
    load_environment(tmp_path)
    assert "DATABASE_URL" not in environment


def test_it_lives_in_the_checkout_unless_told_otherwise(environment: dict[str, str], tmp_path: Path) -> None:
    assert home_folder() == CHECKOUT / ".portsec"
    environment["PORTSEC_HOME"] = str(tmp_path / "elsewhere")
    assert home_folder() == tmp_path / "elsewhere"


def test_it_refuses_a_second_stack_in_the_same_home(tmp_path: Path) -> None:
    with occupy(tmp_path, "http://localhost:8000"):
        message = rf"already runs in {tmp_path} \(process {os.getpid()}, http://localhost:8000\)\. Stop it, or choose another"
        with pytest.raises(StartFailed, match=message):
            occupy(tmp_path, "http://localhost:8001")
    occupy(tmp_path, "http://localhost:8001").close()


def test_it_listens_on_every_loopback_address(taken_port: int) -> None:
    listeners = listen_on_loopback(0)
    port = listeners[0].getsockname()[1]
    assert [listener.getsockname()[:2] for listener in listeners] == [("127.0.0.1", port), ("::1", port)][: len(listeners)]
    for listener in listeners:
        listener.close()


def test_it_names_a_taken_port_and_another(taken_port: int) -> None:
    with pytest.raises(StartFailed, match=f"Port {taken_port} is taken. .* choose another: PORT={taken_port + 1} make run"):
        listen_on_loopback(taken_port)


@pytest.mark.parametrize("text", ["eighty", "-1", "0", "70000", "8000.5"])
def test_it_refuses_what_is_no_port(environment: dict[str, str], text: str) -> None:
    environment["PORT"] = text
    with pytest.raises(StartFailed, match=f"PORT={text} is not a port number"):
        chosen_port()


def test_it_says_so_in_one_line_when_the_command_cannot_start(environment: dict[str, str], tmp_path: Path, taken_port: int) -> None:
    surroundings = {**environment, "PORT": str(taken_port), "PORTSEC_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "manage.py", "up"], cwd=CHECKOUT, env=surroundings, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == f"Port {taken_port} is taken. Stop what uses it, or choose another: PORT={taken_port + 1} make run\n"
    assert done.stdout == ""
