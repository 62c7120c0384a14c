"""A port's yearly volumes: what may be recorded, who reads them, and that what nobody reported is never 0."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from ports.actions import YearTaken, edit_activity, record_activity
from ports.models import PortActivity
from ports.models.activity import MOST
from ports.views.activity_chart import chart, finding, short
from portsec.access.acting import NotAllowedError, acting_for
from portsec.access.audiences import AudienceWish
from portsec.access.roles import Role
from portsec.journal.models import Entry
from portsec.problems import Conflict, Refused
from tests.access.sql import changed, claiming, column, taken_back
from tests.cast import EVERYBODY, REGION, Cast
from tests.incidents.test_alert_pages import SHELL

Browse = Callable[..., Client]
Program = Callable[..., APIClient]
Record = Callable[..., PortActivity]
in_a_transaction = pytest.mark.django_db
API = "/api/v1/port-activity/"
OWN = AudienceWish("own")
FORM = {
    "year": "2025",
    "ship_calls": "3400",
    "tonnes": "",
    "teu": "0",
    "passengers": "",
    "source": "Harbour master",
    "audience_kind": "region",
}


@pytest.fixture(autouse=True)
def _this_year() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 11, 24, 2, 14, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def record(cast: Cast) -> Record:
    def one(year: int = 2025, name: str = "gdansk", **content: Any) -> PortActivity:
        with acting_for(cast.as_(name)) as acting:
            return record_activity(acting, year=year, **{"ship_calls": 3400, **content})

    return one


def read_by(cast: Cast) -> tuple[str, ...]:
    def sees(name: str) -> bool:
        with acting_for(cast.as_(name)) as acting:
            return bool(PortActivity.objects.visible_to(acting).exists())

    return tuple(name for name in EVERYBODY if sees(name))


def edit(cast: Cast, activity: PortActivity, **changes: Any) -> PortActivity:
    with acting_for(cast.as_("gdansk")) as acting:
        return edit_activity(acting, PortActivity.objects.visible_to(acting).get(pk=activity.pk), **changes)


@in_a_transaction
def test_a_year_is_for_the_region_or_for_the_port_alone(cast: Cast, record: Record) -> None:
    record(2024, wish=OWN)
    assert read_by(cast) == ("gdansk",)
    record(2025)
    assert read_by(cast) == REGION


@pytest.mark.parametrize("kind", ["region_ports", "linked_regions", "named"])
@in_a_transaction
def test_no_other_audience_is_taken(cast: Cast, record: Record, kind: str) -> None:
    with pytest.raises(Refused) as refused:
        record(wish=AudienceWish(kind, organisations=(cast.riga.pk,) if kind == "named" else ()))
    assert refused.value.faults[0].field == "audience"


@in_a_transaction
def test_a_figure_that_nobody_reported_stays_empty_and_zero_stays_zero(cast: Cast, record: Record, program: Program) -> None:
    made = record(teu=0)
    told = program("gdynia").get(f"{API}{made.pk}/").json()
    assert {name: told[name] for name in MOST} == {"ship_calls": 3400, "tonnes": None, "teu": 0, "passengers": None}


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"ship_calls": -1}, "ship_calls", "min_value"),
    ({"year": 2027}, "year", "future"),
    ({"year": 1900}, "year", "min_value"),
    ({"ship_calls": None}, "ship_calls", "required"),
    ({"source": "Two\nlines"}, "source", "line_break"),
    ({"remark": "x" * 501}, "remark", "max_length"),
    *(({name: most + 1}, name, "max_value") for name, most in MOST.items()),
]


@pytest.mark.parametrize(("changes", "field", "code"), BAD, ids=[str(changes)[:40] for changes, *_rest in BAD])
@in_a_transaction
def test_what_cannot_be_is_refused_by_field(cast: Cast, record: Record, changes: dict[str, Any], field: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        record(**changes)
    assert (refused.value.faults[0].field, refused.value.faults[0].code) == (field, code)
    assert read_by(cast) == ()


@pytest.mark.parametrize("name", MOST)
@in_a_transaction
def test_the_limit_is_said_and_itself_allowed(cast: Cast, record: Record, name: str) -> None:
    with pytest.raises(Refused) as refused:
        record(**{name: MOST[name] + 1})
    assert f"More than {MOST[name]} a year" in refused.value.faults[0].detail
    assert getattr(record(**{name: MOST[name]}), name) == MOST[name]


@in_a_transaction
def test_the_year_is_that_of_the_ports_own_calendar(cast: Cast, record: Record) -> None:
    with time_machine.travel(datetime(2026, 12, 31, 23, 30, tzinfo=UTC), tick=False):
        assert record(2027).year == 2027, "in Gdańsk it is half past midnight"
    with time_machine.travel(datetime(2026, 12, 31, 22, 30, tzinfo=UTC), tick=False), pytest.raises(Refused, match="still to come"):
        record(2027, "gdynia")


@in_a_transaction
def test_a_year_stands_once_and_the_refusal_leads_to_it(cast: Cast, record: Record) -> None:
    first = record()
    with pytest.raises(YearTaken) as taken:
        record()
    assert taken.value.activity == first
    assert taken.value.faults[0].detail == f"2025 is on record already. Edit that one: /activity/{first.pk}/edit/"
    other = record(2024)
    with pytest.raises(YearTaken):
        edit(cast, other, year=2025)
    assert record(2025, "gdynia"), "another port's years are its own"


def test_two_who_record_one_year_at_once(committed: Cast, in_threads: Any) -> None:
    barrier = Barrier(2)

    def add(role: Role) -> str:
        with acting_for(committed.as_("gdansk", role)) as acting:
            barrier.wait(timeout=20)
            try:
                return str(record_activity(acting, year=2025, tonnes=1).year)
            except YearTaken as taken:
                return taken.faults[0].code

    assert sorted(in_threads(add, [Role.SECURITY_OFFICER, Role.DEPUTY])) == ["2025", "taken"]


@in_a_transaction
def test_a_correction_is_on_record_with_both_figures(cast: Cast, record: Record) -> None:
    made = record(tonnes=10)
    edit(cast, made, tonnes=12, ship_calls=None)
    with acting_for(cast.as_("gdynia")) as acting:
        entries = list(Entry.objects.visible_to(acting).of_object("port_activity", made.pk).order_by("at", "pk"))
    assert {one.verb for one in entries} == {"port_activity.recorded", "port_activity.edited"}
    corrected = next(one for one in entries if one.verb == "port_activity.edited")
    assert (corrected.before, corrected.after) == ({"ship_calls": 3400, "tonnes": 10}, {"ship_calls": None, "tonnes": 12})


@in_a_transaction
def test_who_may_newly_read_a_year_learns_nothing_of_what_it_said_before(cast: Cast, record: Record) -> None:
    made = record(wish=OWN, tonnes=777_001)
    edit(cast, made, tonnes=12, wish=AudienceWish("region"))
    assert read_by(cast) == REGION
    with acting_for(cast.as_("gdynia")) as acting:
        [entry] = Entry.objects.visible_to(acting).of_object("port_activity", made.pk)
    assert entry.before == {}
    assert (entry.after["tonnes"], entry.after["ship_calls"]) == (12, 3400)


@in_a_transaction
def test_a_year_can_be_kept_to_oneself_again(cast: Cast, record: Record) -> None:
    made = record(tonnes=5)
    edit(cast, made, tonnes=888_002, wish=OWN)
    assert read_by(cast) == ("gdansk",)
    with claiming(cast.user("gdynia").pk, cast.gdynia.pk):
        assert column("SELECT id FROM journal_entry WHERE strpos(after::text, '888002') > 0") == []


@in_a_transaction
def test_the_second_of_two_corrections_is_told(cast: Cast, record: Record) -> None:
    made = record()
    edit(cast, made, version=1, tonnes=1)
    with pytest.raises(Conflict, match="changed meanwhile"):
        edit(cast, made, version=1, tonnes=2)


@in_a_transaction
def test_a_neighbour_changes_nothing(cast: Cast, record: Record) -> None:
    made = record()
    with acting_for(cast.as_("gdynia")) as acting, pytest.raises(NotAllowedError, match="Only Port of Gdańsk"):
        edit_activity(acting, PortActivity.objects.visible_to(acting).get(), tonnes=1)
    with claiming(cast.user("gdynia").pk, cast.gdynia.pk):
        assert changed("UPDATE ports_portactivity SET tonnes = 1") == 0
    with claiming(cast.user("gdansk").pk, cast.gdansk.pk):
        for refused in ("DELETE FROM ports_portactivity", f"UPDATE ports_portactivity SET owner_id = '{cast.riga.pk}'"):  # noqa: S608
            with pytest.raises(Exception, match=r"permission denied|row-level security"), taken_back():
                changed(refused)
    assert made.version == 1


@in_a_transaction
def test_raw_sql_reads_no_foreign_year(cast: Cast, record: Record) -> None:
    record(2024, wish=OWN)
    record(2025)
    seen = {}
    for name in EVERYBODY:
        with claiming(cast.user(name).pk, cast.organisations[name].pk):
            seen[name] = set(column("SELECT year FROM ports_portactivity"))
    assert seen == {name: ({2025} if name in REGION else set()) | ({2024} if name == "gdansk" else set()) for name in EVERYBODY}


# The picture


def years(measure: str = "tonnes", **figures: int | None) -> list[PortActivity]:
    return [PortActivity(year=int(year[1:]), **{measure: value}) for year, value in figures.items()]


def test_a_year_without_a_figure_has_a_dash_and_no_bar() -> None:
    drawn = chart(years(y2022=50, y2023=None, y2025=100), "tonnes")
    assert drawn is not None
    bars = {bar["year"]: (bar["is_reported"], bar["height"], bar["value"]) for bar in drawn["bars"]}
    assert bars == {2022: (True, 61, "50"), 2023: (False, 0, "–"), 2024: (False, 0, "–"), 2025: (True, 122, "100")}
    assert chart(years(y2022=None), "tonnes") is None
    assert chart([], "tonnes") is None


def test_zero_is_a_figure_and_the_smallest_volume_is_seen() -> None:
    drawn = chart(years(y2023=0, y2024=1, y2025=2_000_000_000), "tonnes")
    assert drawn is not None
    assert [(bar["is_reported"], bar["height"], bar["value"]) for bar in drawn["bars"]] == [
        (True, 0, "0"),
        (True, 1, "1"),
        (True, 122, "2 bn"),
    ]
    assert chart(years(y2025=0), "tonnes") is not None, "all zero divides by nothing"


def test_it_draws_the_last_twenty_years_inside_its_frame() -> None:
    drawn = chart([PortActivity(year=year, tonnes=year) for year in range(1950, 2026)], "tonnes")
    assert drawn is not None
    assert [bar["year"] for bar in drawn["bars"]] == list(range(2006, 2026))
    assert all(bar["x"] >= 8 and bar["x"] + bar["width"] <= 700 for bar in drawn["bars"])
    assert all(left["x"] + left["width"] < right["x"] for left, right in zip(drawn["bars"], drawn["bars"][1:], strict=False))


@pytest.mark.parametrize(
    ("reported", "said"),
    [
        ({2025: 3400}, "Ship calls in 2025: 3,400"),
        ({2023: 3000, 2025: 3400}, "Ship calls rose from 3,000 in 2023 to 3,400 in 2025"),
        ({2023: 3400, 2025: 3000}, "Ship calls fell from 3,400 in 2023 to 3,000 in 2025"),
        ({2023: 3400, 2025: 3400}, "Ship calls in 2025 as in 2023: 3,400"),
    ],
)
def test_its_title_says_what_it_shows(reported: dict[int, int], said: str) -> None:
    assert finding(reported, "ship_calls") == said


@pytest.mark.parametrize(("value", "said"), [(0, "0"), (999, "999"), (1000, "1 k"), (48_230_000, "48.2 m"), (1_250_000_000, "1.25 bn")])
def test_a_figure_over_a_bar_is_short(value: int, said: str) -> None:
    assert short(value) == said


# Pages


@in_a_transaction
def test_a_person_records_a_year_and_sees_it_as_picture_and_table(cast: Cast, browse: Browse) -> None:
    client = browse("gdansk")
    assert "No volume reported." in client.get("/ports/PLGDN/activity/").content.decode()
    page = client.post("/activity/new/", FORM, follow=True)
    assert page.redirect_chain == [("/ports/PLGDN/activity/", 302)]
    html = page.content.decode()
    for said in ("Ship calls in 2025: 3,400", "Harbour master", "No volume reported", "whole Baltic region"):
        assert said in html, said
    assert page.context["measure"] == "ship_calls"
    empty = client.get("/ports/PLGDN/activity/?measure=passengers")
    assert empty.context["chart"] is None
    assert client.get("/ports/PLGDN/activity/?measure=gold").context["measure"] == "ship_calls"
    assert "2025 and before" in client.get("/ports/PLGDN/").content.decode()


@in_a_transaction
def test_neighbours_read_and_are_shown_no_button(record: Record, browse: Browse) -> None:
    made = record()
    page = browse("gdynia").get("/ports/PLGDN/activity/").content.decode()
    assert "3,400" in page
    assert f"/activity/{made.pk}/edit/" not in page
    assert "/activity/new/" not in page
    assert browse("gdynia").get(f"/activity/{made.pk}/").url == "/ports/PLGDN/activity/"
    assert "3,400" not in browse("aarhus").get("/ports/PLGDN/activity/").content.decode()


@in_a_transaction
def test_the_running_year_says_that_it_runs(record: Record, browse: Browse) -> None:
    record(2026)
    assert "so far" in browse("gdansk").get("/ports/PLGDN/activity/").content.decode()


@in_a_transaction
def test_a_year_that_is_there_is_a_press_away(record: Record, browse: Browse) -> None:
    first = record()
    page = browse("gdansk").post("/activity/new/", FORM)
    assert page.status_code == 422
    assert f'href="/activity/{first.pk}/edit/">Correct 2025</a>' in page.content.decode()
    assert 'value="Harbour master"' in page.content.decode(), "what was typed stays"


@pytest.mark.parametrize(
    ("change", "field", "remedy"),
    [
        ({"year": "2031"}, "year", "Give a year up to 2026"),
        ({"year": ""}, "year", "required"),
        ({"ship_calls": "-4"}, "ship_calls", "not negative"),
        ({"tonnes": "9999999999999"}, "tonnes", "More than 3000000000 a year"),
        ({"tonnes": "9" * 40}, "tonnes", "More than 3000000000 a year"),
        ({"ship_calls": "", "teu": ""}, "ship_calls", "at least one figure"),
        ({"ship_calls": "many"}, "ship_calls", "whole number"),
    ],
)
@in_a_transaction
def test_a_mistake_is_shown_beside_its_field(cast: Cast, browse: Browse, change: dict[str, str], field: str, remedy: str) -> None:
    page = browse("gdansk").post("/activity/new/", {**FORM, **change})
    assert page.status_code == 422
    assert remedy in " ".join(page.context["form"].errors[field])
    assert "Harbour master" in page.content.decode()


@in_a_transaction
def test_a_correction_carries_the_version_that_was_read(record: Record, browse: Browse, cast: Cast) -> None:
    made, client = record(), browse("gdansk")
    at = f"/activity/{made.pk}/edit/"
    assert client.get(at).context["form"]["audience_kind"].value() == "region"
    assert client.post(at, {**FORM, "tonnes": "7", "version": "1"}).status_code == 302
    late = client.post(at, {**FORM, "tonnes": "8", "version": "1"})
    assert late.status_code == 422
    assert "changed meanwhile" in late.content.decode()
    assert client.post(at, {**FORM, "audience_kind": "own", "version": "2"}).status_code == 302
    assert read_by(cast) == ("gdansk",)


@in_a_transaction
def test_a_page_makes_the_same_queries_for_few_and_many_years(
    record: Record, browse: Browse, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = browse("gdansk")
    for year in (2024, 2014):
        record(year)
        client.get("/ports/PLGDN/activity/")
        with django_assert_num_queries(SHELL + 2):  # the port; its years
            client.get("/ports/PLGDN/activity/")
        for more in range(year - 8, year):
            record(more)


# The API


@in_a_transaction
def test_programs_record_and_correct(cast: Cast, program: Program) -> None:
    client, key = program("gdansk"), {"Idempotency-Key": "one"}
    made = client.post(API, {"year": 2025, "tonnes": 5}, format="json", headers=key)
    assert (made.status_code, made.json()["audience"]["kind"], made.json()["passengers"]) == (201, "region", None)
    assert client.post(API, {"year": 2025, "tonnes": 5}, format="json", headers=key).json() == made.json()
    again = client.post(API, {"year": 2025, "tonnes": 5}, format="json")
    assert again.json()["errors"][0] == {
        "pointer": "/year", "code": "taken",
        "detail": f"2025 is on record already. Edit that one: /activity/{made.json()['id']}/edit/",
    }  # fmt: skip
    at = f"{API}{made.json()['id']}/"
    assert client.patch(at, {"teu": 1}, format="json").status_code == 428
    kept = client.patch(at, {"teu": 1, "tonnes": None, "audience": {"kind": "own"}}, format="json", headers={"If-Match": made["ETag"]})
    assert (kept.status_code, kept.json()["teu"], kept.json()["tonnes"], kept.json()["audience"]["kind"]) == (200, 1, None, "own")
    assert client.patch(at, {"teu": 2}, format="json", headers={"If-Match": made["ETag"]}).status_code == 412


@in_a_transaction
def test_the_list_is_filtered_and_shows_what_one_may_read(cast: Cast, record: Record, program: Program) -> None:
    record(2024, wish=OWN)
    record(2025)
    record(2025, "gdynia")

    def years_of(name: str, query: str = "") -> list[int]:
        return sorted(one["year"] for one in program(name).get(API + query).json()["results"])

    assert years_of("gdansk") == [2024, 2025, 2025]
    assert years_of("gdynia") == [2025, 2025]
    assert years_of("trieste") == []
    assert years_of("riga", f"?port={cast.gdansk.pk}") == [2025]
    assert years_of("gdansk", "?year=2024") == [2024]
    assert program("riga").get(f"{API}?count=true").json()["count"] == 2
    assert [program("trieste").get(f"{API}?port={pk}").json()["results"] for pk in (cast.gdansk.pk, uuid4())] == [[], []]
    for wrong in ("?year=x", "?owner=1", "?port=1"):
        assert program("gdansk").get(API + wrong).status_code == 400, wrong


@in_a_transaction
def test_the_api_refuses_by_field(program: Program) -> None:
    client = program("gdansk")
    for body, pointer in (
        ({"year": 2025, "tonnes": -1}, "/tonnes"),
        ({"year": 2027, "tonnes": 1}, "/year"),
        ({"year": 2025, "tonnes": 1, "crates": 1}, "/crates"),
        ({"year": 2025, "tonnes": 1, "audience": {"kind": "linked_regions"}}, "/audience"),
    ):
        answer = client.post(API, body, format="json")
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)
