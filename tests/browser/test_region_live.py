"""A level that changes, and the wall of a control room: both move by themselves, on real pages, without a reload."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import People
from tests.browser.stack import Stack
from tests.browser.test_live_line import LOST, PATIENCE

pytestmark = pytest.mark.browser

REASON = "Forged passes at the ferry gate"
TURN = 30_000  # ms: two turns of a panel, and then some


def stays(page: Page) -> Page:
    """Marks the page, so that a reload shows."""
    page.evaluate("() => { globalThis.sameAsBefore = true; }")
    return page


def has_stayed(page: Page) -> bool:
    return bool(page.evaluate("() => globalThis.sameAsBefore === true"))


def set_level(page: Page, level: int, reason: str) -> None:
    page.locator(f"[name=level][value='{level}']").check()
    page.get_by_label("Reason").fill(reason)
    page.get_by_role("button", name="Set level").click()
    expect(page).to_have_url(re.compile(r"/levels/[0-9a-f-]{36}/"))


def test_a_level_that_an_officer_sets_changes_the_neighbours_strip_board_and_map(people: People) -> None:
    pages = [stays(people("pfso.fihel", at=at)) for at in ("/", "/region/", "/wall/")]
    dashboard, board, wall = pages
    strip = dashboard.locator("#levels [data-port=FITKU]")
    row, marker = board.locator("#board [data-port=FITKU]"), board.locator(".port-mark a[href='/ports/FITKU/']")
    expect(strip.locator(".level")).to_have_text("1")
    expect(marker).to_have_attribute("aria-label", re.compile("^Turku, level 1, normal"))
    set_level(people("pfso.fitku", at="/levels/new/"), 2, REASON)
    expect(strip.locator(".level")).to_have_text("2")
    expect(strip.locator("[data-level-words]")).to_have_text(", level 2, heightened")
    expect(row.locator(".level")).to_have_text("2")
    expect(marker).to_have_attribute("aria-label", re.compile("^Turku, level 2, heightened"))
    expect(wall.locator("#levels [data-port=FITKU] .level")).to_have_text("2")
    for reasons in (dashboard.locator("#levels .raised-list"), row, wall.locator("#levels .raised-list"), wall.locator("#wall-feed")):
        expect(reasons).to_contain_text(REASON, timeout=20_000)  # they come after a random delay
    assert all(has_stayed(page) for page in pages)


def test_two_events_within_seconds_refresh_what_each_of_them_changed(people: People) -> None:
    page = people("pfso.fihel", at="/ports/LVLPX/")
    page.locator("#level-history a.cover").first.click()
    change = page.locator("[data-level-change]").get_attribute("data-level-change")
    parts = page.locator("#level-head, #told")
    expect(parts).to_have_count(2)
    parts.evaluate_all("(found) => found.forEach((part) => { part.dataset.old = ''; })")
    tell = "([name, detail]) => document.dispatchEvent(new CustomEvent(name, { detail }))"
    page.evaluate(tell, ["portsec:entry", {"verb": "level.changed"}])
    page.evaluate(tell, ["portsec:deliveries", [change]])
    expect(page.locator("[data-old]")).to_have_count(0)
    expect(parts).to_have_count(2)


def test_the_board_sorts_and_filters_by_keyboard_alone(people: People) -> None:
    page = people("pfso.fihel", at="/region/")
    names = page.locator("#board tbody th a.row")
    expect(names.first).to_have_text("Port of Rostock")
    page.locator("#board thead a", has_text="Port").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#board thead th").first).to_have_attribute("aria-sort", "ascending")
    expect(names.first).to_have_text("Port of Gdańsk")
    page.keyboard.press("j")
    expect(names.first).to_be_focused()
    page.get_by_label("Search a port").fill("turku")
    page.keyboard.press("Enter")
    expect(names).to_have_count(1)
    expect(page).to_have_url(re.compile("order=port"))


def test_a_file_of_the_board_is_two_presses_away(people: People) -> None:
    page = people("pfso.fihel", at="/region/?search=turku")
    page.locator(".export summary").first.click()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV file").click()
    assert download.value.suggested_filename == "region.csv"
    assert "Port of Turku" in download.value.path().read_text(encoding="utf-8-sig")


def test_the_wall_follows_alerts_keeps_restricted_ones_for_a_desk_and_takes_turns(people: People, stack: Stack) -> None:
    page = stays(people("pfso.fihel", at="/wall/"))
    alerts, place = page.locator("#wall-alerts"), page.locator("#wall-alerts [data-wall-place]")
    stack.raise_alert("pfso.fitku", "Quay crane camera dark", "pfso.fihel", severity="Severe")
    expect(alerts).to_contain_text("Quay crane camera dark")
    stack.raise_alert("pfso.fitku", "Informant at the gate", "pfso.fihel", tlp="AMBER+STRICT")
    expect(alerts).to_contain_text("A restricted alert waits. Open it at a desk.")
    timer = alerts.locator("[role=timer]").first
    before = timer.text_content()
    expect(timer).not_to_have_text(before or "")
    for number in range(8):
        stack.raise_alert("pfso.fitku", f"Fence sensor {number} silent", "pfso.fihel", severity="Minor")
    expect(place).to_have_text(re.compile(r"^1 of \d+$|^\d+ of \d+$"))
    expect(place).to_have_text(re.compile(r"^2 of \d+$"), timeout=TURN)
    assert page.evaluate("() => { scrollTo(0, 500); return scrollY; }") == 0
    assert page.evaluate("() => document.querySelector('.wall-foot').getBoundingClientRect().bottom <= innerHeight")
    whole = page.content()
    for hidden in ("Informant", "E. Mäki", "Eero Mäki"):
        assert hidden not in whole, hidden
    assert page.locator("form, [data-acknowledge]").count() == 0
    assert has_stayed(page)


def test_the_wall_outlives_a_lost_line_and_a_web_process(people: People, stack: Stack) -> None:
    page = stays(people("pfso.fihel", at="/wall/"))
    people.watch(page).foresee(*LOST, "Failed to load resource")
    state = page.locator("[data-live]")
    page.context.set_offline(True)
    expect(state).to_have_attribute("data-state", "offline")
    stack.raise_alert("pfso.fitku", "Sent while the wall was offline", "pfso.fihel", severity="Severe")
    page.context.set_offline(False)
    expect(state).to_have_attribute("data-state", "live", timeout=PATIENCE)
    expect(page.locator("#wall-alerts")).to_contain_text("Sent while the wall was offline", timeout=PATIENCE)
    stack.kill("portsec.up.web")
    expect(state).to_have_attribute("data-state", "offline", timeout=PATIENCE)
    expect(state).to_have_attribute("data-state", "live", timeout=PATIENCE)
    assert has_stayed(page)


def test_a_locked_browser_shows_the_wall_and_nothing_else(people: People) -> None:
    page = people("pfso.fihel", at="/region/", fresh=True)
    page.locator(".menu summary", has_text="Wall screen").click()
    page.get_by_role("button", name="Lock this browser to it").click()
    expect(page).to_have_url(re.compile(r"/wall/\?region="))
    page.goto("/alerts/new/")
    expect(page).to_have_url(re.compile(r"/wall/$"))
    expect(page.locator("[data-live]")).to_have_attribute("data-state", "live")
    page.goto("/account/logout/")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
