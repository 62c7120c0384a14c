"""`record()`: one entry for each change, in its transaction, which nobody rewrites."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import ProgrammingError
from django.test import Client

from incidents.actions import publish_alert, update_alert
from incidents.models import Alert
from ports.models import SecurityLevelChange
from portsec.access.acting import Acting, acting_for
from portsec.access.audiences import AudienceWish
from portsec.journal.actions import kind_of, next_ref, plain, record
from portsec.journal.models import Entry
from portsec.live.frames import encode_entry
from portsec.problems import Refused
from tests.access.sql import taken_back
from tests.cast import Cast

pytestmark = pytest.mark.django_db
Publish = Callable[..., Alert]


@pytest.fixture
def alert(cast: Cast, publish: Publish) -> Alert:
    return publish(cast.as_("gdansk"))


def entries_of(acting: Acting, alert: Alert) -> list[Entry]:
    return list(Entry.objects.visible_to(acting).of_object("alert", alert.pk).order_by("at", "pk"))


def test_one_change_is_one_entry(cast: Cast, alert: Alert) -> None:
    with acting_for(cast.as_("gdansk")) as acting:
        update_alert(acting, alert, note="Moved north")
        assert [entry.verb for entry in entries_of(acting, alert)] == ["alert.published", "alert.updated"]


def test_it_says_who_for_whom_and_to_whom(cast: Cast, alert: Alert) -> None:
    with acting_for(cast.as_("gdansk")) as acting:
        (entry,) = entries_of(acting, alert)
        assert (entry.owner, entry.actor, entry.audience_id) == (cast.gdansk, cast.user("gdansk"), alert.audience_id)
        assert (entry.kind, entry.object_id, entry.persons) == ("alert", alert.pk, None)
        assert alert.ref_id in entry.summary


def test_it_keeps_only_what_changed_before_and_after(cast: Cast, alert: Alert) -> None:
    with acting_for(cast.as_("gdansk")) as acting:
        update_alert(acting, alert, note="Moved north", headline="Now at quay 3", severity="Moderate")
        entry = entries_of(acting, alert)[-1]
    assert entry.before == {"headline": "Unlit craft near the breakwater", "severity": "Severe"}
    assert entry.after == {"headline": "Now at quay 3", "severity": "Moderate"}


def test_it_carries_the_id_of_the_request_that_the_client_was_given(
    cast: Cast, alert_content: dict[str, Any], browse: Callable[..., Client]
) -> None:
    body = {**alert_content, "audience": {"kind": "region_ports"}}
    answer = browse("gdansk").post("/api/v1/alerts/", body, content_type="application/json")
    with acting_for(cast.as_("gdansk")) as acting:
        (entry,) = entries_of(acting, Alert.objects.get(pk=answer.json()["id"]))
    assert entry.request_id == answer["X-Request-Id"] != ""


def test_a_refused_action_leaves_no_entry(cast: Cast, alert_content: dict[str, Any]) -> None:
    with acting_for(cast.as_("gdansk")) as acting:
        before = Entry.objects.count()
        with pytest.raises(Refused):
            publish_alert(acting, wish=AudienceWish("region_ports"), **{**alert_content, "headline": ""})
        assert Entry.objects.count() == before


def test_an_action_that_fails_later_takes_its_entry_with_it(cast: Cast, publish: Publish) -> None:
    with acting_for(cast.as_("gdansk")):
        before = Entry.objects.count()
    with taken_back():
        publish(cast.as_("gdansk"))
    with acting_for(cast.as_("gdansk")):
        assert Entry.objects.count() == before


CHANGES: dict[str, Callable[[Entry], Any]] = {
    "save": lambda entry: entry.save(),
    "update": lambda entry: Entry.objects.filter(pk=entry.pk).update(summary=""),
    "delete": lambda entry: Entry.objects.filter(pk=entry.pk)._raw_delete("default"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_an_entry_is_neither_rewritten_nor_deleted(cast: Cast, alert: Alert, change: Callable[[Entry], Any]) -> None:
    with acting_for(cast.as_("gdansk")) as acting:
        (entry,) = entries_of(acting, alert)
        entry.summary = "Nothing happened"
        with pytest.raises(ProgrammingError, match="permission denied"), taken_back():
            change(entry)
        assert entries_of(acting, alert)[0].summary != "Nothing happened"


def test_nobody_writes_in_anothers_name(cast: Cast, alert: Alert) -> None:
    with acting_for(cast.as_("gdynia")), pytest.raises(ProgrammingError, match="row-level security"), taken_back():
        record(cast.as_("gdansk"), "alert.published", alert, "forged")


def test_a_long_summary_is_cut_and_does_not_fail(cast: Cast, alert: Alert) -> None:
    with acting_for(cast.as_("gdansk")) as acting:
        assert len(record(acting, "alert.published", alert, "x" * 1000).summary) == 300


def longest(letter: str) -> dict[str, Any]:
    return {"headline": letter * 160, "instruction": letter * 4000, "description": letter * 8000, "event": letter * 80}


@pytest.mark.parametrize("letter", ["x", "ż", "Щ", "…"])
def test_the_row_of_the_longest_alert_fits_into_a_frame(cast: Cast, publish: Publish, letter: str) -> None:
    """At most 1 KB an entry over the line, and a row of bounded size in the table, whatever the alphabet."""
    alert = publish(cast.as_("gdansk"), **longest(letter))
    with acting_for(cast.as_("gdansk")) as acting:
        update_alert(acting, alert, note=letter * 500)
        entries = entries_of(acting, alert)
    for entry in entries:
        assert len(json.dumps(entry.row, ensure_ascii=False)) <= 1024
        frame = {"entry": str(entry.pk), "at": entry.at.isoformat(), "verb": entry.verb, "kind": entry.kind, "id": str(entry.object_id),
                 "organisation": cast.gdansk.name, "summary": entry.summary, "row": dict(entry.row)}  # fmt: skip
        encoded = encode_entry(frame)
        assert len(encoded.encode()) <= 1024
        assert json.loads(encoded)["id"] == str(alert.pk)


def test_a_plain_alerts_row_is_a_few_hundred_bytes(cast: Cast, alert: Alert) -> None:
    with acting_for(cast.as_("gdansk")) as acting:
        assert len(json.dumps(entries_of(acting, alert)[0].row)) <= 700


# Small parts


def test_a_kind_is_the_models_name_in_words() -> None:
    assert [kind_of(model()) for model in (Alert, SecurityLevelChange, Entry)] == ["alert", "security_level_change", "entry"]


def test_what_json_cannot_hold_is_written_as_the_api_writes_it() -> None:
    moment, pk = datetime(2026, 11, 23, 6, 30, tzinfo=UTC), UUID(int=7)
    given = {"at": moment, "id": pk, "text": "ż", "number": 1, "flag": True, "nothing": None, "list": [1]}
    assert plain(given) == {**given, "at": "2026-11-23T06:30:00Z", "id": str(pk)}


def test_reference_numbers_are_counted_by_organisation_prefix_and_year(cast: Cast) -> None:
    made = []
    for name, prefix in (("gdansk", "ALR"), ("gdansk", "ALR"), ("gdansk", "INC"), ("trieste", "ALR")):
        with acting_for(cast.as_(name)) as acting:
            made.append(next_ref(acting, prefix))
    year = made[0].split("-")[1]
    assert made == [f"ALR-{year}-0001", f"ALR-{year}-0002", f"INC-{year}-0001", f"ALR-{year}-0001"]


def test_a_number_that_was_not_used_is_given_again(cast: Cast) -> None:
    """The counter is a row of the same transaction: a failed alert leaves no gap to wonder about."""
    with acting_for(cast.as_("gdansk")) as acting:
        with taken_back():
            lost = next_ref(acting, "ALR")
        assert next_ref(acting, "ALR") == lost
