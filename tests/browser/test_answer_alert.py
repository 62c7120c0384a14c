"""A recipient reads and answers: with a mouse, with the keyboard alone, without script, on a phone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD, People
from tests.browser.stack import Stack

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
THUMB = 44  # px


def test_without_script_one_signs_in_reads_and_acknowledges(people: People, stack: Stack) -> None:
    alert = stack.raise_alert("pfso.plswi", "Oil slick off the pilot station", "pfso.fitku")
    page = people(at="/account/login/", java_script_enabled=False)
    page.get_by_label("Email").fill("pfso.fitku@demo.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    row = page.locator(f"[data-alerts] [data-alert='{alert['id']}']")
    row.get_by_role("link", name="Oil slick off the pilot station").click()
    expect(page.locator("#answer")).to_contain_text("Look over your outer anchorage.")
    page.get_by_label("Remark").fill("Boat sent")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.locator("[data-toasts]")).to_contain_text(f"Acknowledged {alert['ref_id']}")
    expect(page.locator("#answer")).to_contain_text("E. Mäki acknowledged at")
    expect(page.locator("#answer")).to_contain_text("“Boat sent”")
    page.goto("/")
    expect(row).to_have_count(0)


def test_without_script_the_row_itself_is_enough(people: People, stack: Stack) -> None:
    alert = stack.raise_alert("pfso.plswi", "Barrel adrift at buoy 4", "pfso.fitku")
    page = people("pfso.fitku", java_script_enabled=False)
    row = page.locator(f"[data-alerts] [data-alert='{alert['id']}']")
    row.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Baltic region")
    expect(row).to_have_count(0)


def test_a_remark_goes_with_the_answer_of_the_detail_page(people: People, stack: Stack) -> None:
    alert = stack.raise_alert("pfso.dersk", "Two containers without seal", "pfso.lvvnt")
    page = people("pfso.lvvnt", at=f"/alerts/{alert['id']}/")
    board = people("pfso.dersk", at=f"/alerts/{alert['id']}/")
    expect(board.locator("#board tbody tr")).to_contain_text("Seen")
    page.get_by_label("Remark").fill("Both held at gate 2")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.locator("#answer")).to_contain_text("“Both held at gate 2”")
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)
    expect(board.locator("#board tbody tr")).to_contain_text("A. Kalniņš: “Both held at gate 2”")


def focused_alert(page: Page) -> str | None:
    found: str | None = page.evaluate("() => document.activeElement.closest('[data-alert]')?.dataset.alert ?? null")
    return found


def test_the_keyboard_alone_is_enough(people: People, stack: Stack) -> None:
    for number in (1, 2, 3):
        stack.raise_alert("pfso.plswi", f"Fence cut at gate {number}", "pfso.sesto")
    page = people("pfso.sesto")
    rows = page.locator("[data-alerts] > li").evaluate_all("(rows) => rows.map((row) => row.dataset.alert)")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("j")
    assert focused_alert(page) == rows[0]
    page.keyboard.press("j")
    assert focused_alert(page) == rows[1]
    page.keyboard.press("k")
    assert focused_alert(page) == rows[0]
    page.keyboard.press("a")
    expect(page.locator(f"[data-alerts] [data-alert='{rows[0]}']")).to_have_count(0)
    assert focused_alert(page) == rows[1]  # the next row, not the top of the page
    page.keyboard.press("Tab")
    expect(page.locator(f"[data-alert='{rows[1]}']").get_by_role("button", name="Acknowledge")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(f"[data-alerts] [data-alert='{rows[1]}']")).to_have_count(0)
    assert focused_alert(page) == rows[2]
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/alerts/{rows[2]}/$"))


def test_single_letters_lead_everywhere_and_can_be_turned_off(people: People) -> None:
    page = people("pfso.sesto")
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keyboard")
    expect(keys).to_be_visible()
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search", exact=True)).to_be_focused()
    page.keyboard.type("na?")  # letters in a field are letters
    expect(page.get_by_role("searchbox", name="Search", exact=True)).to_have_value("na?")
    page.locator("#main").focus()
    page.keyboard.press("g")
    page.keyboard.press("a")
    expect(page.get_by_role("heading", level=1)).to_have_text("Alerts")
    page.keyboard.press("n")
    expect(page.get_by_role("heading", level=1)).to_have_text("Raise an alert")
    page.goto("/")
    page.keyboard.press("?")
    keys.get_by_label("Use single-letter keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.keyboard.press("g")
    page.keyboard.press("a")
    expect(page.get_by_role("heading", level=1)).to_have_text("Baltic region")


def test_a_row_in_focus_stays_where_it_is_when_a_worse_alert_comes(people: People, stack: Stack) -> None:
    stack.raise_alert("pfso.plswi", "Padlock missing", "pfso.lvlpx", severity="Minor")
    page = people("pfso.lvlpx")
    first = page.locator("[data-alerts] > li").first
    held = first.get_attribute("data-alert")
    first.locator("h3 a").focus()
    top = first.bounding_box()
    alert = stack.raise_alert("pfso.plswi", "Shots at the ferry terminal", "pfso.lvlpx", severity="Extreme", tlp="AMBER")
    expect(page.locator(f"[data-alerts] [data-alert='{alert['id']}']")).to_be_visible()
    assert focused_alert(page) == held
    assert page.locator(f"[data-alert='{held}']").first.bounding_box() == top
    page.locator("h1").click()
    page.locator(f"[data-alert='{held}'] h3 a").evaluate("(link) => link.blur()")
    expect(page.locator("[data-alerts] > li").first).to_have_attribute("data-severity", "extreme")


def test_a_thumb_finds_what_it_needs_on_a_phone(people: People, stack: Stack) -> None:
    alert = stack.raise_alert("pfso.plswi", "Drone over the ro-ro ramp", "pfso.plgdy")
    page = people("pfso.plgdy", **PHONE)
    bar = page.get_by_role("navigation", name="Main")
    box = bar.bounding_box()
    assert box is not None
    assert round(box["y"] + box["height"]) == PHONE["viewport"]["height"]
    for target in bar.locator("a:visible, summary:visible").all():
        size = target.bounding_box()
        assert size is not None
        assert size["height"] >= THUMB, target.inner_text()
        assert size["width"] >= THUMB, target.inner_text()
    row = page.locator(f"[data-alerts] [data-alert='{alert['id']}']")
    button = row.get_by_role("button", name="Acknowledge")
    size = button.bounding_box()
    assert size is not None
    assert size["height"] >= THUMB
    button.tap()
    expect(row).to_have_count(0)
    bar.locator("summary", has_text="More").tap()
    bar.get_by_role("link", name="Roles").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("What each role may do")
