"""Escalation policies: what they may say, who may change them, and what they change for alerts."""

from collections.abc import Callable
from datetime import UTC, datetime, time
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from django.db import ProgrammingError
from django.test import Client
from rest_framework.test import APIClient

from incidents.actions import update_alert
from incidents.models import Alert
from portsec.access.acting import Acting, NotAllowedError, acting_for
from portsec.access.roles import Role
from portsec.delivery.models import Endpoint, EscalationPolicy
from portsec.delivery.policies import Place, reset_policy, save_policy, seconds_to_answer
from portsec.delivery.timeline import is_on_duty, timeline
from portsec.journal.models import Entry
from portsec.problems import Conflict, Refused
from tests.access.sql import changed, rows, taken_back
from tests.cast import Cast
from tests.delivery.conftest import AddContact

pytestmark = pytest.mark.django_db(databases=["default", "system"])
Publish = Callable[..., Alert]
Browse = Callable[..., Client]
Program = Callable[..., APIClient]
GOOD = [(0, "remind"), (120, "next_contact"), (600, "coordinator")]
ADDRESS = "/delivery/escalation/own/Severe/"


def steps(*written: tuple[int, str]) -> list[dict[str, Any]]:
    return [{"after": after, "step": step} for after, step in written]


def save(
    acting: Acting, written: Any = GOOD, *, place: Place | None = None, within: int | None = None, version: int = 0
) -> EscalationPolicy:
    with acting_for(acting):
        return save_policy(acting, place or Place(severity="Severe"), acknowledge_within=within, steps=steps(*written), version=version)


def form_of(written: Any = GOOD, **other: Any) -> dict[str, Any]:
    """As a browser sends it: minutes."""
    data: dict[str, Any] = {"version": 0, "acknowledge_within": "", "then": "save", **other}
    for number, (minutes, step) in enumerate(written):
        data |= {f"steps-{number}-after": minutes, f"steps-{number}-step": step}
    return data


class TestWhatItMaySay:
    @pytest.mark.parametrize(
        ("written", "field", "remedy"),
        [
            ([], "steps", "Add at least one step"),
            ([(0, "remind")], "steps/0/step", "A policy with no last step"),
            ([(0, "coordinator"), (60, "remind")], "steps/1/step", "A policy with no last step"),
            ([(120, "remind"), (60, "coordinator")], "steps/1/after", "Earlier than the step before it"),
            ([(60, "remind"), (119, "remind"), (200, "coordinator")], "steps/1/step", "The same step twice at the same minute"),
            ([(0, "remind"), (25 * 3600, "coordinator")], "steps/1/after", "at most 24 hours"),
            ([(-1, "coordinator")], "steps/0/after", "at most 24 hours"),
            ([(0, "shout"), (1, "coordinator")], "steps/0/step", "Give one of"),
            ([(60 * n, "remind") for n in range(10)] + [(3600, "coordinator")], "steps", "at most 10 steps"),
        ],
    )
    def test_it_is_refused_with_the_remedy(self, cast: Cast, written: Any, field: str, remedy: str) -> None:
        with pytest.raises(Refused) as refused:
            save(cast.as_("gdynia"), written)
        assert [one.field for one in refused.value.faults] == [field]
        assert remedy in refused.value.faults[0].detail
        with acting_for(cast.as_("gdynia")):
            assert not EscalationPolicy.objects.exists()

    @pytest.mark.parametrize("within", [0, 29, 7 * 24 * 3600 + 1])
    def test_an_answer_is_due_between_half_a_minute_and_a_week(self, cast: Cast, within: int) -> None:
        with pytest.raises(Refused) as refused:
            save(cast.as_("gdynia"), within=within)
        assert refused.value.faults[0].field == "acknowledge_within"

    def test_ten_steps_are_kept_as_they_are(self, cast: Cast) -> None:
        written = [(60 * n, "remind") for n in range(9)] + [(3600, "coordinator")]
        assert save(cast.as_("gdynia"), written).steps == steps(*written)


