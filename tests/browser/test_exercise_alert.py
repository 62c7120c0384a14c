"""An exercise is marked wherever it stands, and never counted among what is real."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import composer
from tests.browser.conftest import People
from tests.browser.stack import Stack
from tests.browser.test_sound import COUNT_TONES, tones

pytestmark = pytest.mark.browser


def test_an_exercise_is_marked_everywhere_and_kept_apart(people: People) -> None:
    headline = "Rehearsal: diver below the quay wall"
    recipient = people("pfso.lvrix")
    title, real = recipient.title(), recipient.locator("[data-alert-count]").inner_text()
    sender = people("pfso.lvlpx", at="/alerts/new/")
    sender.get_by_label("This is an exercise").check()
    expect(sender.locator("[data-exercise-band]")).to_have_text("EXERCISE, NOT REAL")
    composer.fill(sender, headline)
    composer.name_organisations(sender, "Port of Rīga")
    composer.review(sender)
    expect(sender.locator("#main > p.band")).to_have_text("EXERCISE, NOT REAL")
    alert = composer.send(sender)
    expect(sender.locator("#main > p.band")).to_have_text("EXERCISE, NOT REAL")
    expect(sender.locator("#alert-head .badge.exercise")).to_have_text("EXERCISE")

    rows = recipient.locator("[data-alerts] > li")
    row = recipient.locator(f"[data-alerts] [data-alert='{alert}']")
    expect(row.locator(".band")).to_have_text("EXERCISE")
    expect(row).to_have_class("alert-row is-exercise entering")
    expect(rows.last.locator(".band")).to_be_visible()  # exercises stand last
    assert recipient.title() == title
    assert recipient.locator("[data-alert-count]").inner_text() == real
    expect(recipient.locator("[data-exercise-count]")).to_contain_text("exercise")
    expect(recipient.locator("[data-say=status]")).to_contain_text("Exercise. Severe alert from Port of Liepāja")
    expect(recipient.locator("[data-say=alert]")).to_be_empty()
    recipient.locator("[data-feed-new]").click()
    expect(recipient.locator("[data-feed] li", has_text=headline).locator(".badge.exercise")).to_be_visible()

    for address in ("/alerts/?show=waiting", f"/search/?q={headline}"):
        recipient.goto(address)
        expect(recipient.locator("li", has_text=headline).locator(".badge.exercise")).to_have_text("EXERCISE")
    recipient.goto("/alerts/?show=waiting&hide_exercises=on")
    expect(recipient.locator("#alert-list")).not_to_contain_text(headline)
    recipient.goto(f"/alerts/{alert}/")
    expect(recipient.locator("#main > p.band")).to_have_text("EXERCISE, NOT REAL")
    recipient.get_by_role("button", name="Acknowledge").click()
    expect(recipient.locator("#answer")).to_contain_text("acknowledged at")


def test_an_exercise_sounds_softly_and_once(people: People, stack: Stack) -> None:
    recipient = people("staff.plgdn", script=COUNT_TONES)
    answer_all(recipient)
    recipient.locator("[data-sound]").click()
    recipient.wait_for_function("() => globalThis.tones.length > 0")  # the chime of consent
    before = len(tones(recipient))
    alert = stack.raise_alert("pfso.lvlpx", "Rehearsal: smoke in hall 2", "pfso.plgdn", is_exercise=True)
    expect(recipient.locator(f"[data-alerts] [data-alert='{alert['id']}']")).to_be_visible()
    soft = tones(recipient)[before:]
    assert len(soft) == 2
    assert max(tone["loudness"] for tone in soft) < 0.2
    assert max(tone["pitch"] for tone in soft) < 500


def answer_all(page: Page) -> None:
    """Everything real that waits here is answered, so that only what the test sends can sound."""
    buttons = page.locator("[data-alerts] > li:not(.is-exercise)").get_by_role("button", name="Acknowledge")
    while count := buttons.count():
        buttons.first.click()
        expect(buttons).to_have_count(count - 1)
