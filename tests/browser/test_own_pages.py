"""A person's own things: for whom one acts, how the pages look, the end of a session."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import People
from tests.browser.stack import Stack

pytestmark = pytest.mark.browser

NOTE_THEMES = """
globalThis.themes = new Set();
const note = () => document.body && globalThis.themes.add(getComputedStyle(document.body).backgroundColor);
new MutationObserver(note).observe(document, { childList: true, subtree: true, attributes: true });
"""


def test_maria_acts_for_gdynia_too(people: People, stack: Stack) -> None:
    alert = stack.raise_alert("pfso.plswi", "For Gdynia alone", "pfso.plgdy")
    page = people("pfso.plgdn", fresh=True)
    expect(page.locator("main")).not_to_contain_text("For Gdynia alone")
    page.locator("summary", has_text="Port of Gdańsk").click()
    page.get_by_role("button", name="Port of Gdynia Deputy").click()
    expect(page.locator("summary", has_text="Port of Gdynia")).to_be_visible()
    expect(page.locator(f"[data-alerts] [data-alert='{alert['id']}']")).to_be_visible()
    expect(page.locator("[data-live]")).to_have_attribute("data-state", "live")
    later = stack.raise_alert("pfso.plswi", "For Gdynia alone, live", "pfso.plgdy")
    row = page.locator(f"[data-alerts] [data-alert='{later['id']}']")
    row.get_by_role("button", name="Acknowledge").click()
    expect(row).to_have_count(0)
    board = people("pfso.plswi", at=f"/alerts/{later['id']}/")
    expect(board.locator("#board tbody tr")).to_contain_text("M. Zielińska")


def ground(page: Page) -> str:
    return str(page.evaluate("() => getComputedStyle(document.body).backgroundColor"))


def test_the_chosen_theme_holds_on_the_next_page_without_a_flash(people: People) -> None:
    page = people("deputy.fitku", color_scheme="dark", script=NOTE_THEMES)
    dark = ground(page)
    with page.expect_response("**/theme/"):
        page.get_by_role("button", name="Switch between dark and light").click()
    light = ground(page)
    assert light != dark
    page.goto("/alerts/")
    assert page.evaluate("() => [...globalThis.themes]") == [light]
    with page.expect_response("**/theme/"):
        page.get_by_role("button", name="Switch between dark and light").click()
    page.reload()
    assert ground(page) == dark
    page.goto("/account/you/")
    page.get_by_label("Light or dark").select_option("")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("[data-toasts]")).to_contain_text("Saved.")
    page.emulate_media(color_scheme="light")
    assert ground(page) == light  # the system's preference decides again


def test_signing_out_ends_the_session(people: People) -> None:
    page = people("deputy.plswi", fresh=True)
    page.locator("summary.me").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.goto("/alerts/")
    expect(page).to_have_url(re.compile("/account/login/"))


def test_a_wrong_password_says_so_and_keeps_the_address(people: People) -> None:
    page = people(at="/account/login/")
    people.watch(page).foresee("status of 4")
    page.get_by_label("Email").fill("pfso.plswi@demo.example")
    page.get_by_label("Password").fill("not-the-password")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator(".error-summary")).to_be_visible()
    expect(page).to_have_title("Error: Sign in · PortSec")
    expect(page.get_by_label("Email")).to_have_value("pfso.plswi@demo.example")


def test_a_forgotten_password_is_renewed_through_the_demos_mail(people: People) -> None:
    page = people(at="/account/login/")
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("Email").fill("deputy.lvlpx@demo.example")
    page.get_by_role("button", name="Send me a link").click()
    expect(page).to_have_url(re.compile("/password/reset/done/"))
    page.goto("/demo/mail/")
    page.locator("a.cover").first.click()
    expect(page.locator(".mail-body")).to_contain_text("/account/password/reset/key/")
