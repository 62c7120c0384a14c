"""The filters of a list: all in sight where there is room, the rarer ones behind a button on a phone."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import People

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 390, "height": 844}}


@pytest.mark.parametrize(
    ("address", "rarer"), [("/audit/", "kind"), ("/deliveries/", "channel"), ("/alerts/", "severity"), ("/region/", "level")]
)
def test_a_wide_screen_shows_every_filter(people: People, address: str, rarer: str) -> None:
    page = people("coordinator", at=address)
    expect(page.locator(f"[name={rarer}]")).to_be_visible()
    expect(page.get_by_text("Filters", exact=True)).to_be_hidden()


def test_a_phone_hides_the_rarer_ones_until_they_are_asked_for_or_narrow_the_list(people: People) -> None:
    page = people("coordinator", at="/alerts/", **PHONE)
    severity, button = page.locator("[name=severity]"), page.locator("summary", has_text="Filters")
    expect(severity).to_be_hidden()
    button.focus()
    page.keyboard.press("Enter")
    expect(severity).to_be_visible()
    severity.select_option("Minor")
    page.wait_for_url(re.compile("severity=Minor"))
    expect(severity).to_be_visible()
    expect(button).to_have_text(re.compile(r"Filters\s+1"))


def test_the_choice_that_holds_is_in_sight_on_a_phone(people: People) -> None:
    page = people("coordinator", at="/alerts/?show=all", **PHONE)
    expect(page.locator(".picks .pick:has(:checked)")).to_be_in_viewport(ratio=0.9)