class TestWhoMayChangeIt:
    @pytest.mark.parametrize("role", [Role.DEPUTY, Role.STAFF, Role.OBSERVER])
    def test_others_may_not(self, cast: Cast, role: Role) -> None:
        with pytest.raises(NotAllowedError):
            save(cast.as_("gdynia", role))

    def test_a_regions_is_its_coordinators_alone(self, cast: Cast) -> None:
        baltic = Place(cast.regions["baltic"])
        for acting in (cast.as_("gdynia"), cast.as_("council", Role.ADMINISTRATOR), cast.as_("trieste")):
            with pytest.raises(NotAllowedError):
                save(acting, place=baltic)
        assert save(cast.as_("council"), place=baltic).region == cast.regions["baltic"]
        with pytest.raises(NotAllowedError, match="Kattegat"):
            save(cast.as_("council"), place=Place(cast.regions["kattegat"]))

    def test_it_is_read_by_whom_it_concerns_and_by_nobody_else(self, cast: Cast, program: Program) -> None:
        save(cast.as_("gdynia"))
        save(cast.as_("council"), place=Place(cast.regions["baltic"]))
        seen = {name: len(program(name).get("/api/v1/escalation-policies/").json()["results"]) for name in ("gdynia", "riga", "trieste")}
        assert seen == {"gdynia": 2, "riga": 1, "trieste": 0}

    def test_the_database_refuses_a_foreign_organisations_and_a_regions_policy(self, cast: Cast) -> None:
        mine = save(cast.as_("gdynia"))
        insert = "INSERT INTO delivery_escalationpolicy (id, organisation_id, region_id, severity, steps, updated_at, version) "
        with acting_for(cast.as_("trieste")):
            assert rows("SELECT id FROM delivery_escalationpolicy") == []
            assert changed("UPDATE delivery_escalationpolicy SET steps = '[]' WHERE id = %s", [mine.pk]) == 0
            assert changed("DELETE FROM delivery_escalationpolicy WHERE id = %s", [mine.pk]) == 0
            for owner in ((cast.gdynia.pk, None), (None, cast.regions["baltic"].pk), (None, cast.regions["adriatic"].pk)):
                with pytest.raises(ProgrammingError, match="row-level security"), taken_back():
                    changed(insert + "VALUES (uuidv7(), %s, %s, '', '[]', now(), 1)", owner)

    def test_it_is_told_to_the_organisation_alone(self, cast: Cast) -> None:
        save(cast.as_("gdynia"))
        found = {}
        for name in ("gdynia", "gdansk", "trieste"):
            with acting_for(cast.as_(name)) as acting:
                found[name] = Entry.objects.visible_to(acting).filter(verb="escalation_policy.changed").count()
        assert found == {"gdynia": 1, "gdansk": 0, "trieste": 0}


class TestTwoHands:
    def test_the_second_is_told_who_was_faster(self, cast: Cast) -> None:
        read = save(cast.as_("gdynia"))
        save(cast.as_("gdynia", Role.ADMINISTRATOR), version=read.version)
        with pytest.raises(Conflict, match="has changed this policy meanwhile"):
            save(cast.as_("gdynia"), version=read.version)
        with pytest.raises(Conflict, match="has changed this policy meanwhile"):
            save(cast.as_("gdynia"))
        with acting_for(cast.as_("gdynia")) as acting, pytest.raises(Conflict):
            reset_policy(acting, Place(severity="Severe"), version=read.version)

    def test_what_was_reset_is_not_changed(self, cast: Cast) -> None:
        gdynia, place = cast.as_("gdynia"), Place(severity="Severe")
        read = save(gdynia)
        with acting_for(gdynia):
            reset_policy(gdynia, place, version=read.version)
            with pytest.raises(Conflict, match="default holds here already"):
                reset_policy(gdynia, place, version=read.version)
        with pytest.raises(Conflict, match="gone back to the default"):
            save(gdynia, version=read.version)

    def test_the_page_keeps_what_the_second_wrote(self, cast: Cast, browse: Browse) -> None:
        save(cast.as_("gdynia"))
        page = browse("gdynia").post(ADDRESS, form_of([(7, "remind"), (9, "coordinator")]))
        text = page.content.decode()
        assert page.status_code == 422
        assert "has changed this policy meanwhile" in text
        assert 'value="7"' in text

    def test_the_api_asks_for_the_version_that_was_read(self, cast: Cast, browse: Browse) -> None:
        client, pk = browse("gdynia"), save(cast.as_("gdynia")).pk
        address, change = f"/api/v1/escalation-policies/{pk}/", {"acknowledge_within": 300}
        tag = client.get(address)["ETag"]
        assert client.patch(address, change, content_type="application/json").status_code == 428
        assert client.patch(address, change, content_type="application/json", headers={"If-Match": tag}).json()["acknowledge_within"] == 300
        assert client.patch(address, change, content_type="application/json", headers={"If-Match": tag}).status_code == 412


