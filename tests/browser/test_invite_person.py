"""An administrator invites somebody by mail, who takes it up and is in: through the pages, with a second factor of this minute."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import People
from tests.browser.test_extreme_alert import add_an_app

pytestmark = pytest.mark.browser

ADDRESS, CHOSEN = "jan.gate@forum.example", "three calm grey herons"


def fill(page: Page) -> None:
    page.get_by_label("E-mail address").fill(ADDRESS)
    page.get_by_label("Name").fill("Jan Gate")
    page.get_by_label("Role").select_option("staff")


def link_in_the_mail(page: Page) -> str:
    page.goto("/demo/mail/")
    page.get_by_role("link", name=re.compile("invites you")).first.click()  # alerts are told by mail meanwhile
    expect(page.locator("main")).to_contain_text(ADDRESS)
    found = re.search(r"/invitation/[\w-]+/", page.locator("main").inner_text())
    assert found, page.locator("main").inner_text()
    return found[0]


def test_an_invited_person_joins_and_the_link_works_once(people: People) -> None:
    page = people("coordinator.kattegat", at="/organisation/invite/", fresh=True)
    people.watch(page).foresee("status of 422", "status of 403")
    fill(page)
    page.get_by_role("button", name="Send invitation").click()
    expect(page.locator("main")).to_contain_text("You have none yet.")  # and nothing has left
    page.get_by_role("link", name="Add second factor").click()
    codes = add_an_app(page)

    page.goto("/organisation/invite/")
    fill(page)
    page.get_by_role("button", name="Send invitation").click()
    page.get_by_label("Code").fill(codes[0])
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_label("Name")).to_have_value("Jan Gate")  # what was typed is still there
    page.get_by_role("button", name="Send invitation").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Organisation")
    expect(page.locator("main")).to_contain_text("Jan Gate")

    guest = people(at="")
    people.watch(guest).foresee("status of 410")
    address = link_in_the_mail(guest)
    guest.goto(address)
    expect(guest.get_by_role("heading", level=1)).to_have_text("Join Kattegat Port Forum")
    guest.get_by_label("Password").fill(CHOSEN)
    guest.get_by_role("button", name="Create account").click()
    guest.get_by_label("Email").fill(ADDRESS)
    guest.get_by_label("Password").fill(CHOSEN)
    guest.get_by_role("button", name="Sign in", exact=True).click()
    expect(guest.locator("[data-live][data-state=live]")).to_be_attached()
    expect(guest.locator(".topbar")).to_contain_text("Kattegat Port Forum")

    guest.goto(address)
    expect(guest.locator("main")).not_to_contain_text("Create account")
    page.reload()
    expect(page.get_by_role("row", name="Jan Gate")).to_contain_text("Staff")
