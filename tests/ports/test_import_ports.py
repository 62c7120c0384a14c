"""Ports of a file come into a region all at once or not at all, and see what the region shares. With real commits."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections

from incidents.models import Alert
from ports.actions import add_port, import_ports, look_at_ports
from ports.actions.importing import planned
from ports.importing import Plan
from ports.models import PortImport, PortProfile
from portsec.access.acting import Acting, NotAllowedError, acting_for, as_system
from portsec.access.models import Membership, Organisation
from portsec.access.roles import Role
from portsec.journal.models import Entry
from portsec.problems import Conflict, Refused
from tests.access.sql import one, rows
from tests.cast import Cast
from tests.ports.files import LINE, many, plain, wpi

Publish = Callable[..., Alert]


def looked_at(cast: Cast, data: bytes, *, by: str = "council", region: str = "baltic", **options: str) -> PortImport:
    with acting_for(cast.as_(by)) as acting:
        chosen = {"file_name": "ports.csv", "time_zone": "Europe/Warsaw", **options}
        return look_at_ports(acting, cast.regions[region], data=data, **chosen)


def plan_of(cast: Cast, data: bytes) -> Plan:
    asked = looked_at(cast, data)
    with acting_for(cast.as_("council")):
        return planned(asked)


def brought_in(cast: Cast, data: bytes, *, skip: bool = False) -> Plan:
    asked = looked_at(cast, data)
    with acting_for(cast.as_("council")) as acting:
        return import_ports(acting, asked, agreed=planned(asked).counts, skip_bad_rows=skip)


def reasons(plan: Plan) -> list[tuple[int, str, str]]:
    return [(refused.line.number, fault.field, fault.code) for refused in plan.refused for fault in refused.faults]


def names(plan: Plan) -> list[str]:
    return [new.organisation.name for new in plan.new]


def written() -> int:
    return Organisation.objects.count()


def seen_by(organisation: Organisation) -> set[Any]:
    service = Membership.objects.select_related("user").get(organisation=organisation, role=Role.SERVICE).user
    with acting_for(Acting(service, organisation, Role.SERVICE)) as acting:
        return {alert.pk for alert in Alert.objects.visible_to(acting)}


# What comes in


def test_a_port_that_is_imported_is_a_member_and_sees_the_regions_history(committed: Cast, publish: Publish) -> None:
    earlier = {publish(committed.as_("gdansk"), kind).pk for kind in ("region_ports", "region", "linked_regions")}
    publish(committed.as_("gdansk"), "own")
    brought_in(committed, plain(LINE))
    port = Organisation.objects.get(port__unlocode="XAAMB")
    assert (port.kind, port.time_zone, list(port.regions.all())) == ("port", "Europe/Warsaw", [committed.regions["baltic"]])
    assert seen_by(port) == earlier


def test_each_of_many_is_granted_the_same_audiences_as_one_that_joins_alone(committed: Cast, publish: Publish) -> None:
    for kind in ("region_ports", "region", "linked_regions"):
        publish(committed.as_("gdansk"), kind)
    brought_in(committed, plain(*many(40)))
    granted = "SELECT count(*) FROM access_audiencegrant g JOIN access_organisation o USING (group_id) "
    found = rows(granted + "JOIN ports_portprofile p ON p.organisation_id = o.id GROUP BY o.id, p.unlocode LIKE 'X%%' ", alias="system")
    imported = rows(granted + "WHERE o.name LIKE 'Quay %%' GROUP BY o.id", alias="system")
    assert found
    assert set(imported) == {(4,)}  # three of the region, and its own


def test_a_later_alert_reaches_them(committed: Cast, publish: Publish) -> None:
    brought_in(committed, plain(LINE))
    later = publish(committed.as_("gdansk"))
    assert later.pk in seen_by(Organisation.objects.get(port__unlocode="XAAMB"))


def test_a_port_elsewhere_sees_nothing_of_it(committed: Cast, publish: Publish) -> None:
    publish(committed.as_("gdansk"))
    brought_in(committed, plain(LINE))
    assert seen_by(committed.trieste) == set()


def test_they_follow_the_regions_ports_along_the_coast_in_the_order_of_the_index(committed: Cast) -> None:
    brought_in(committed, wpi((90, "Zelt", "XAZEL", "Poland", "54", "18"), (10, "Amber", "XAAMB", "Poland", "54", "18")))
    held = PortProfile.objects.filter(organisation__regions=committed.regions["baltic"]).values_list("unlocode", flat=True)
    assert list(held) == ["PLGDN", "PLGDY", "LVRIX", "XAAMB", "XAZEL"]


def test_each_is_told_that_it_joined_and_the_body_how_many_came(committed: Cast) -> None:
    brought_in(committed, plain(*many(3), ",,,,,"), skip=True)
    with as_system("a test reads every entry"):
        joined = Entry.objects.filter(verb="access.granted", summary__startswith="Quay").values_list("summary", "owner__name")
        assert set(joined) == {(f"Quay {n} joined Baltic region", f"Quay {n}") for n in range(3)}
    with acting_for(committed.as_("council")) as acting:
        entry = Entry.objects.visible_to(acting).get(verb="port.imported")
    assert (entry.summary, entry.actor) == ("3 ports were imported into Baltic region", committed.user("council"))
    assert (entry.after["new"], entry.after["refused"]) == (3, 0)  # a blank line is no line


def test_thousands_come_in_with_the_statements_of_one(committed: Cast) -> None:
    counts = []
    for data in (plain(LINE), plain(*many(900))):
        asked = looked_at(committed, data)
        with acting_for(committed.as_("council")) as acting:
            agreed = planned(asked).counts
            connections["system"].force_debug_cursor = True
            before = len(connections["system"].queries_log)
            import_ports(acting, asked, agreed=agreed)
            counts.append(len(connections["system"].queries_log) - before)
            connections["system"].force_debug_cursor = False
    assert counts[1] <= counts[0] + 10
    assert written() > 900


# What is known, and what is not unique


def test_what_is_in_the_region_already_is_known_and_stays_as_it_is(committed: Cast) -> None:
    plan = brought_in(committed, plain("Danzig,PL GDN,1,1,,", LINE))
    assert plan.counts == (1, 1, 0)
    kept = PortProfile.objects.select_related("organisation").get(unlocode="PLGDN")
    assert (kept.organisation.name, kept.latitude) == ("Port of Gdańsk", 54.35)


def test_the_same_file_a_second_time_brings_nothing(committed: Cast) -> None:
    brought_in(committed, plain(LINE))
    assert plan_of(committed, plain(LINE)).counts == (0, 1, 0)


def test_doubled_names_get_their_country_and_where_that_is_not_enough_their_code(committed: Cast) -> None:
    plan = plan_of(
        committed,
        plain(
            "Newport,XANEW,1,2,,Wales",
            "newport,XBNEW,1,2,,Elsewhere",
            "Camden,XACAM,1,2,,America",
            "Camden,XBCAM,1,2,,America",
            "Alone,XAALO,1,2,,America",
            "Bay,XABAY,1,2,,",
            "Bay,XBBAY,1,2,,America",
        ),
    )
    assert names(plan) == [
        "Newport (Wales)", "newport (Elsewhere)", "Camden (XACAM)", "Camden (XBCAM)", "Alone", "Bay (XABAY)", "Bay (America)",
    ]  # fmt: skip
    assert len(plan.renamed) == 6


def test_a_name_that_any_organisation_has_is_set_apart_too_whoever_it_is(committed: Cast) -> None:
    """Trieste is in a region of which the council knows nothing."""
    plan = plan_of(committed, plain("port of trieste,XATRS,1,2,,Italy"))
    assert names(plan) == ["port of trieste (Italy)"]
    assert plan.refused == []


def test_a_name_whose_every_form_is_taken_is_refused(committed: Cast) -> None:
    brought_in(committed, plain("Bay (XABAY),XACCC,1,2,,", "Bay,XADDD,1,2,,"))
    assert reasons(plan_of(committed, plain("Bay,XABAY,1,2,,"))) == [(2, "name", "taken")]


def test_a_code_that_is_taken_elsewhere_is_refused_without_saying_by_whom(committed: Cast) -> None:
    plan = plan_of(committed, plain("Harbour of T,ITTRS,45.6,13.7,,Italy", "Harbour of A,DKAAR,56,10,,Denmark"))
    assert reasons(plan) == [(2, "unlocode", "taken"), (3, "unlocode", "taken")]
    told = " ".join(fault.detail for refused in plan.refused for fault in refused.faults)
    assert "Trieste" not in told
    assert "Adriatic" not in told
    assert "Aarhus" not in told


def test_a_code_that_stands_twice_is_refused_twice_since_nobody_knows_which_is_right(committed: Cast) -> None:
    plan = plan_of(committed, plain("Bonny,XABON,1,2,,", LINE, "Bonny Terminal,XA BON,1,2,,"))
    assert reasons(plan) == [(2, "unlocode", "double"), (4, "unlocode", "double")]
    assert "line 4" in plan.refused[0].faults[0].detail
    assert names(plan) == ["Port of Amber Bay"]


# All or nothing


def test_one_bad_line_keeps_all_out(committed: Cast) -> None:
    before = written()
    with pytest.raises(Refused) as raised:
        brought_in(committed, plain(LINE, "Bad,XABAD,99,2,,"))
    assert raised.value.faults[0].code == "lines_refused"
    assert written() == before


def test_bad_lines_are_left_out_where_the_person_says_so(committed: Cast) -> None:
    assert brought_in(committed, plain(LINE, "Bad,XABAD,99,2,,"), skip=True).counts == (1, 0, 1)
    assert not PortProfile.objects.filter(unlocode="XABAD").exists()


def test_what_changed_since_the_person_looked_is_not_imported(committed: Cast) -> None:
    asked = looked_at(committed, plain(LINE))
    brought_in(committed, plain(LINE))
    before = written()
    with acting_for(committed.as_("council")) as acting, pytest.raises(Conflict, match="Something changed"):
        import_ports(acting, asked, agreed=(1, 0, 0))
    assert written() == before


def test_of_two_who_confirm_at_once_one_imports(committed: Cast, in_threads: Any) -> None:
    asked = looked_at(committed, plain(*many(30)))

    def confirm(_number: int) -> str:
        try:
            with acting_for(committed.as_("council")) as acting:
                import_ports(acting, PortImport.objects.get(pk=asked.pk), agreed=(30, 0, 0))
        except Conflict:
            return "conflict"
        return "done"

    assert sorted(in_threads(confirm, [1, 2])) == ["conflict", "done"]
    assert Organisation.objects.filter(name__startswith="Quay").count() == 30


def test_a_file_is_imported_once_and_its_lines_are_not_kept(committed: Cast) -> None:
    asked = looked_at(committed, plain(LINE))
    with acting_for(committed.as_("council")) as acting:
        import_ports(acting, asked, agreed=(1, 0, 0))
    with acting_for(committed.as_("council")) as acting:
        assert PortImport.objects.get(pk=asked.pk).lines == []
        with pytest.raises(Conflict, match="imported already"):
            import_ports(acting, asked, agreed=(1, 0, 0))


def test_a_name_taken_at_the_last_moment_leaves_nothing_behind(committed: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where somebody makes an organisation of that name between the plan and the writing."""
    monkeypatch.setattr("ports.importing.plan._taken_names", lambda found: set())
    before = written()
    with pytest.raises(Conflict, match="taken meanwhile"):
        brought_in(committed, plain(LINE, "Port of Trieste,XATRS,1,2,,"))
    assert written() == before
    assert one("SELECT count(*) FROM auth_group WHERE name LIKE '%%Amber%%'", alias="system") == 0


