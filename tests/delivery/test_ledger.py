"""The ledger: three views of one list, the whole history of a delivery, and how fast things go; addresses stay their owner's."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries

from incidents.actions import acknowledge_alert
from incidents.models import Alert
from portsec.access.acting import acting_for, as_system
from portsec.access.roles import Role
from portsec.delivery.escalation import escalate_due
from portsec.delivery.figures import figures_of, picture
from portsec.delivery.ledger import Choice, Show, ledger_page
from portsec.delivery.models import Delivery
from portsec.delivery.parcel import TransportError
from portsec.delivery.transports.email import EmailTransport
from tests.cast import Cast
from tests.delivery.conftest import AddContact, delivery_to, send
from tests.delivery.test_steer_escalation import browser, program

Publish = Callable[..., Alert]
START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
NAMES = ("gdansk", "gdynia", "riga", "coastguard", "council", "trieste")
SHELL = 9  # tests/incidents/test_alert_pages.py


@pytest.fixture
def alert(committed: Cast, publish: Publish, contact: AddContact) -> Alert:
    contact(committed.as_("gdynia"), "Duty officer", "duty@gdynia.example")
    contact(committed.as_("council"), "Duty desk", "desk@council.example")
    with time_machine.travel(START, tick=False):
        found = publish(committed.as_("gdansk"), "region")
        send()
    return found


def others(cast: Cast, name: str, **choice: Any) -> list[str]:
    """To whom the deliveries went that this organisation is shown, newest first."""
    with acting_for(cast.as_(name)) as acting:
        return [line.delivery.recipient.name for line in ledger_page(acting, Choice(**choice), limit=50).records]


def answer(cast: Cast, name: str, alert: Alert, when: datetime) -> None:
    with time_machine.travel(when, tick=False), acting_for(cast.as_(name)) as acting:
        acknowledge_alert(acting, Alert.objects.visible_to(acting).get(pk=alert.pk))


class TestViews:
    def test_each_organisation_sees_its_own_three_views(self, committed: Cast, alert: Alert) -> None:
        found = {name: [len(others(committed, name, show=show)) for show in Show] for name in NAMES}
        assert found == {  # sent, received, coordinated
            "gdansk": [4, 0, 0], "gdynia": [0, 1, 0], "riga": [0, 1, 0], "coastguard": [0, 1, 0],
            "council": [0, 1, 4], "trieste": [0, 0, 0],
        }  # fmt: skip

    def test_the_filters_narrow_it(self, committed: Cast, alert: Alert) -> None:
        answer(committed, "riga", alert, START + timedelta(minutes=1))
        with time_machine.travel(START + timedelta(hours=1), tick=False):
            asked: dict[str, dict[str, Any]] = {
                "state": {"state": "acknowledged"},
                "channel": {"channel": "email"},
                "organisation": {"organisation": committed.coastguard},
                "other kind": {"kind": "security_level_change"},
                "before": {"until": START.date() - timedelta(days=1)},
                "late": {"late": True},
            }
            found = {name: sorted(others(committed, "gdansk", **choice)) for name, choice in asked.items()}
        assert found == {
            "state": ["Port of Rīga"],
            "channel": ["Baltic Port Security Council", "Port of Gdynia"],
            "organisation": ["Baltic Coast Guard"],
            "other kind": [],
            "before": [],
            "late": ["Baltic Coast Guard", "Baltic Port Security Council", "Port of Gdynia"],
        }

    def test_a_day_is_a_day_of_the_organisations_clock(self, committed: Cast, publish: Publish) -> None:
        """23:30 UTC is the next day in Warsaw, and still the same for the coast guard, which keeps UTC."""
        late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
        with time_machine.travel(late, tick=False):
            publish(committed.as_("gdansk"), "region")
        day = late.date() + timedelta(days=1)
        assert len(others(committed, "gdansk", since=day, until=day)) == 4
        assert others(committed, "coastguard", show="received", since=day, until=day) == []

    def test_pages_go_on_where_the_last_one_ended_and_back(self, committed: Cast, publish: Publish) -> None:
        for number in range(3):
            publish(committed.as_("gdansk"), headline=f"Alert {number}")
        client, seen = program(committed, "gdansk"), []
        page = client.get("/api/v1/deliveries/?limit=4").json()
        seen += [one["id"] for one in page["results"]]
        following = client.get(page["next"]).json()
        seen += [one["id"] for one in following["results"]]
        assert (len(seen), len(set(seen)), following["next"]) == (6, 6, None)
        assert client.get(following["previous"]).json()["results"] == page["results"]

    def test_a_red_delivery_is_seen_by_its_named_persons_only(self, committed: Cast, publish: Publish) -> None:
        publish(committed.as_("gdansk"), "named", named=[committed.gdynia], persons=[committed.user("gdynia").pk], tlp="RED")
        assert others(committed, "gdynia", show="received") == ["Port of Gdynia"]
        with acting_for(committed.as_("gdynia", Role.DEPUTY)) as acting:
            assert ledger_page(acting, Choice(show="received"), limit=5).records == []


class TestHistory:
    def test_the_recipient_sees_its_own_address_and_the_others_channels_only(self, committed: Cast, alert: Alert) -> None:
        address = f"/deliveries/{delivery_to(committed.gdynia, alert.pk).pk}/"
        shown = {name: browser(committed, name).get(address) for name in NAMES}
        assert {name: page.status_code for name, page in shown.items()} == {
            "gdansk": 200, "gdynia": 200, "riga": 404, "coastguard": 404, "council": 200, "trieste": 404,
        }  # fmt: skip
        assert {name for name, page in shown.items() if "duty@gdynia.example" in page.content.decode()} == {"gdynia"}
        assert {name for name, page in shown.items() if "E-mail" in page.content.decode()} == {"gdansk", "gdynia", "council"}

    def test_it_holds_each_try_each_step_and_the_answer(self, committed: Cast, alert: Alert) -> None:
        with time_machine.travel(START + timedelta(hours=1), tick=False):
            escalate_due(START + timedelta(hours=1))
            send()
        answer(committed, "gdynia", alert, START + timedelta(hours=2))
        told = program(committed, "gdynia").get(f"/api/v1/deliveries/{delivery_to(committed.gdynia, alert.pk).pk}/").json()
        assert [one["step"] for one in told["escalation"]] == ["remind", "next_contact", "all_contacts", "coordinator"]
        sent = [(one["purpose"], one["step"], one["state"], one["endpoint"], len(one["attempts"])) for one in told["dispatches"]]
        assert sent[0] == ("tell", 0, "accepted", "Duty officer", 1)
        assert {one["recipient"]["name"] for one in told["dispatches"]} == {"Port of Gdynia"}, (
            "what its coordinator was sent is not its own"
        )
        assert (told["state"], told["answered_through"], told["next_steps"]) == ("acknowledged", "dashboard", [])

    def test_a_try_that_failed_says_why(
        self, committed: Cast, publish: Publish, contact: AddContact, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_arguments: Any) -> str:
            raise TransportError("The mail server answered 550", permanent=True)

        monkeypatch.setattr(EmailTransport, "send", refuse)
        contact(committed.as_("gdynia"), "Duty officer", "duty@gdynia.example")
        alert = publish(committed.as_("gdansk"))
        send()
        page = browser(committed, "gdansk").get(f"/deliveries/{delivery_to(committed.gdynia, alert.pk).pk}/").content.decode()
        assert "Refused for good: The mail server answered 550" in page
        told = program(committed, "gdansk").get(f"/api/v1/alerts/{alert.pk}/deliveries/").json()["results"]
        channels = {one["recipient"]["name"]: one["channels"] for one in told}
        assert [(one["state"], one["reason"]) for one in channels["Port of Gdynia"]] == [("failed", "The mail server answered 550")]

    def test_a_colleagues_own_address_is_not_shown(self, committed: Cast, publish: Publish) -> None:
        named = [committed.user("gdynia").pk, committed.user("gdynia", Role.DEPUTY).pk]
        alert = publish(committed.as_("gdansk"), "named", named=[committed.gdynia], persons=named, tlp="RED")
        send()
        told = browser(committed, "gdynia").get(f"/api/v1/deliveries/{delivery_to(committed.gdynia, alert.pk).pk}/").json()
        assert sorted(one["address"] or "-" for one in told["dispatches"]) == ["-", committed.user("gdynia").email]


class TestFigures:
    def answered(self, cast: Cast, publish: Publish, seconds: list[int], **content: Any) -> None:
        for took in seconds:
            with time_machine.travel(START, tick=False):
                alert = publish(cast.as_("gdansk"), "named", named=[cast.gdynia], **content)
            answer(cast, "gdynia", alert, START + timedelta(seconds=took))

    def test_medians_are_those_of_a_spreadsheet_and_exercises_stand_apart(self, committed: Cast, publish: Publish) -> None:
        self.answered(committed, publish, [10, 20, 30, 400, 5000])
        self.answered(committed, publish, [1, 1], is_exercise=True)
        with time_machine.travel(START + timedelta(days=1)), acting_for(committed.as_("gdansk")) as acting:
            real, exercises = figures_of(acting, Choice())
        answered = real.moments[2]
        assert (answered.n, answered.median, answered.p90) == (5, 30, pytest.approx(400 + 0.6 * 4600))
        assert [bar.count for bar in real.bars] == [3, 0, 1, 0, 1]
        assert (exercises.moments[2].n, exercises.moments[2].median) == (2, None), "fewer than 5 say more of one than of all"

    def test_the_picture_says_what_it_found_and_is_not_drawn_of_a_few(self, committed: Cast, publish: Publish) -> None:
        self.answered(committed, publish, [10, 20, 30, 400])
        with time_machine.travel(START + timedelta(days=1)), acting_for(committed.as_("gdansk")) as acting:
            assert picture(figures_of(acting, Choice())[0]) is None
        self.answered(committed, publish, [5000])
        with time_machine.travel(START + timedelta(days=1)):
            page = browser(committed, "gdansk").get("/deliveries/").content.decode()
        assert "4 of 5 answers came within 15 minutes" in page
        assert "90th percentile 52:40, n 5" in page

    def test_without_a_first_day_they_are_of_90_days(self, committed: Cast, publish: Publish) -> None:
        self.answered(committed, publish, [10])
        with time_machine.travel(START + timedelta(days=100)), acting_for(committed.as_("gdansk")) as acting:
            assert figures_of(acting, Choice())[0].is_empty
            assert figures_of(acting, Choice(since=START.date()))[0].moments[2].n == 1


class TestAsked:
    def test_wrong_filters_are_named_with_the_remedy(self, committed: Cast) -> None:
        client = program(committed, "gdansk")
        asked = {
            "show=all": "show",
            "state=lost": "state",
            "since=yesterday": "since",
            "late=yes": "late",
            "organisation=x": "organisation",
        }
        for query, field in asked.items():
            answer = client.get(f"/api/v1/deliveries/?{query}")
            assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, f"/{field}"), query
        assert "sent, received, coordinated" in client.get("/api/v1/deliveries/?show=all").json()["errors"][0]["detail"]
        assert browser(committed, "gdansk").get("/deliveries/?since=yesterday").status_code == 422

    def test_a_foreign_organisation_is_as_unknown_as_none(self, committed: Cast) -> None:
        client = program(committed, "gdansk")
        answers = [
            client.get(f"/api/v1/deliveries/?organisation={pk}").json()["errors"]
            for pk in (committed.trieste.pk, "00000000-0000-7000-8000-000000000000")
        ]
        assert answers[0] == answers[1]

    def test_a_count_counts_what_the_list_shows(self, committed: Cast, alert: Alert) -> None:
        found = {name: program(committed, name).get("/api/v1/deliveries/?count=true&show=received").json()["count"] for name in NAMES}
        assert found == {"gdansk": 0, "gdynia": 1, "riga": 1, "coastguard": 1, "council": 1, "trieste": 0}

    def test_it_links_to_the_file_with_the_same_filters(self, committed: Cast, alert: Alert) -> None:
        page = browser(committed, "gdansk").get("/deliveries/?state=queued").content.decode()
        assert "/api/v1/deliveries/?state=queued&amp;format=csv" in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "queries"),
    [
        ("/deliveries/", SHELL + 4),  # organisations to choose from, the page, its alerts, figures
        ("/deliveries/{pk}/", SHELL + 6),  # delivery; dispatches, their tries, own endpoints; steps; the alert
        ("/alerts/{alert}/", SHELL + 5),  # alert, messages; deliveries, dispatches, steps
    ],
)
def test_a_page_makes_the_same_queries_for_few_and_many(
    cast: Cast,
    publish: Publish,
    contact: AddContact,
    browse: Any,
    django_assert_num_queries: DjangoAssertNumQueries,
    address: str,
    queries: int,
) -> None:
    contact(cast.as_("gdynia"), "Duty officer", "duty@gdynia.example")
    alerts = [publish(cast.as_("gdansk"), "region", headline=f"Alert {number}") for number in range(3)]
    with acting_for(cast.as_("gdansk")):
        told = Delivery.objects.get(object_id=alerts[0].pk, recipient=cast.gdynia)
    client, path = browse("gdansk"), address.format(pk=told.pk, alert=alerts[0].pk)
    client.get(path)
    with django_assert_num_queries(queries):
        assert client.get(path).status_code == 200


def test_without_any_filter_the_database_shows_no_foreign_row(committed: Cast, alert: Alert) -> None:
    with as_system("tests"):
        assert Delivery.objects.count() == 4
    found = {}
    for name in NAMES:
        with acting_for(committed.as_(name)):
            found[name] = Delivery.objects.count()
    assert found == {"gdansk": 4, "gdynia": 1, "riga": 1, "coastguard": 1, "council": 4, "trieste": 0}
