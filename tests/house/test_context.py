"""Views outside of the acting organisation's transaction. Each is listed with its reason, and knows no protected model."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver

from portsec.access.middleware import CONTEXT_FREE
from tests.house.source import files, module_of, tree

CONTEXT_FREE_VIEWS = {
    "healthz": "answers while the process lives, without the database",
    "readyz": "looks at the installation, through as_system",
    "javascript_catalog": "translated texts, the same for everybody",
    "setup": "is for an installation in which nobody has an account: its code is asked before anything is written",
    "invitation": "is for who belongs nowhere yet: its link finds one invitation, through as_system",
    "answer_link": "is for whoever got a message: its link finds one dispatch, through as_system",
    "openid_start": "is for who is not signed in yet: the provider is found through as_system",
    "openid_callback": "lets in who is not signed in yet: the person is found through as_system",
    "push_worker": "a script of ours, the same for everybody",
    "check_link": "is for whoever got a message: its link finds one contact that was asked, through as_system",
    "demo_mail": "reads files of the demo on the operator's own machine",
}


def views(resolver: URLResolver) -> Iterator[URLPattern]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from views(pattern)
        else:
            yield pattern


def test_every_view_without_a_context_is_listed_with_its_reason() -> None:
    free = {pattern.name for pattern in views(get_resolver()) if getattr(pattern.callback, CONTEXT_FREE, False)}
    assert free == set(CONTEXT_FREE_VIEWS)


def test_the_mark_is_set_by_the_decorator_alone() -> None:
    marked = [
        str(path) for path in files() for node in ast.walk(tree(path)) if isinstance(node, ast.Constant) and node.value == CONTEXT_FREE
    ]
    assert marked == ["portsec/access/middleware.py"]


def is_view_without_context(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef) and any(ast.unparse(one) == "opens_no_context" for one in node.decorator_list)


FREE = [(path, node) for path in files() for node in ast.walk(tree(path)) if is_view_without_context(node)]


@pytest.mark.parametrize(("path", "view"), FREE, ids=[view.name for _path, view in FREE])
def test_a_view_without_a_context_asks_no_model_itself(path: Path, view: ast.FunctionDef) -> None:
    module = import_module(module_of(path))
    named = {node.id for node in ast.walk(view) if isinstance(node, ast.Name)}
    values = [getattr(module, name, None) for name in named]
    assert [value for value in values if isinstance(value, type) and issubclass(value, Model)] == []


def test_only_allauth_is_exempt_by_its_module() -> None:
    """The middleware lets its views run without a context; a module of ours must not slip in under that name."""
    modules = {pattern.callback.__module__ for pattern in views(get_resolver())}
    exempt = {module for module in modules if module.startswith("allauth.")}
    assert exempt
    assert not [path for path in files() if path.parts[0].startswith("allauth")]


def test_no_view_streams() -> None:
    """A stream would run after its context is gone (access.md)."""
    streamed = [str(path) for path in files() for node in ast.walk(tree(path)) if isinstance(node, ast.Name) and "Streaming" in node.id]
    assert streamed == []


def test_only_a_file_that_is_written_already_goes_out_in_pieces() -> None:
    """FileResponse is a stream too: what it sends must ask nothing any more."""
    named = {str(path) for path in files() for node in ast.walk(tree(path)) if isinstance(node, ast.Name) and node.id == "FileResponse"}
    assert named == {"portsec/tables.py"}
