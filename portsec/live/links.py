"""Where the page of an object is, and which icon stands for a verb. Each app tells in its `AppConfig.ready()`."""

from collections.abc import Callable

PathOf = Callable[[str], str]
_paths: dict[str, PathOf] = {}
_icons: dict[str, str] = {}


def register_link(kind: str, path_of: PathOf, *, icons: dict[str, str] | None = None) -> None:
    """`path_of` makes the page's path from the object's id; `icons` maps verbs (past tense) to names of icons."""
    _paths[kind] = path_of
    _icons.update(icons or {})


def link_to(kind: str, object_id: str) -> str:
    """The path, or nothing where objects of this kind have no page."""
    path_of = _paths.get(kind)
    return path_of(object_id) if path_of else ""


def icon_of(verb: str) -> str:
    return _icons.get(verb, "book")