# Who may


@pytest.mark.parametrize(("by", "role"), [("gdansk", Role.ADMINISTRATOR), ("gdansk", Role.COORDINATOR), ("council", Role.STAFF)])
def test_only_who_coordinates_may_look_or_import(committed: Cast, by: str, role: Role) -> None:
    with acting_for(committed.as_(by, role)) as acting, pytest.raises(NotAllowedError):
        look_at_ports(acting, committed.regions["baltic"], data=plain(LINE), file_name="x.csv", time_zone="UTC")


def test_a_body_imports_into_its_own_regions_alone(committed: Cast) -> None:
    for region in ("kattegat", "adriatic"):
        with pytest.raises(NotAllowedError):
            looked_at(committed, plain(LINE), region=region)


def test_row_security_keeps_a_file_to_the_body_that_chose_it(committed: Cast) -> None:
    looked_at(committed, plain(LINE))
    for name in ("gdansk", "coastguard", "trieste"):
        with acting_for(committed.as_(name)):
            assert not PortImport.objects.exists()


def test_an_unknown_time_zone_is_refused(committed: Cast) -> None:
    with pytest.raises(Refused) as raised:
        looked_at(committed, plain(LINE), time_zone="Mars/Base")
    assert raised.value.faults[0].field == "time_zone"


