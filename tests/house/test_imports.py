"""Dependencies run downwards only, so that a room can be read without the rooms above it (architecture.md §1)."""

import ast
from pathlib import Path

import pytest

from tests.house.source import APPS, PACKAGES, ROOT, files, functions, imports, tree

ORDER = (*APPS, "portsec")  # the highest first
# Where everything is put together, from outside as it were: these alone may know every app.
COMPOSITION = ("portsec/urls.py", "portsec/demo/", "portsec/bench/")
FORBIDDEN_NAMES = {"utils", "util", "common", "helpers", "helper", "core", "misc", "shared", "lib"}


def is_composition(path: Path) -> bool:
    return str(path).startswith(COMPOSITION)


def above(package: str) -> tuple[str, ...]:
    return ORDER[: ORDER.index(package)]


def test_it_reads_the_whole_product() -> None:
    assert {"portsec/access/acting.py", "incidents/actions.py", "ports/models/profile.py"} <= {str(path) for path in files()}
    found = {path.parent.relative_to(ROOT).name for path in ROOT.glob("*/__init__.py")}
    assert found - {"tests"} <= set(PACKAGES), "a new app has its place in the order of tests/house/source.py"


@pytest.mark.parametrize("package", ORDER)
def test_no_room_imports_from_a_room_above_it(package: str) -> None:
    wrong = [
        f"{path}:{line} imports {name}"
        for path in files()
        if path.parts[0] == package and not is_composition(path)
        for name, line in imports(path)
        if name.split(".")[0] in above(package)
    ]
    assert wrong == [], "turn it round: a registry in the lower room, filled in AppConfig.ready() of the upper one"


def test_the_exceptions_are_still_needed() -> None:
    used = {
        place
        for path in files()
        for place in COMPOSITION
        if str(path).startswith(place) and any(name.split(".")[0] in APPS for name, _line in imports(path))
    }
    assert used == set(COMPOSITION)


def test_nothing_of_the_product_imports_the_tests() -> None:
    assert [f"{path}:{line}" for path in files() for name, line in imports(path) if name.split(".")[0] == "tests"] == []


def is_ready_of_an_app(path: Path, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return path.name == "apps.py" and function.name == "ready"


def test_nothing_is_imported_inside_a_function() -> None:
    """Each is the trace of a circle; `AppConfig.ready()` runs when the models are there, and may."""
    wrong = [
        f"{path}:{node.lineno} in {function.name}()"
        for path in files()
        for function in functions(path)
        if not is_ready_of_an_app(path, function)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert wrong == []


def test_no_module_is_named_after_nothing() -> None:
    """`utils` says where a thing was put, not what it is."""
    assert [str(path) for path in files() if FORBIDDEN_NAMES & {path.stem, *path.parts[:-1]}] == []


def test_signals_carry_no_business() -> None:
    asked = {(str(path), name) for path in files() for name, _line in imports(path)}
    assert {(path, name) for path, name in asked if name.startswith(("django.dispatch", "django.db.models.signals"))} == set()


def test_no_file_is_longer_than_a_reader_bears() -> None:
    longest = {str(path): (tree(path).body[-1].end_lineno or 0) for path in files() if tree(path).body}
    assert {path: lines for path, lines in longest.items() if lines > 400} == {}
