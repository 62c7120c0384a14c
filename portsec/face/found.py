"""What search finds besides alerts, ports and organisations. Each app tells its part in its `AppConfig.ready()`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from portsec.access.acting import Acting

Finder = Callable[[Acting, str], Iterable[dict[str, Any]]]


@dataclass(frozen=True)
class Group:
    """`find` gives id, title, meta and url of what the acting organisation may read; `name` is a plural: contact_points."""

    name: str
    title: str
    icon: str
    find: Finder


_groups: dict[str, Group] = {}


def register_found(name: str, title: Any, icon: str, find: Finder) -> None:
    """`find` is asked with at least one word, and should answer in one query."""
    _groups[name] = Group(name, title, icon, find)


def groups() -> list[Group]:
    return list(_groups.values())
