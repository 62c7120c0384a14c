"""Extreme asks twice: the port's name in letters, and a second factor of this shift."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import composer, totp
from tests.browser.conftest import PASSWORD, People

pytestmark = pytest.mark.browser


def add_an_app(page: Page) -> list[str]:
    """Through the pages, from the link that the refusal shows. Returns the recovery codes."""
    page.get_by_role("link", name="Add an app").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Add an app as second factor")
    secret = page.locator("code.key").inner_text()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    while not page.url.endswith("/recovery-codes/"):  # a code that has just run out is refused: then the next one
        page.get_by_label("Authenticator code").fill(totp.code(secret))
        with page.expect_navigation():
            page.get_by_role("button", name="Add the app").click()
    return page.locator("textarea").input_value().split()


def test_an_extreme_alert_asks_for_the_ports_name_and_for_a_second_factor(people: People) -> None:
    page = people("deputy.fihel", at="/alerts/new/", fresh=True)
    people.watch(page).foresee("status of 422", "status of 403")
    composer.fill(page, "Explosion at the fuel pier", severity="Extreme")
    composer.name_organisations(page, "Port of Kotka")
    composer.review(page)
    review = page.url
    expect(page.locator("main")).to_contain_text("An Extreme alert asks for your second factor.")
    expect(page.get_by_role("button", name="Send to 1")).to_have_attribute("aria-disabled", "true")
    page.get_by_role("link", name="Add second factor").click()
    codes = add_an_app(page)
    page.goto(review)
    page.get_by_role("link", name="Confirm second factor").click()
    page.get_by_label("Code").fill(codes[0])
    page.get_by_role("button", name="Confirm").click()
    expect(page).to_have_url(review)
    expect(page.locator("main")).not_to_contain_text("asks for your second factor")

    page.get_by_label("Type HELSINKI to send").fill("KOTKA")
    page.get_by_role("button", name="Send to 1").click()
    expect(page.locator("[data-error-summary]")).to_be_focused()
    expect(page.locator("[data-error-summary]")).to_contain_text("Type HELSINKI to send")
    expect(page).to_have_title(re.compile("^Error: "))
    recipient = people("pfso.fiktk")
    assert "Explosion at the fuel pier" not in recipient.content()

    page.get_by_label("Type HELSINKI to send").fill("helsinki")
    alert = composer.send(page)
    row = recipient.locator(f"[data-alerts] [data-alert='{alert}']")
    expect(row).to_have_attribute("data-severity", "extreme")
    expect(recipient.locator("[data-say=alert]")).to_contain_text("Extreme alert from Port of Helsinki")

    page.goto(f"/alerts/{alert}/")  # cancelling is never blocked
    page.get_by_role("button", name="Cancel alert").click()
    page.get_by_role("dialog").get_by_label("Reason").fill("A drill of the fire brigade.")
    page.get_by_role("dialog").get_by_role("button", name="Cancel alert").click()
    expect(row).to_have_count(0)


def test_without_a_second_factor_the_button_sends_nothing_and_says_why(people: People) -> None:
    page = people("deputy.sesto", at="/alerts/new/")
    people.watch(page).foresee("status of 4(03|22)")
    composer.fill(page, "Gunfire at gate 1", severity="Extreme")
    composer.name_organisations(page, "Port of Kotka")
    composer.review(page)
    page.get_by_label("Type STOCKHOLM to send").fill("STOCKHOLM")
    page.get_by_role("button", name="Send to 1").click(force=True)
    expect(page.locator("main")).to_contain_text("second factor")
    expect(page.locator("#board")).to_have_count(0)
    page.goto("/alerts/?show=sent")
    expect(page.locator("main")).not_to_contain_text("Gunfire at gate 1")
    page.goto("/alerts/?show=drafts")
    expect(page.locator("#alert-list")).to_contain_text("Gunfire at gate 1")  # the draft waits