class TestAnswerDue:
    def within(self, publish: Publish, acting: Acting, **content: Any) -> int | None:
        return publish(acting, **content).acknowledge_within

    def test_the_senders_own_comes_before_its_regions_and_the_severitys_before_all(self, cast: Cast, publish: Publish) -> None:
        gdansk = cast.as_("gdansk")
        assert self.within(publish, gdansk) is None, "the severity's default holds"
        save(cast.as_("council"), place=Place(cast.regions["baltic"]), within=1200)
        assert self.within(publish, gdansk) == 1200
        save(gdansk, place=Place(), within=240)
        save(gdansk, place=Place(severity="Minor"), within=7200)
        assert self.within(publish, gdansk) == 240
        assert self.within(publish, gdansk, severity="Minor") == 7200
        assert self.within(publish, gdansk, acknowledge_within=60) == 60, "what the sender says comes first"

    def test_an_update_to_another_severity_goes_by_that_ones_policy_and_leaves_the_senders_choice(
        self, cast: Cast, publish: Publish
    ) -> None:
        gdansk = cast.as_("gdansk")
        save(gdansk, within=240)
        ours, said = publish(gdansk), publish(gdansk, acknowledge_within=60)
        with acting_for(gdansk):
            found = [update_alert(gdansk, one, note="Gone", severity="Minor").acknowledge_within for one in (ours, said)]
        assert found == [None, 60]

    def test_the_review_says_how_long_will_be_waited(self, cast: Cast, browse: Browse, alert_content: dict[str, Any]) -> None:
        save(cast.as_("gdansk"), within=240)
        saved = browse("gdansk").post("/alerts/new/", {**alert_content, "audience_kind": "region_ports"})
        assert browse("gdansk").get(saved.url).context["answer_within"] == 240

    def test_a_foreign_policy_does_not_count(self, cast: Cast) -> None:
        save(cast.as_("gdynia"), within=60)
        with acting_for(cast.as_("gdansk")) as acting:
            assert seconds_to_answer(acting, "Severe") is None

    def test_the_answer_is_due_by_it(self, cast: Cast, publish: Publish) -> None:
        save(cast.as_("gdansk"), within=240)
        alert = publish(cast.as_("gdansk"))
        assert (alert.answer_due(alert.published_at) - alert.published_at).total_seconds() == 240


class TestPage:
    def test_it_saves_minutes_as_seconds_and_shows_them(self, cast: Cast, browse: Browse) -> None:
        client = browse("gdynia")
        answer = client.post(ADDRESS, form_of([(0.5, "remind"), (10, "coordinator")], acknowledge_within="4"), follow=True)
        assert "Saved. What is under way keeps its steps." in answer.content.decode()
        assert "0.5 min after the deadline: Remind whom we told" in answer.content.decode()
        with acting_for(cast.as_("gdynia")):
            kept = EscalationPolicy.objects.get()
        assert (kept.acknowledge_within, kept.steps) == (240, steps((30, "remind"), (600, "coordinator")))

    def test_rows_are_added_and_taken_away_without_saving(self, cast: Cast, browse: Browse) -> None:
        client = browse("gdynia")
        added = client.post(ADDRESS, form_of(then="add"))
        assert [form.initial["step"] for form, _place in added.context["steps"]] == ["remind", "next_contact", "", "coordinator"]
        taken = client.post(ADDRESS, form_of(then="remove-1"))
        assert [form.initial["step"] for form, _place in taken.context["steps"]] == ["remind", "coordinator"]
        with acting_for(cast.as_("gdynia")):
            assert not EscalationPolicy.objects.exists()

    def test_each_fault_stands_beside_its_row(self, cast: Cast, browse: Browse) -> None:
        page = browse("gdynia").post(ADDRESS, form_of([(5, "remind"), (1, "coordinator")]))
        assert page.status_code == 422
        assert "Correct the steps that are marked below." in page.content.decode()
        assert "Earlier than the step before it" in str(page.context["steps"][1][0].errors["after"])
        page = browse("gdynia").post(ADDRESS, form_of([("", "remind"), (9, "coordinator")]))
        assert "Say after how many minutes." in str(page.context["steps"][0][0].errors["after"])

    def test_without_steps_it_says_what_to_add(self, cast: Cast, browse: Browse) -> None:
        page = browse("gdynia").post(ADDRESS, form_of([]))
        assert "Add at least one step" in page.content.decode()

    def test_the_default_is_one_button_away(self, cast: Cast, browse: Browse) -> None:
        saved = save(cast.as_("gdynia"))
        answer = browse("gdynia").post(f"{ADDRESS}reset/", {"version": saved.version}, follow=True)
        assert "The default holds again" in answer.content.decode()
        with acting_for(cast.as_("gdynia")):
            assert not EscalationPolicy.objects.exists()

    def test_a_foreign_region_does_not_exist_and_ones_own_is_the_coordinators(self, cast: Cast, browse: Browse) -> None:
        baltic = f"/delivery/escalation/{cast.regions['baltic'].pk}/all/"
        assert {name: browse(name).get(baltic).status_code for name in ("council", "gdynia", "trieste")} == {
            "council": 200, "gdynia": 403, "trieste": 404,
        }  # fmt: skip
        assert browse("council").post(baltic, form_of()).status_code == 302
        assert browse("gdynia").get("/delivery/escalation/own/Loud/").status_code == 404

    def test_pages_make_a_stated_number_of_queries(self, cast: Cast, browse: Browse, django_assert_num_queries: Any) -> None:
        client = browse("gdynia")
        save(cast.as_("gdynia"))
        client.get("/delivery/escalation/")
        with django_assert_num_queries(9 + 1):  # the shell; policies
            client.get("/delivery/escalation/")
        with django_assert_num_queries(9 + 3):  # the policy, own addresses, who coordinates
            client.get(ADDRESS)


