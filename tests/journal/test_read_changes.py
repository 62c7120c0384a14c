"""The delta feed as a program reads it: everything once, in order, page by page, and what it applies equals a fresh read."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from incidents.actions import (
    acknowledge_alert,
    cancel_alert,
    discard_draft,
    draft_alert,
    expire_alerts,
    publish_alert,
    publish_draft,
    update_alert,
)
from incidents.models import Alert
from ports.actions import set_security_level
from portsec.access.acting import acting_for
from portsec.access.actions import join_region, leave_region
from portsec.access.audiences import AudienceWish
from portsec.access.roles import Role
from portsec.journal.sequencer import number_entries
from tests.access.sql import one
from tests.cast import Cast
from tests.journal.test_number_entries import cut_before

Publish = Callable[..., Alert]
CHANGES, ALERTS = "/api/v1/changes/", "/api/v1/alerts/"


def program(cast: Cast, name: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {cast.token(name)}")
    return client


def read(client: Any, **query: Any) -> Any:
    answer = client.get(CHANGES, query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def read_all(client: Any, cursor: str = "", limit: int = 200, **query: Any) -> tuple[list[dict[str, Any]], str]:
    """Every page from the cursor on, and the cursor after them."""
    found: list[dict[str, Any]] = []
    while True:
        page = read(client, limit=limit, **({"cursor": cursor} if cursor else {}), **query)
        found += page["results"]
        cursor = page["cursor"]
        if not page["more"]:
            return found, cursor


def of(verb: str, entries: list[dict[str, Any]]) -> list[str]:
    return [entry["id"] for entry in entries if entry["verb"] == verb]


# Pages and cursors


def test_pages_of_one_hold_the_same_as_one_page(committed: Cast, publish: Publish) -> None:
    sent = [str(publish(committed.as_("gdansk"), headline=f"Alert {n}").pk) for n in range(5)]
    client = program(committed, "gdynia")
    whole, end = read_all(client)
    singly, same_end = read_all(client, limit=1)
    assert singly == whole
    assert of("alert.published", whole) == sent
    assert same_end == end
    assert read(client, cursor=end) == {"results": [], "cursor": end, "more": False}


def test_more_says_whether_there_is_more(committed: Cast, publish: Publish) -> None:
    client = program(committed, "gdynia")
    end = read(client, cursor="latest")["cursor"]
    for _again in range(3):
        publish(committed.as_("gdansk"))
    pages = [read(client, cursor=end, limit=limit) for limit in (1, 2, 3, 4)]
    assert [(len(page["results"]), page["more"]) for page in pages] == [(1, True), (2, True), (3, False), (3, False)]


def test_latest_is_the_present_end(committed: Cast, publish: Publish) -> None:
    publish(committed.as_("gdansk"))
    client = program(committed, "gdynia")
    latest = read(client, cursor="latest")
    assert (latest["results"], latest["more"]) == ([], False)
    later = publish(committed.as_("gdansk"))
    assert [entry["id"] for entry in read(client, cursor=latest["cursor"])["results"]] == [str(later.pk)]


def test_the_cursor_moves_past_what_others_see_and_hides_how_much_it_was(committed: Cast, publish: Publish) -> None:
    client = program(committed, "trieste")
    before = read(client, cursor="latest")["cursor"]
    publish(committed.as_("gdansk"))
    after = read(client, cursor=before)
    assert after["results"] == []
    publish(committed.as_("trieste"), "own")
    assert len(read(client, cursor=after["cursor"])["results"]) == len(read(client, cursor=before)["results"]) == 1


def test_an_unnumbered_entry_is_not_read_yet_and_not_skipped(committed: Cast, publish: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
    client = program(committed, "gdynia")
    cursor = read(client, cursor="latest")["cursor"]
    monkeypatch.setattr("portsec.journal.sequencer.number_entries", lambda: 0)
    alert = publish(committed.as_("gdansk"))
    monkeypatch.undo()
    page = read(client, cursor=cursor)
    assert page["results"] == []
    number_entries()
    assert [entry["id"] for entry in read(client, cursor=page["cursor"])["results"]] == [str(alert.pk)]


def test_a_cursor_older_than_what_is_kept_is_gone(committed: Cast, publish: Publish) -> None:
    client = program(committed, "gdynia")
    old = read(client, cursor="latest")["cursor"]
    for _again in range(3):
        publish(committed.as_("gdansk"))
    kept = read(client, cursor=old, limit=2)["cursor"]
    assert client.get(CHANGES, {"cursor": kept}).status_code == 200
    cut_before(newest())
    gone = client.get(CHANGES, {"cursor": old})
    assert (gone.status_code, gone.json()["title"]) == (410, "Gone")
    assert "latest" in gone.json()["detail"]
    assert len(read(client, cursor=kept)["results"]) == 1, "the last one is kept, and this cursor stands right before it"
    assert len(read(client)["results"]) == 1
    assert read(client, cursor="latest")["results"] == []


def newest() -> int:
    return int(one("SELECT newest FROM journal_ends()"))


def test_a_cursor_at_the_edge_of_what_is_kept_is_good(committed: Cast, publish: Publish) -> None:
    client = program(committed, "gdynia")
    for _again in range(2):
        publish(committed.as_("gdansk"))
    end = read(client, cursor="latest")["cursor"]
    alert = publish(committed.as_("gdansk"))
    cut_before(newest())
    assert of("alert.published", read(client, cursor=end)["results"]) == [str(alert.pk)]


# Filters


def test_kind_and_audience_narrow_the_feed(committed: Cast, publish: Publish) -> None:
    alert = publish(committed.as_("gdansk"))
    with acting_for(committed.as_("gdansk")) as acting:
        level = set_security_level(acting, level=2, reason="Drill")
    client = program(committed, "gdynia")
    assert [entry["id"] for entry in read(client, kind="alert")["results"]] == [str(alert.pk)]
    assert [entry["id"] for entry in read(client, kind="security_level_change")["results"]] == [str(level.pk)]
    assert [entry["id"] for entry in read(client, audience=str(alert.audience_id))["results"]] == [str(alert.pk)]
    assert read(client, kind="no-such-kind")["results"] == []


def test_a_foreign_audience_is_as_empty_as_one_that_does_not_exist(committed: Cast, publish: Publish) -> None:
    alert = publish(committed.as_("gdansk"))
    assert read(program(committed, "trieste"), audience=str(alert.audience_id))["results"] == []
    assert program(committed, "trieste").get(CHANGES, {"audience": "no-id"}).status_code == 400


def test_after_a_grant_the_named_audiences_hold_what_was_missed(committed: Cast, publish: Publish) -> None:
    earlier = [str(publish(committed.as_("gdansk"), kind).pk) for kind in ("region_ports", "region")]
    client = program(committed, "trieste")
    cursor = read(client, cursor="latest")["cursor"]
    join_region(committed.trieste, committed.regions["baltic"])
    (granted,) = read(client, cursor=cursor)["results"]
    assert (granted["verb"], granted["kind"], granted["id"]) == ("access.granted", "access", str(committed.trieste.pk))
    listed = client.get(ALERTS).json()["results"]
    assert {one["audience"]["id"] for one in listed} <= set(granted["audiences"])
    fetched = [entry["id"] for one in listed for entry in read(client, audience=one["audience"]["id"])["results"]]
    assert set(fetched) == set(earlier)


def test_an_entry_says_what_interface_md_promises(committed: Cast, publish: Publish) -> None:
    alert = publish(committed.as_("gdansk"))
    (entry,) = read(program(committed, "gdynia"), kind="alert")["results"]
    assert set(entry) == {"entry", "at", "verb", "kind", "id", "audience", "organisation", "summary", "url"}
    assert entry["at"].endswith("Z")
    assert entry["organisation"] == {"id": str(committed.gdansk.pk), "name": committed.gdansk.name}
    assert (entry["audience"], entry["url"]) == (str(alert.audience_id), f"/alerts/{alert.pk}/")


# TLP:RED, with numbered entries


def test_a_red_alert_is_in_the_feed_and_on_the_dashboard_of_the_named_alone(committed: Cast, publish: Publish) -> None:
    officer = committed.user("gdynia")
    alert = publish(committed.as_("gdansk"), "named", named=[committed.gdynia], tlp="RED", persons=[officer.pk], headline="Zebra craft")
    seen = {}
    for name, role in (("gdansk", None), ("gdynia", None), ("gdansk", Role.DEPUTY), ("gdynia", Role.DEPUTY)):
        browser = Client()
        browser.force_login(committed.user(name, role))
        feed = of("alert.published", read(browser)["results"])
        seen[name, role] = (feed == [str(alert.pk)], "Zebra craft" in browser.get("/").content.decode())
    assert seen == {
        ("gdansk", None): (True, True), ("gdynia", None): (True, True),
        ("gdansk", Role.DEPUTY): (False, False), ("gdynia", Role.DEPUTY): (False, False),
    }  # fmt: skip
    for name in ("gdansk", "gdynia"):
        assert str(alert.pk) not in str(read(program(committed, name))), "a service token is no named person"


# State and entries make the present


class Copy:
    """A client's copy of its alerts, kept by the feed alone: what an entry names is fetched again, what is gone is dropped."""

    def __init__(self, client: APIClient) -> None:
        self.client = client
        self.cursor = read(client, cursor="latest")["cursor"]
        self.alerts = fresh(client)

    def catch_up(self, limit: int) -> None:
        entries, self.cursor = read_all(self.client, self.cursor, limit)
        for entry in entries:
            if entry["kind"] == "access":
                self.alerts = fresh(self.client)
            elif entry["kind"] == "alert":
                self.fetch(entry["id"])

    def fetch(self, pk: str) -> None:
        answer = self.client.get(f"{ALERTS}{pk}/")
        if answer.status_code == 200:
            self.alerts[pk] = answer.json()
        else:
            self.alerts.pop(pk, None)


