"""Levels on the line: every dashboard of the region at once, within a kilobyte; a clock's answer to its two parties alone."""

import json

from ports.actions import add_facility, attain_level, set_security_level
from ports.models import SecurityLevelChange
from portsec.access.acting import Acting, acting_for, as_system
from portsec.delivery.models import Delivery, State
from tests.cast import Cast
from tests.live.conftest import Web, eventually


def set_level(acting: Acting, reason: str = "Unlit craft", level: int = 2) -> SecurityLevelChange:
    with acting_for(acting):
        return set_security_level(acting, level=level, reason=reason)


def test_it_shows_a_change_to_the_whole_region_with_what_the_strip_needs(web: Web, committed: Cast) -> None:
    boards = [web.open(committed.as_(name)) for name in ("riga", "coastguard", "council")]
    change = set_level(committed.as_("gdansk"))
    for board in boards:
        [entry] = board.entries(1)
        assert (entry["verb"], entry["url"]) == ("level.changed", f"/levels/{change.pk}/")
        assert {name: entry["row"][name] for name in ("scope", "unlocode", "level")} == {"scope": "port", "unlocode": "PLGDN", "level": 2}


def test_a_regions_change_names_the_region_of_the_strip(web: Web, committed: Cast) -> None:
    board = web.open(committed.as_("riga"))
    set_level(committed.as_("council"))
    [entry] = board.entries(1)
    assert (entry["row"]["scope"], entry["row"]["region"]) == ("region", str(committed.regions["baltic"].pk))
    assert "unlocode" not in entry["row"]


def test_a_change_of_the_longest_reason_stays_within_a_kilobyte(web: Web, committed: Cast) -> None:
    board = web.open(committed.as_("riga"))
    set_level(committed.as_("gdansk"), "ż" * 200)
    [entry] = board.entries(1)
    assert len(json.dumps(entry, ensure_ascii=False).encode()) <= 1024
    assert entry["row"]["level"] == 2


def test_it_marks_a_change_as_delivered_where_a_dashboard_showed_it(web: Web, committed: Cast) -> None:
    web.open(committed.as_("riga"))
    change = set_level(committed.as_("gdansk"))

    def states() -> dict[str, str]:
        with as_system("tests"):
            return {one.recipient.name: one.state for one in Delivery.objects.filter(object_id=change.pk).select_related("recipient")}

    eventually(lambda: states()["Port of Rīga"] == State.DELIVERED)
    assert states()["Port of Gdynia"] == State.QUEUED


def test_an_answer_comes_to_the_port_and_to_who_set_the_level_alone(web: Web, committed: Cast) -> None:
    with acting_for(committed.as_("gdansk")) as acting:
        add_facility(acting, name="Container terminal", imo_number="PLGDN-0001")
    web.has_read(1)
    council, neighbour = web.open(committed.as_("council")), web.open(committed.as_("riga"))
    change = set_level(committed.as_("council"))
    with acting_for(committed.as_("gdansk")) as acting:
        attain_level(acting, change)
    set_level(committed.as_("gdansk"), "Next")
    assert [entry["verb"] for entry in council.entries(3)] == ["level.changed", "level.attained", "level.changed"]
    assert [entry["verb"] for entry in neighbour.entries(2)] == ["level.changed", "level.changed"]