class TestTimeline:
    def test_it_names_whom_each_step_would_reach_now(self, cast: Cast, contact: AddContact, browse: Browse) -> None:
        office = {"hours": "office", "days": [1, 2, 3, 4, 5], "opens_at": time(8), "closes_at": time(16)}
        contact(cast.as_("gdynia"), "Office", "office@gdynia.example", **office)
        contact(cast.as_("gdynia"), "Watch", "watch@gdynia.example")
        contact(cast.as_("gdynia"), "Night", "night@gdynia.example")
        written = [(0, "remind"), (120, "next_contact"), (300, "all_contacts"), (600, "coordinator")]
        with time_machine.travel(datetime(2026, 11, 23, 1, 0, tzinfo=UTC), tick=False), acting_for(cast.as_("gdynia")) as acting:
            names = [sorted(stop.names) for stop in timeline(acting, None, "Severe", steps(*written))]
        assert names == [["Watch"], ["Night"], ["Night", "Office", "Watch"], ["Baltic Port Security Council"]]

    def test_a_regions_names_nobody_of_its_members(self, cast: Cast, contact: AddContact, browse: Browse) -> None:
        contact(cast.as_("gdynia"), "Watch", "watch@gdynia.example")
        page = browse("council").get(f"/delivery/escalation/{cast.regions['baltic'].pk}/all/").content.decode()
        assert "each member&#x27;s next contact" in page
        assert "Watch" not in page

    def test_the_picture_follows_what_is_written_and_not_yet_saved(self, cast: Cast, browse: Browse) -> None:
        page = browse("gdynia").post(ADDRESS, form_of([(3, "remind"), (20, "coordinator")], then="preview"))
        assert page.status_code == 200
        assert [stop.after for stop in page.context["drawn"]["stops"]] == [180, 1200]
        assert "2 steps, the last 20 min after the deadline" in page.content.decode()

    def test_numbers_never_cover_each_other(self, cast: Cast) -> None:
        close = [(n, "remind") for n in range(9)] + [(86_000, "coordinator")]
        with acting_for(cast.as_("gdynia")) as acting:
            places = [stop.x for stop in timeline(acting, None, "", steps(*close))]
        assert all(after - before >= 46 for before, after in pairwise(places))
        assert places[-1] <= 670

    @pytest.mark.parametrize("hour", range(0, 24, 3))
    @pytest.mark.parametrize("window", [(time(8), time(16)), (time(22), time(6)), (None, None)])
    def test_on_duty_is_what_the_database_says(self, cast: Cast, hour: int, window: Any) -> None:
        """The picture and the statement that tells must not differ."""
        here = datetime(2026, 11, 23, hour, 0, tzinfo=UTC)
        endpoint = Endpoint(days=[1, 5], opens_at=window[0], closes_at=window[1])
        asked = [endpoint.days, *window, here]
        said = rows("SELECT app_is_on_duty(%s::smallint[], %s, %s, 'UTC', %s)", asked, alias="system")
        assert said == [(is_on_duty(endpoint, here),)]