def fresh(client: APIClient) -> dict[str, Any]:
    listed = [one["id"] for show in ("all", "drafts") for one in client.get(ALERTS, {"show": show, "limit": 200}).json()["results"]]
    return {pk: client.get(f"{ALERTS}{pk}/").json() for pk in listed}


def an_evening(cast: Cast, publish: Publish, content: dict[str, Any]) -> None:
    """One of everything that happens to alerts, and to who may see them."""
    gdansk = cast.as_("gdansk")
    first, second, third = (publish(gdansk, headline=f"Alert {n}") for n in range(3))
    with acting_for(gdansk):
        first = update_alert(gdansk, Alert.objects.get(pk=first.pk), note="Moved north", headline="Alert 0, moved")
    with acting_for(cast.as_("gdynia")) as gdynia:
        acknowledge_alert(gdynia, Alert.objects.get(pk=first.pk), remark="On our way")
    with acting_for(gdansk):
        cancel_alert(gdansk, Alert.objects.get(pk=second.pk), reason="A fishing boat")
        kept, thrown = (draft_alert(gdansk, wish=AudienceWish("region"), **content) for _again in range(2))
        discard_draft(gdansk, thrown)
    join_region(cast.trieste, cast.regions["baltic"])
    with acting_for(gdansk):
        publish_draft(gdansk, Alert.objects.get(pk=kept.pk))
    leave_region(cast.riga, cast.regions["baltic"])
    expire_alerts(third.expires_at + timedelta(seconds=1) if third.expires_at else timezone.now())
    with acting_for(cast.as_("trieste")) as trieste:
        publish_alert(trieste, wish=AudienceWish("region", cast.regions["baltic"].pk), **content)


@pytest.mark.parametrize("limit", [1, 200])
def test_an_old_state_and_the_entries_since_make_a_fresh_read(
    committed: Cast, publish: Publish, alert_content: dict[str, Any], limit: int
) -> None:
    publish(committed.as_("gdansk"), headline="Before")
    copies = {name: Copy(program(committed, name)) for name in ("gdansk", "gdynia", "riga", "coastguard", "trieste", "aarhus")}
    an_evening(committed, publish, alert_content)
    for copy in copies.values():
        copy.catch_up(limit)
    assert {name: copy.alerts for name, copy in copies.items()} == {name: fresh(copy.client) for name, copy in copies.items()}
    assert {name: len(copy.alerts) for name, copy in copies.items()} == {
        "gdansk": 6, "gdynia": 6, "riga": 0, "coastguard": 2, "trieste": 6, "aarhus": 0,
    }  # fmt: skip
