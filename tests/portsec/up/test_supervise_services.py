import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from portsec.up.home import CHECKOUT
from portsec.up.program import Program, StartFailed
from portsec.up.services import Daemon, Task
from portsec.up.supervisor import Supervisor, Watch
from tests.portsec.up.conftest import Eventually, lives

MakeProgram = Callable[..., Program]
Supervise = Callable[..., Supervisor]
Output = pytest.CaptureFixture[str]
FOREVER = "import signal; signal.pause()"


@pytest.fixture
def supervise() -> Iterator[Supervise]:
    made: list[Supervisor] = []

    def make(*steps: Daemon | Task) -> Supervisor:
        made.append(Supervisor(steps))
        return made[-1]

    yield make
    for supervisor in made:
        supervisor.stop()


def test_it_names_each_step_as_it_is_done(supervise: Supervise, python: MakeProgram, capsys: Output) -> None:
    supervise(python(FOREVER, Daemon, "Server"), Task("Migration", python("").run), python(FOREVER, Daemon, "Worker")).start()
    lines = capsys.readouterr().out.splitlines()
    assert [line.rsplit(" ready in ", 1)[0] for line in lines] == ["1/3 Server …", "2/3 Migration …", "3/3 Worker …"]


def test_it_starts_neighbours_together_and_makes_tasks_wait(supervise: Supervise, python: MakeProgram) -> None:
    alive_then: list[list[bool]] = []

    def note() -> bool:
        alive_then.append([worker.is_alive(), later.is_alive()])
        return True

    web = python(FOREVER, Daemon, "Web", is_ready=note)
    worker = python(FOREVER, Daemon, "Worker")
    later = python(FOREVER, Daemon, "Later")
    supervise(web, worker, Task("Task", python("").run), later).start()
    assert alive_then == [[True, False]]


def test_it_stops_in_the_opposite_order(supervise: Supervise, python: MakeProgram, capsys: Output) -> None:
    supervisor = supervise(python(FOREVER, Daemon, "PostgreSQL"), python(FOREVER, Daemon, "Web"))
    supervisor.start()
    capsys.readouterr()
    supervisor.stop()
    assert [line.split(" …")[0] for line in capsys.readouterr().out.splitlines()] == ["Stopping Web", "Stopping PostgreSQL"]
    assert not any(watch.service.is_alive() for watch in supervisor.watches)


def test_it_shows_the_end_of_the_log_of_what_fails(supervise: Supervise, python: MakeProgram, tmp_path: Path) -> None:
    broken = python("print('no such berth'); raise SystemExit(3)", Daemon, "Web", is_ready=lambda: False)
    with pytest.raises(StartFailed, match=r"Web ended with code 3 while it started. Its log, .*Web.log, ends:\n    no such berth"):
        supervise(broken).start()


def test_it_gives_up_on_what_never_becomes_ready(supervise: Supervise, python: MakeProgram) -> None:
    with pytest.raises(StartFailed, match="was not ready after 0 s"):
        supervise(python(FOREVER, Daemon, "Web", is_ready=lambda: False, patience=0.1)).start()


def test_it_does_not_go_on_after_a_task_that_fails(supervise: Supervise, python: MakeProgram) -> None:
    later = python(FOREVER, Daemon, "Web")
    with pytest.raises(StartFailed, match="Migration ended with code 1"):
        supervise(Task("Migration", python("raise SystemExit(1)", name="Migration").run), later).start()
    assert later.process is None


def test_it_kills_what_does_not_stop_when_asked(python: MakeProgram, eventually: Eventually) -> None:
    deaf = python("import signal\nsignal.signal(15, signal.SIG_IGN)\nprint('on', flush=True)\nwhile 1: signal.pause()", grace=0.1)
    deaf.spawn()
    eventually(lambda: deaf.log.read_text() == "on\n")
    deaf.stop()
    assert deaf.cause() == "by signal 9"


def test_it_starts_again_at_once_and_then_more_slowly(python: MakeProgram, capsys: Output) -> None:
    watch = Watch(python("", Daemon, "Worker"))  # type: ignore[arg-type]
    pauses = []
    for _ in range(7):
        watch.retry_at = None
        watch._plan(now=watch.spawned_at)
        assert watch.retry_at is not None
        pauses.append(watch.retry_at - watch.spawned_at)
    assert pauses == [0, 1, 2, 4, 8, 15, 15]
    assert "Worker ended with code None; starting it again now." in capsys.readouterr().out


def test_it_forgets_old_failures_of_a_service_that_lived_well(python: MakeProgram) -> None:
    watch = Watch(python("", Daemon), failures=5)  # type: ignore[arg-type]
    watch._plan(now=watch.spawned_at + 60)
    assert watch.retry_at == watch.spawned_at + 60


