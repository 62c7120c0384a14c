"""Who sees what on the line: the same walls as everywhere, in the same order for everybody."""

import json
from collections.abc import Callable
from typing import Any

from incidents.models import Alert
from portsec.access.acting import as_system
from portsec.access.actions import create_organisation, join_region
from portsec.access.roles import Role
from portsec.journal.models import Entry
from tests.cast import Cast
from tests.live.conftest import Web

Publish = Callable[..., Alert]


def test_it_shows_an_alert_to_every_addressed_port_and_to_its_sender(web: Web, committed: Cast, publish: Publish) -> None:
    boards = [web.open(committed.as_(name)) for name in ("gdansk", "gdynia", "riga")]
    publish(committed.as_("gdansk"), headline="Unlit craft")
    assert [board.until("Unlit craft") for board in boards] == [["Unlit craft"]] * 3


def test_it_shows_nothing_to_who_is_not_addressed(web: Web, committed: Cast, publish: Publish) -> None:
    outsiders = {name: web.open(committed.as_(name)) for name in ("coastguard", "aarhus", "trieste")}
    publish(committed.as_("gdansk"), headline="Not for you")
    for name, board in outsiders.items():
        publish(committed.as_(name), "own", headline="Only mine")
        assert board.until("Only mine") == ["Only mine"]


def test_it_shows_a_linked_region_only_what_is_meant_for_linked_regions(web: Web, committed: Cast, publish: Publish) -> None:
    neighbour = web.open(committed.as_("aarhus"))
    publish(committed.as_("gdansk"), "region", headline="The region only")
    publish(committed.as_("gdansk"), "linked_regions", headline="The neighbours too")
    assert neighbour.until("The neighbours too") == ["The neighbours too"]


def test_it_shows_named_organisations_an_audience_that_nobody_had_used_before(web: Web, committed: Cast, publish: Publish) -> None:
    named, other = web.open(committed.as_("coastguard")), web.open(committed.as_("gdynia"))
    publish(committed.as_("gdansk"), "named", named=[committed.coastguard], headline="For the coast guard")
    publish(committed.as_("gdansk"), "region", headline="For all")
    assert named.until("For all") == ["For the coast guard", "For all"]
    assert other.until("For all") == ["For all"]


def test_it_shows_a_red_alert_to_the_named_persons_alone(web: Web, committed: Cast, publish: Publish) -> None:
    officer, deputy = web.open(committed.as_("gdynia")), web.open(committed.as_("gdynia", Role.DEPUTY))
    reader = committed.user("gdynia", Role.DEPUTY).pk
    publish(committed.as_("gdansk"), "named", named=[committed.gdynia], tlp="RED", persons=[reader], headline="Named persons only")
    publish(committed.as_("gdansk"), headline="For all")
    assert officer.until("For all") == ["For all"]
    assert deputy.until("For all") == ["Named persons only", "For all"]


def test_it_lets_a_port_that_joins_the_region_see_what_comes_then(web: Web, committed: Cast, publish: Publish) -> None:
    newcomer = web.open(committed.as_("trieste"))
    publish(committed.as_("gdansk"), headline="Before")
    web.has_read(1)
    join_region(committed.trieste, committed.regions["baltic"])
    publish(committed.as_("gdansk"), headline="After")
    assert newcomer.until("After") == ["access.granted", "After"]


def test_it_knows_an_organisation_that_was_founded_while_it_ran(web: Web, committed: Cast, publish: Publish) -> None:
    committed.organisations["liepaja"] = create_organisation("Port of Liepāja", "port")
    join_region(committed.liepaja, committed.regions["baltic"])
    newcomer = web.open(committed.as_("liepaja", Role.SERVICE, scopes=frozenset({"read"})))
    publish(committed.as_("gdansk"), headline="Welcome")
    assert newcomer.until("Welcome") == ["Welcome"]


def test_it_sends_all_that_a_dashboard_row_shows_within_a_kilobyte(web: Web, committed: Cast, publish: Publish) -> None:
    board = web.open(committed.as_("gdynia"))
    alert = publish(committed.as_("gdansk"), headline="ł" * 160, instruction="ż" * 4000)
    frame = board.connection.recv(timeout=10)
    [entry] = json.loads(frame)["entries"]
    assert len(frame.encode()) <= 1024
    assert set(entry) == {"entry", "at", "verb", "kind", "id", "organisation", "audience", "summary", "url", "row"}
    assert (entry["verb"], entry["kind"], entry["id"]) == ("alert.published", "alert", str(alert.pk))
    assert entry["organisation"] == {"id": str(committed.gdansk.pk), "name": "Port of Gdańsk"}
    assert entry["url"] == f"/alerts/{alert.pk}/"
    assert entry["at"].endswith("Z")
    assert entry["row"]["ref_id"] == alert.ref_id


def test_it_keeps_the_order_in_which_entries_were_numbered(
    web: Web, committed: Cast, publish: Publish, write_entries: Callable[..., None]
) -> None:
    board = web.open(committed.as_("gdynia"))
    alert = publish(committed.as_("gdansk"))
    write_entries(committed.as_("gdansk"), alert, 1200)
    with as_system("tests"):
        numbered = [str(pk) for pk in Entry.objects.filter(object_id=alert.pk).order_by("seq").values_list("pk", flat=True)]
    assert [entry["entry"] for entry in board.entries(1201)] == numbered


def test_it_agrees_with_the_delta_feed(web: Web, committed: Cast, publish: Publish, api_of: Callable[..., Any]) -> None:
    board = web.open(committed.as_("gdynia"))
    publish(committed.as_("gdansk"), headline="One")
    publish(committed.as_("riga"), "named", named=[committed.gdansk], headline="Not this")
    publish(committed.as_("riga"), headline="Two")
    live = board.entries(2)
    changes = api_of("gdynia").get("/api/v1/changes/", {"cursor": board.hello["cursor"]}).json()
    shared = ("entry", "at", "verb", "kind", "id", "audience", "organisation", "summary", "url")
    assert [{name: entry[name] for name in shared} for entry in live] == changes["results"]
    assert board.cursor == changes["cursor"]
