"""A pytest plugin (`-p tests.servers`): starts real PostgreSQL and Valkey, and names them, before Django reads its settings."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from portsec.up.postgres import Postgres
from portsec.up.valkey import Valkey

DATABASE = "portsec_test"


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    home = Path(tempfile.mkdtemp(prefix="portsec-test-"))
    early_config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    postgres, valkey = Postgres(home, durable=False), Valkey(home)
    for server in (postgres, valkey):
        server.start()
        early_config.add_cleanup(server.stop)
    postgres.create_database(DATABASE)
    os.environ.update(
        PORTSEC_SECRET_KEY="a-key-for-tests-only-" * 4,
        PORTSEC_DEMO="1",
        PORTSEC_FILES=str(home / "files"),
        PORTSEC_BASE_URL="http://localhost:8000",
        PORTSEC_ALLOWED_HOSTS="localhost,testserver",
        DATABASE_URL=postgres.url("portsec_app", DATABASE),
        DATABASE_SYSTEM_URL=postgres.url("portsec_system", DATABASE),
        DATABASE_OWNER_URL=postgres.url("portsec_owner", DATABASE),
        REDIS_URL=valkey.url(),
        EMAIL_URL="memorymail://",
    )
    return (yield)