def test_it_revives_a_service_that_was_killed(python: MakeProgram, eventually: Eventually) -> None:
    worker = python(FOREVER, Daemon, "Worker")
    watch = Watch(worker)  # type: ignore[arg-type]
    first = worker.spawn()
    first.kill()
    first.wait()
    eventually(lambda: (watch.look(), worker.is_alive())[1])
    assert worker.process is not first
    worker.stop()


def test_it_makes_room_in_a_log_that_has_grown_large(python: MakeProgram, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portsec.up.program.LOG_LIMIT", 3)
    program = python("print('berth')")
    program.run()
    program.run()
    assert program.log.read_text() == program.log.with_name("stand-in.log.1").read_text() == "berth\n"


SMALL_STACK = """
import sys
from pathlib import Path
from portsec.up.postgres import Postgres
from portsec.up.program import Program
from portsec.up.services import Daemon
from portsec.up.supervisor import Supervisor, listen_for_stop
from portsec.up.valkey import Valkey

home = Path(sys.argv[1])
worker = Daemon("Worker", [sys.executable, "-c", "import signal; signal.pause()"], home / "log" / "worker.log")
supervisor = Supervisor([Postgres(home), Valkey(home), worker])
listen_for_stop()
try:
    supervisor.start()
    print("up", flush=True)
    supervisor.watch()
except KeyboardInterrupt:
    supervisor.stop()
"""


@pytest.fixture
def small_stack(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A supervisor in a process of its own, with real servers."""
    process = subprocess.Popen([sys.executable, "-c", SMALL_STACK, str(tmp_path)], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert any(line == "up\n" for line in process.stdout)
    yield process
    process.kill()
    process.wait()
    process.stdout.close()
    shutil.rmtree((tmp_path / "postgres.socket-folder").read_text(), ignore_errors=True)


def family(process: subprocess.Popen[str]) -> list[int]:
    return [child.pid for child in psutil.Process(process.pid).children(recursive=True)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_well_when_asked_to_stop(small_stack: subprocess.Popen[str], number: signal.Signals) -> None:
    children = family(small_stack)
    assert len(children) >= 7  # PostgreSQL with its helpers, Valkey, the worker
    small_stack.send_signal(number)
    assert small_stack.wait(20) == 0
    assert not any(map(lives, children))


def test_it_finishes_its_ordered_stop_though_asked_twice(small_stack: subprocess.Popen[str]) -> None:
    small_stack.send_signal(signal.SIGINT)
    small_stack.send_signal(signal.SIGTERM)
    out, _ = small_stack.communicate(timeout=20)
    assert small_stack.returncode == 0
    assert [line.split(" …")[0] for line in out.splitlines()] == ["Stopping Worker", "Stopping Valkey", "Stopping PostgreSQL"]


def test_it_stops_in_order_though_nobody_reads_its_output(small_stack: subprocess.Popen[str]) -> None:
    children = family(small_stack)
    assert small_stack.stdout is not None
    small_stack.stdout.close()
    small_stack.terminate()
    assert small_stack.wait(20) == 0
    assert not any(map(lives, children))


@pytest.mark.fault
def test_it_leaves_no_orphan_when_it_is_killed(small_stack: subprocess.Popen[str], eventually: Eventually) -> None:
    children = family(small_stack)
    small_stack.kill()
    eventually(lambda: not any(map(lives, children)))


@pytest.mark.fault
@pytest.mark.parametrize("name", ["postgres", "valkey-server", "python"])
def test_it_revives_each_part_that_is_killed(small_stack: subprocess.Popen[str], eventually: Eventually, name: str) -> None:
    [victim] = [child.pid for child in children_called(name, small_stack)]
    psutil.Process(victim).kill()
    eventually(lambda: any(child.pid != victim for child in children_called(name, small_stack)))


def children_called(name: str, process: subprocess.Popen[str]) -> list[psutil.Process]:
    children = psutil.Process(process.pid).children()
    with suppress(psutil.NoSuchProcess):  # one ended while we looked
        return [child for child in children if child.name().startswith(name)]
    return []


@pytest.mark.fault
def test_it_can_start_again_right_after_it_was_killed(small_stack: subprocess.Popen[str], tmp_path: Path) -> None:
    small_stack.kill()
    again = subprocess.Popen([sys.executable, "-c", SMALL_STACK, str(tmp_path)], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
    assert again.stdout is not None
    assert any(line == "up\n" for line in again.stdout)
    again.terminate()
    again.communicate(timeout=20)
    assert again.returncode == 0
