"""The main job: one port tells the others, sees who has answered, and nobody else learns of it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import composer
from tests.browser.conftest import PASSWORD, People
from tests.browser.stack import Stack
from tests.browser.watch import Watch

pytestmark = pytest.mark.browser

WITHIN = 1000  # ms, from the sender's click to the recipient's row
NOTE_CLICK = "addEventListener('click', (event) => event.isTrusted && sessionStorage.setItem('clicked', Date.now()), true)"
NOTE_ROW = """(headline) => {
  const note = () => {
    const row = [...document.querySelectorAll('[data-alerts] h3')].find((title) => title.textContent === headline);
    if (row) globalThis.rowAt ??= Date.now();
  };
  new MutationObserver(note).observe(document.querySelector('[data-alerts]'), { childList: true, subtree: true, characterData: true });
}"""


@pytest.fixture
def note_latency(record_property: Callable[[str, object], None], capsys: pytest.CaptureFixture[str]) -> Callable[[str, float], None]:
    def note(what: str, milliseconds: float) -> None:
        record_property(what, milliseconds)
        with capsys.disabled():
            print(f"\n  {what}: {milliseconds:.0f} ms", end=" ")

    return note


def unanswered(page: Page) -> int:
    return int(page.evaluate("() => document.querySelectorAll('[data-alerts] > li:not(.is-exercise)').length"))


def test_the_officer_of_gdansk_signs_in_and_sees_where_the_region_stands(people: People) -> None:
    page = people(at="/account/login/")
    page.get_by_label("Email").fill("pfso.plgdn@demo.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Baltic region")
    expect(page.locator("#levels .levels li")).to_have_count(15)
    expect(page.locator("[data-live]")).to_have_attribute("data-state", "live")
    expect(page.locator(".leaflet-map .port-mark")).to_have_count(15)
    expect(page.locator(".leaflet-map path.land")).to_be_attached()
    expect(page.locator(".leaflet-map")).not_to_have_attribute("aria-busy", "true")


def test_an_alert_to_the_ports_of_the_region_is_there_within_a_second(
    people: People, other_chromium: Browser, note_latency: Callable[[str, float], None]
) -> None:
    headline = "Smoke over the oil quay"
    recipient = people("pfso.dersk", browser=other_chromium)
    waiting, watch = unanswered(recipient), people.watch(recipient)
    sender = people("pfso.plgdn", at="/alerts/new/", script=NOTE_CLICK)
    outsider = people("coastguard", browser=other_chromium)
    outsiders_title, outsiders_watch = outsider.title(), people.watch(outsider)
    composer.fill(sender, headline)
    expect(sender.locator("#preview")).to_contain_text("Will reach 14 organisations")
    expect(sender.locator("[data-send]")).to_have_text("Review and send to 14")
    composer.review(sender)
    expect(sender.locator("#reach-title")).to_have_text("Will reach 14 organisations")
    expect(sender.locator(".chips li")).to_have_count(14)
    recipient.evaluate(NOTE_ROW, headline)
    watch.forget()
    outsiders_watch.forget()

    alert = composer.send(sender)
    row = recipient.locator(f"[data-alerts] [data-alert='{alert}']")
    expect(row).to_contain_text(headline)
    latency = recipient.evaluate("() => globalThis.rowAt") - float(sender.evaluate("() => sessionStorage.clicked"))
    note_latency("from the sender's click to the row on the recipient's dashboard", latency)
    assert 0 < latency < WITHIN

    expect(sender.locator("#board tbody tr")).to_have_count(14)
    expect(recipient.locator("[data-say=alert]")).to_contain_text(f"Severe alert from Port of Gdańsk: {headline}")
    expect(recipient.locator("[data-say=alert]")).to_have_attribute("role", "alert")
    assert recipient.title().startswith(f"({waiting + 1}) ")
    expect(board_row(sender, "Port of Rostock")).to_contain_text("Seen")
    assert watch.requests == []  # the line has brought it all, and taken the marks back

    row.get_by_role("button", name="Acknowledge").click()
    expect(row).to_have_count(0)
    expect(board_row(sender, "Port of Rostock")).to_contain_text("Acknowledged")
    expect(board_row(sender, "Port of Rostock")).to_contain_text("H. Petersen")
    assert recipient.title().startswith(f"({waiting}) ") or waiting == 0

    assert outsider.title() == outsiders_title
    assert [frame for frame in watch.frames if headline in frame]  # what the outsider must not have got
    sees_no_trace(outsider, outsiders_watch, alert, headline)


def board_row(page: Page, organisation: str) -> object:
    return page.locator("#board tbody tr").filter(has=page.get_by_role("rowheader", name=organisation, exact=True))


def sees_no_trace(page: Page, watch: Watch, alert: str, headline: str) -> None:
    """Neither on the open page nor in what came over its socket, nor where a person would look for it."""
    assert headline not in page.content()
    assert not [frame for frame in watch.frames if alert in frame or headline in frame]
    for address in ("/", "/alerts/?show=all", f"/alerts/?show=all&search={headline}", f"/search/?q={headline}"):
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert headline not in page.locator("main").inner_text().replace(f"“{headline}”", "")
    watch.foresee("status of 404")
    for address in (f"/alerts/{alert}/", f"/alerts/{alert}/history/", f"/alerts/{alert}/board/"):
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 404
        assert headline not in page.content()
    assert page.context.request.get(f"/api/v1/alerts/{alert}/").status == 404
    assert not [change for change in changes(page) if alert in json.dumps(change) or headline in json.dumps(change, ensure_ascii=False)]


def changes(page: Page) -> list[Any]:
    """Everything that the journal tells this person's organisation."""
    found: list[Any] = []
    cursor, more = "", True
    while more:
        answer = page.context.request.get(f"/api/v1/changes/?limit=200{cursor and f'&cursor={cursor}'}").json()
        found += answer["results"]
        cursor, more = answer["cursor"], answer["more"]
    assert found
    return found