# One port by hand


def by_hand(cast: Cast, **changes: str) -> Organisation:
    values = {"name": "Port of Amber Bay", "unlocode": "xa amb", "latitude": "54.1", "longitude": "18.2", "time_zone": "Europe/Riga"}
    with acting_for(cast.as_("council")) as acting:
        return add_port(acting, cast.regions["baltic"], **{**values, **changes})


def test_a_port_is_added_by_hand(committed: Cast) -> None:
    port = by_hand(committed)
    assert (port.name, port.time_zone, PortProfile.objects.get(pk=port.pk).unlocode) == ("Port of Amber Bay", "Europe/Riga", "XAAMB")


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"unlocode": "PLGDN"}, "unlocode", "member_already"),
        ({"unlocode": "ITTRS"}, "unlocode", "taken"),
        ({"name": "Port of Trieste"}, "name", "taken"),
        ({"latitude": "95"}, "latitude", "out_of_range"),
        ({"name": "=1"}, "name", "formula"),
    ],
)
def test_by_hand_the_same_rules_hold(committed: Cast, changes: dict[str, str], field: str, code: str) -> None:
    with pytest.raises(Refused) as raised:
        by_hand(committed, **changes)
    assert [(fault.field, fault.code) for fault in raised.value.faults] == [(field, code)]


