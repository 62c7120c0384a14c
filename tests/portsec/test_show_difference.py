"""What changed inside a text, a list, an area or a time can be read without comparing by eye."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from portsec.face import wording
from portsec.face.difference import Part, parts
from portsec.face.templatetags.face import changes

LONG = "A grey boat of about six metres lies without lights two cables north of the outer breakwater and does not answer the radio."


def shown(before: Any, after: Any, name: str = "description") -> str:
    entry = SimpleNamespace(before={name: before}, after={name: after})
    return render_to_string("journal/_changes.html", {"rows": changes(entry)})


def test_one_word_of_a_long_text_is_marked_alone() -> None:
    found = parts(LONG, LONG.replace("north", "east"))
    assert [(part.kind, part.text.strip()) for part in found if part.kind != "same"] == [("removed", "north"), ("added", "east")]


def test_what_lies_far_from_a_change_is_left_out() -> None:
    found = parts(f"{LONG} {LONG} {LONG}", f"{LONG} {LONG} {LONG.replace('radio', 'horn')}")
    assert found[0].text.startswith("… ")
    assert len(found[0].text) < len(LONG)


@pytest.mark.parametrize(("before", "after"), [(LONG, f"{LONG}\n\nAdded."), (f"Zero. {LONG}", LONG)])
def test_nothing_of_a_change_is_lost(before: str, after: str) -> None:
    found = parts(before, after)
    for kind, text in (("removed", before), ("added", after)):
        changed = "".join(part.text for part in found if part.kind == kind)
        assert changed.strip() in text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Quay 2", "Quay 3"),
        (LONG, "Short"),
        (LONG, "Nothing of it stands any more, since another matter altogether came up tonight."),
        (None, LONG),
    ],
)
def test_short_and_wholly_new_texts_stand_beside_each_other(before: str | None, after: str) -> None:
    assert parts(before, after) == []


def test_a_text_too_long_to_compare_stands_whole() -> None:
    assert parts("word " * 4000, "word " * 4001) == []


def test_a_list_shows_what_came_and_went() -> None:
    assert parts(["Security", "Fire"], ["Security", "Health"]) == [
        Part("same", "Security"),
        Part("removed", "Fire"),
        Part("added", "Health"),
    ]


def test_everything_is_escaped() -> None:
    page = shown(LONG, LONG.replace("radio", "<script>alert(1)</script>"))
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_moved_circle_shows_though_its_name_stays() -> None:
    before, after = ({"description": "Outer anchorage", "circle": {"lat": 54.4, "lon": 18.7, "km": km}} for km in (2, 5))
    page = shown([before], [after], "areas")
    assert "Outer anchorage (2 km around 54.4, 18.7)</del>" in page
    assert "Outer anchorage (5 km around 54.4, 18.7)</ins>" in page


def test_a_moved_corner_shows() -> None:
    before, after = ({"description": "Basin", "polygon": [[1, 1], [1, 2], [last, 2], [1, 1]]} for last in (2, 3))
    assert "corners 1, 1; 1, 2; 3, 2; 1, 1" in shown([before], [after], "areas")


def test_a_time_of_today_is_dated_on_the_readers_clock() -> None:
    """A history is read years later: the clock alone would say nothing."""
    with timezone.override("Europe/Warsaw"):
        assert wording.value("2026-11-24T12:30:00Z") == "24 Nov 2026 13:30"


@pytest.mark.parametrize(("before", "after"), [(None, ""), ("", None), ([], None)])
def test_empty_and_missing_are_no_change(before: Any, after: Any) -> None:
    assert changes(SimpleNamespace(before={"note": before}, after={"note": after})) == []


def test_readers_of_the_screen_hear_what_was_removed_and_added() -> None:
    page = shown(LONG, LONG.replace("north", "east"))
    assert '<del><span class="sr-only">removed: </span>north' in page
    assert '<ins><span class="sr-only">added: </span>east' in page