def test_a_linked_region_sees_only_what_is_sent_to_linked_regions(people: People) -> None:
    neighbour = people("pfso.segot")
    sender = people("pfso.plswi", at="/alerts/new/")
    composer.fill(sender, "Ferry ramp closed for this region only", tlp="GREEN", severity="Moderate")
    composer.review(sender)
    near = composer.send(sender)
    sender.goto("/alerts/new/")
    composer.fill(sender, "Stolen passes, here and beyond", tlp="GREEN", severity="Moderate", to="linked_regions")
    composer.review(sender)
    far = composer.send(sender)
    expect(neighbour.locator(f"[data-alerts] [data-alert='{far}']")).to_contain_text("Stolen passes, here and beyond")
    sees_no_trace(neighbour, people.watch(neighbour), near, "Ferry ramp closed for this region only")


def test_updates_and_the_cancellation_reach_open_dashboards(people: People, stack: Stack) -> None:
    sender = people("pfso.sekaa", at="/alerts/new/")
    recipient = people("pfso.sevby")
    composer.fill(sender, "Rope across the fairway", severity="Moderate", tlp="AMBER")
    composer.name_organisations(sender, "Port of Visby", "Port of Stockholm")
    expect(sender.locator("#preview")).to_contain_text("Will reach 2 organisations")
    composer.review(sender)
    alert = composer.send(sender)
    row = recipient.locator(f"[data-alerts] [data-alert='{alert}']")
    expect(row).to_contain_text("Rope across the fairway")
    expect(row).to_have_attribute("data-severity", "moderate")

    sender.get_by_role("link", name="Send update").click()
    sender.get_by_label("What is new").fill("It is a steel cable, two metres deep.")
    sender.get_by_label("Headline").fill("Steel cable across the fairway")
    composer.pick(sender, "severity", "Severe")
    sender.get_by_role("button", name="Send update").click()
    expect(sender.locator("#chain")).to_contain_text("It is a steel cable, two metres deep.")
    expect(row).to_contain_text("Steel cable across the fairway")
    expect(row).to_have_attribute("data-severity", "severe")

    sender.get_by_role("button", name="Cancel alert").click()
    dialog = sender.get_by_role("dialog")
    expect(dialog).to_contain_text("2 organisations were told")
    dialog.get_by_label("Reason").fill("Cable removed.")
    dialog.get_by_role("button", name="Cancel alert").click()
    expect(sender.locator("#alert-head")).to_contain_text("It no longer holds")
    expect(sender.get_by_role("link", name="Send update")).to_have_count(0)
    expect(row).to_have_count(0)
    recipient.get_by_role("button", name="Show 3 new").click()
    expect(recipient.locator("[data-feed] li").first).to_contain_text("Port of Karlskrona cancelled")


def test_an_alert_that_runs_out_leaves_open_pages(people: People, stack: Stack) -> None:
    alert = stack.raise_alert("pfso.plswi", "Short road closure", "pfso.fiktk", expires_at=moment(seconds=8))
    dashboard = people("pfso.fiktk")
    detail = people("pfso.fiktk", at=f"/alerts/{alert['id']}/")
    expect(detail.get_by_role("button", name="Acknowledge")).to_be_visible()
    expect(dashboard.locator(f"[data-alerts] [data-alert='{alert['id']}']")).to_be_visible()
    expect(dashboard.locator(f"[data-alerts] [data-alert='{alert['id']}']")).to_have_count(0, timeout=20_000)
    expect(detail.locator("#alert-head")).to_contain_text("Expired")
    expect(detail.get_by_role("button", name="Acknowledge")).to_have_count(0)


def moment(*, seconds: int) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def test_a_draft_is_kept_taken_up_and_discarded_and_nobody_hears_of_it(people: People) -> None:
    neighbour = people("pfso.fitku")
    watch = people.watch(neighbour)
    page = people("pfso.eetll", at="/alerts/new/")
    composer.fill(page, "Perhaps a diver below the bridge", to="region_ports")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Edit the draft")
    expect(page.locator("[data-toasts]")).to_contain_text("Draft saved. Nobody has been told.")
    expect(page.get_by_label("Headline")).to_have_value("Perhaps a diver below the bridge")
    colleague = people("deputy.eetll", at="/")
    expect(colleague.locator("#waits")).to_contain_text("Perhaps a diver below the bridge")
    colleague.get_by_role("link", name="Perhaps a diver").click()
    colleague.get_by_role("button", name="Discard draft").click()
    expect(colleague.locator("[data-toasts]")).to_contain_text("Draft discarded. Nobody had been told.")
    colleague.goto("/alerts/?show=drafts")
    expect(colleague.locator("main")).not_to_contain_text("Perhaps a diver")
    assert not [frame for frame in watch.frames if "diver" in frame]


def test_an_observer_reads_and_is_told_why_the_button_does_nothing(people: People, stack: Stack) -> None:
    alert = stack.raise_alert("pfso.plswi", "Crane with a cut cable", "pfso.plgdn", severity="Minor")
    page = people("observer.plgdn")
    row = page.locator(f"[data-alerts] [data-alert='{alert['id']}']")
    button = row.get_by_role("button", name="Acknowledge")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(page.locator("#why-not")).to_contain_text("As Observer you read alerts")
    expect(page.get_by_role("link", name="Raise alert")).to_have_count(0)
