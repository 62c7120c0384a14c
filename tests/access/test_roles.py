"""The page of roles shows exactly the table that decides."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils.text import capfirst

from portsec.access.roles import VERBS, Role

pytestmark = pytest.mark.django_db
ROW = re.compile(r"<tr>(.*?)</tr>", re.S)
CELL = re.compile(r"<t[dh][^>]*>(.*?)</t[dh]>", re.S)


def words(cell: str) -> str:
    """What a screen reader says."""
    spoken = re.sub(r"<span[^>]*aria-hidden[^>]*>.*?</span>", "", cell, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", spoken).split())


def test_the_page_holds_a_row_for_each_verb_and_a_column_for_each_role(browse: Callable[..., Client]) -> None:
    context = browse("gdansk", Role.OBSERVER).get("/roles/").context
    assert context["roles"] == list(Role)
    shown = {row["label"]: {role for role, allowed in row["allowed"] if allowed} for row in context["verbs"]}
    assert shown == {capfirst(verb.label): set(verb.roles) for verb in VERBS.values()}
    assert {row["label"]: row["scope"] for row in context["verbs"]} == {capfirst(verb.label): verb.scope for verb in VERBS.values()}


def test_what_the_page_prints_is_the_table(browse: Callable[..., Client]) -> None:
    """The words on the paper, not only what the view handed over."""
    head, *body = [[words(cell) for cell in CELL.findall(row)] for row in ROW.findall(browse("gdansk").get("/roles/").content.decode())]
    assert head[1:-1] == [str(role.label) for role in Role]
    assert body == [
        [capfirst(verb.label), *("yes" if role in verb.roles else "no" for role in Role), verb.scope] for verb in VERBS.values()
    ]