# From the command line


@pytest.fixture
def file(tmp_path: Path) -> Callable[[bytes], str]:
    def write(data: bytes) -> str:
        path = tmp_path / "ports.csv"
        path.write_bytes(data)
        return str(path)

    return write


def run(path: str, *options: str, region: str = "Baltic region") -> None:
    call_command("import_ports", path, "--region", region, *options)


def test_a_dry_run_says_all_and_writes_nothing(committed: Cast, file: Callable[[bytes], str], capsys: Any) -> None:
    before = written()
    run(file(plain(LINE, "Bad,XABAD,99,2,,")), "--dry-run")
    said = capsys.readouterr()
    assert "1 new, 0 known, 1 refused. Lines without a time zone get UTC." in said.out
    assert "line 3, Bad: latitude: 99 is not on this earth" in said.err
    assert written() == before


def test_the_command_imports_nothing_where_a_line_is_bad_unless_told(committed: Cast, file: Callable[[bytes], str]) -> None:
    before, path = written(), file(plain(LINE, "Bad,XABAD,99,2,,"))
    with pytest.raises(CommandError, match="1 line is refused"):
        run(path)
    assert written() == before
    run(path, "--skip-bad-rows", "--time-zone", "Europe/Riga")
    assert written() == before + 1


def test_the_bodies_of_the_region_read_in_their_log_what_the_operator_imported(committed: Cast, file: Callable[[bytes], str]) -> None:
    run(file(plain(LINE)))
    with acting_for(committed.as_("council")) as acting:
        assert Entry.objects.visible_to(acting).get(verb="port.imported").actor is None


def test_the_command_makes_a_region_only_where_it_is_told_to(committed: Cast, file: Callable[[bytes], str]) -> None:
    with pytest.raises(CommandError, match="There is no region “Amber”"):
        run(file(plain(LINE)), region="Amber")
    run(file(plain(LINE)), "--create-region", region="Amber")
    assert Organisation.objects.get(port__unlocode="XAAMB").regions.get().name == "Amber"


def test_the_command_says_what_is_wrong_with_a_file(committed: Cast, file: Callable[[bytes], str], tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Excel workbook"):
        run(file(b"PK\x03\x04"))
    with pytest.raises(CommandError, match="cannot be read"):
        run(str(tmp_path / "absent.csv"))
