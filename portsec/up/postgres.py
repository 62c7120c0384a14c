"""An embedded PostgreSQL: its own cluster in the stack's home, reached through a Unix socket with passwords."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from portsec.up.keys import keep, make_private, write_private
from portsec.up.program import POLL, Program, StartFailed
from portsec.up.unprivileged import choose_guise
from portsec.up.wheels import postgres_program

SUPERUSER = "postgres"
ROLES = Path(__file__).with_name("roles.sql")
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": "5432",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "io_method": "sync",  # three I/O worker processes fewer; they serve disks, not a demo that fits into memory
    "timezone": "UTC",
    "log_timezone": "UTC",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
# After a crash the processes of the old server may need a moment to go, and the new one is turned away until then.
PASSING = ("lock file", "shared memory block", "is another postmaster")
PATIENCE = 20.0  # seconds


class Postgres:
    title = "PostgreSQL"

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.home = make_private(home.resolve())
        self.data = self.home / "postgres"
        self.log = self.home / "log" / "postgres.log"
        self.durable = durable
        self.guise = choose_guise(postgres_program("postgres"))
        self.server = Program(
            self.title,
            [],
            self.log,
            stop_signals=(signal.SIGINT, signal.SIGQUIT),
            grace=20,
            death_signal=signal.SIGINT,
        )

    @cached_property
    def socket_folder(self) -> Path:
        """Not in the home: a Unix socket's path has at most 107 bytes. The note keeps the address for the next start."""
        note = self.home / "postgres.socket-folder"
        if note.exists() and is_ours(folder := Path(note.read_text()), self.guise.owner):
            return folder
        folder = Path(tempfile.mkdtemp(prefix="portsec-", dir=None if len(tempfile.gettempdir()) < 64 else "/tmp"))  # noqa: S108
        os.chown(folder, self.guise.owner, -1)
        note.write_text(str(folder))
        return folder

    def url(self, role: str, database: str = "portsec") -> str:
        """In the one form that both libpq and django-environ understand for a socket."""
        return f"postgres://{role}:{self.password(role)}@/{database}?host={quote(str(self.socket_folder))}&port={SETTINGS['port']}"

    def password(self, role: str) -> str:
        return keep(self.home, f"{role}.password")

    def start(self) -> None:
        self.spawn()
        self.wait_ready()

    def spawn(self) -> None:
        if not self.data.exists():
            self._initialise()
        self.guise.hand_over(self.data)
        self.guise.hand_over(make_private(self.socket_folder))
        self._drop_stale_locks()
        settings = {**SETTINGS, "unix_socket_directories": str(self.socket_folder), **({} if self.durable else NOT_DURABLE)}
        options = [option for name, value in settings.items() for option in ("-c", f"{name}={value}")]
        self.server.command = [*self.guise.prefix, str(postgres_program("postgres")), "-D", str(self.data), *options]
        self.server.spawn()

    def wait_ready(self, seconds: float = 60) -> None:
        """Recovery after a crash may take a while; what is not worth waiting for is said at once."""
        turned_away_since = time.monotonic()
        while not self.server.is_alive() or not self._is_ready():
            if self.server.is_alive():
                self.server.wait_until(lambda: self._is_ready() or not self.server.is_alive(), seconds)
            elif time.monotonic() - turned_away_since < PATIENCE and any(word in self.server.said() for word in PASSING):
                time.sleep(4 * POLL)
                self.spawn()
            else:
                raise self.server.failed(f"ended {self.server.cause()} while it started")

    def stop(self) -> None:
        self.server.stop()
        shutil.rmtree(self.socket_folder, ignore_errors=True)

    def is_alive(self) -> bool:
        return self.server.is_alive()

    def cause(self) -> str:
        return self.server.cause()

    def create_database(self, name: str) -> None:
        """With its roles, their passwords and their rights; a database that is there already keeps its content."""
        self._psql(
            "postgres",
            "SELECT format('CREATE DATABASE %I', :'name') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name')\n\\gexec",
            f"--set=name={name}",
        )
        self._psql(name, ROLES.read_text(encoding="utf-8"))

    def drop_database(self, name: str) -> None:
        self._psql("postgres", 'DROP DATABASE IF EXISTS :"name" WITH (FORCE)', f"--set=name={name}")

    def _psql(self, database: str, script: str, *options: str) -> None:
        passwords = {f"PORTSEC_{who.upper()}_PASSWORD": self.password(f"portsec_{who}") for who in ("owner", "app", "system")}
        where = [f"--host={self.socket_folder}", f"--port={SETTINGS['port']}", f"--username={SUPERUSER}", f"--dbname={database}"]
        done = subprocess.run(
            [str(postgres_program("psql")), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", *where, *options],
            input=script,
            env={"PGPASSWORD": self.password(SUPERUSER), "PGCLIENTENCODING": "UTF8", **passwords},
            encoding="utf-8",
            capture_output=True,
            check=False,
        )
        if done.returncode != 0:
            raise StartFailed(f"Preparing the database {database} failed:\n{done.stderr}")

    def _initialise(self) -> None:
        """Aside and then moved into place, so that an interrupted first start leaves nothing half made."""
        if self.guise.owner != os.geteuid():
            self.home.chmod(0o711)  # the server must be able to pass through
        aside = self.home / "postgres.new"
        shutil.rmtree(aside, ignore_errors=True)
        write_private(make_private(aside) / "password", self.password(SUPERUSER))
        self.guise.hand_over(aside)
        self._initdb(aside)
        (aside / "data").rename(self.data)
        shutil.rmtree(aside)

    def _initdb(self, aside: Path) -> None:
        Program("initdb", [
            *self.guise.prefix, str(postgres_program("initdb")),
            f"--pgdata={aside / 'data'}", f"--username={SUPERUSER}", f"--pwfile={aside / 'password'}", "--auth=scram-sha-256",
            "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions",
            *([] if self.durable else ["--no-sync"]),
        ], self.home / "log" / "initdb.log").run()  # fmt: skip

    def _is_ready(self) -> bool:
        """As pg_ctl reads it: the server's own note has its process on the first line and its state on the eighth."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return self.server.process is not None and lines[:1] == [str(self.server.process.pid)] and "".join(lines[7:8]).strip() == "ready"

    def _drop_stale_locks(self) -> None:
        """A lock that survived a crash names a process that may by now be any other program, above all in a container."""
        for lock in (self.data / "postmaster.pid", self.socket_folder / f".s.PGSQL.{SETTINGS['port']}.lock"):
            if lock.exists() and is_other_program(lock.read_text().partition("\n")[0]):
                lock.unlink()


def is_ours(folder: Path, owner: int) -> bool:
    """Free to make again, or still as we made it: in the system's temporary folder anyone may have taken the name."""
    if folder.is_symlink():
        return False
    return not folder.exists() or (folder.stat().st_uid == owner and folder.stat().st_mode & 0o077 == 0)


def is_other_program(process: str) -> bool:
    try:
        return not (Path("/proc") / process / "comm").read_text().startswith("postgres")
    except (FileNotFoundError, ProcessLookupError):
        return False  # gone, or a system without /proc: PostgreSQL sees to that itself
