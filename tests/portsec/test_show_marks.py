"""Marks, times and spans as pages write them (portsec/face)."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django import forms
from django.template import Context, Template
from django.utils import timezone

from portsec.face import wording
from portsec.face.templatetags.face import chosen

ROOT = Path(__file__).resolve().parents[2]
NIGHT = datetime(2026, 11, 23, 1, 14, tzinfo=UTC)


def render(text: str, **context: object) -> str:
    return Template("{% load face %}" + text).render(Context(context))


@pytest.mark.parametrize(
    ("seconds", "written"), [(108, "1:48"), (-964, "16:04"), (0, "0:00"), (3599.9, "59:59"), (3600, "1 h 00 min"), (21_660, "6 h 01 min")]
)
def test_a_span_is_minutes_below_an_hour_and_hours_from_there_on(seconds: float, written: str) -> None:
    assert wording.span(seconds) == written


@pytest.mark.parametrize(("seconds", "written"), [(50, "50 s"), (300, "5 min"), (3600, "1 h"), (5400, "90 min"), (43_200, "12 h")])
def test_a_limit_is_a_round_figure(seconds: float, written: str) -> None:
    assert wording.limit(seconds) == written


@pytest.mark.parametrize(
    ("ago", "written"),
    [
        (timedelta(minutes=3), "02:11"),
        (timedelta(hours=3, minutes=34), "Sun 22:40"),
        (timedelta(days=20), "3 Nov 02:14"),
        (timedelta(days=400), "19 Oct 2025 03:14"),
    ],
)
def test_a_time_names_the_day_only_when_it_is_another(ago: timedelta, written: str) -> None:
    with time_machine.travel(NIGHT, tick=False), timezone.override("Europe/Warsaw"):
        assert wording.local_and_utc(NIGHT - ago)[0] == written


def test_a_time_stands_local_with_utc_beside_it() -> None:
    with time_machine.travel(NIGHT, tick=False), timezone.override("Europe/Warsaw"):
        shown = render("{% local_time at %}", at=NIGHT)
    assert shown == '<time datetime="2026-11-23T01:14:00Z" title="01:14 UTC" data-utc="01:14 UTC">02:14</time>'


@pytest.mark.parametrize(("left", "state"), [(-1, "late"), (0, "soon"), (359, "soon"), (360, "running"), (900, "running")])
def test_a_timer_turns_amber_below_two_fifths_and_red_when_late(left: int, state: str) -> None:
    assert f'data-state="{state}"' in render("{% timer left 900 %}", left=left)


def test_a_mark_says_its_meaning_in_words_and_escapes_what_it_is_given() -> None:
    assert ">TLP:AMBER+STRICT<" in render('{% tlp "AMBER+STRICT" %}')
    assert "Extreme</span>" in render('{% severity "Extreme" %}')
    assert "<b>" not in render("{% tlp label %}{% icon label %}", label='"><b>')


def test_a_board_says_who_is_missing() -> None:
    board = {"total": 14, "acknowledged": 8, "seen": 2, "delivered": 2, "queued": 1, "failed": 1, "late": 2}
    assert render("{{ board|not_acknowledged }} {{ board|late_or_failed }}", board=board) == "6 3"
    widths = [int(width) for width in re.findall(r'width="(\d+)"', render("{% tally board %}", board=board))]
    assert len(widths) == 4
    assert sum(widths) <= 1000


def test_an_empty_choice_is_not_the_word_none() -> None:
    class Response(forms.Form):
        kinds = forms.MultipleChoiceField(choices=[("None", "Nothing to do")], required=False)

    assert not chosen(Response()["kinds"], "None")
    assert chosen(Response({"kinds": ["None"]})["kinds"], "None")


@pytest.mark.parametrize(
    ("kept", "written"),
    [(None, ""), (True, "yes"), (["Security", "Fire"], "Security, Fire"), ({"description": "Quay 3"}, "Quay 3"), (900, "900")],
)
def test_the_history_writes_values_as_people_read_them(kept: object, written: str) -> None:
    assert wording.value(kept) == written


def test_every_icon_that_a_template_or_script_names_is_drawn() -> None:
    drawn = set(re.findall(r'id="i-([\w-]+)"', (ROOT / "templates/portsec/icons.html").read_text()))
    named = set()
    for file in [*ROOT.glob("templates/**/*.html"), *ROOT.glob("static/portsec/*.js")]:
        text = file.read_text()
        named |= (
            set(re.findall(r'{% icon "([\w-]+)"', text))
            | set(re.findall(r'#i-([\w-]+?)["`]', text))
            | set(re.findall(r'icon_name="([\w-]+)"', text))
        )
    assert named - drawn == set()


def test_no_template_has_an_inline_script_style_or_handler() -> None:
    """The policy would refuse them (style-src and script-src 'self'). JSON for a script is data, which no browser runs."""
    faults = [
        f"{file.relative_to(ROOT)}: {found}"
        for file in ROOT.glob("templates/**/*.html")
        for found in re.findall(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*(?:\ssrc=|type=\"application/json\"))", file.read_text())
    ]
    assert faults == []
