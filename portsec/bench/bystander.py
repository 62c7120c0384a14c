"""Settings for a benchmark's command, which starts servers of its own and leaves all work to processes that know them."""

import os

from portsec.up.environment import DATABASES


def is_bench(words: list[str]) -> bool:
    return words[1:2] != [] and words[1].startswith("bench_")


def complete_environment() -> None:
    """Where no stack was ever started here, the settings are complete all the same; nothing answers at these addresses."""
    if "DATABASE_URL" in os.environ:
        return
    nowhere = {name: f"postgres://{role}@localhost:1/none" for name, role in DATABASES.items()}
    for name, value in {**nowhere, "REDIS_URL": "redis://localhost:1/0", "PORTSEC_SECRET_KEY": "nothing-is-signed-" * 4}.items():
        os.environ.setdefault(name, value)
