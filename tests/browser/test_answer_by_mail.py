"""The mail of an alert, read on a phone: its link acknowledges without a sign-in, and the sender's board moves by itself."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import People
from tests.browser.stack import Stack
from tests.browser.watch import has_sideways_scroll

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
ANSWER = re.compile(r"/answer/[^/\s]+/")


def link_in_the_mail(page: Page, headline: str) -> str:
    """The worker sends within a second or two: the list is read again until the mail is there."""
    mail = page.get_by_role("link", name=re.compile(headline)).first
    for _attempt in range(20):
        page.goto("/demo/mail/")
        if mail.count():
            break
        page.wait_for_timeout(500)
    mail.click()
    found = ANSWER.search(page.locator("main").inner_text())
    assert found, page.locator("main").inner_text()
    return found[0]


def test_a_mails_link_asks_then_answers_once_and_the_board_moves(people: People, stack: Stack) -> None:
    headline = "Buoy lights out in the northern channel"
    alert = stack.raise_alert("pfso.fiktk", headline, "pfso.sekaa")
    board = people("pfso.fiktk", at=f"/alerts/{alert['id']}/")
    row = board.locator("#board tbody tr")
    expect(row).to_contain_text(re.compile(r"E-mail\s+×2\s+2 times\s+accepted"))  # told by the worker, without a reload

    phone = people(at="", **PHONE)
    people.watch(phone).foresee("status of 410")
    link = link_in_the_mail(phone, headline)
    phone.goto(link)
    expect(phone.get_by_role("heading", level=1)).to_have_text("Acknowledge for Port of Karlskrona")
    assert not has_sideways_scroll(phone)
    expect(row).not_to_contain_text("Acknowledged")  # a mail program that opens links answers nothing

    phone.get_by_role("button", name="Acknowledge").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Acknowledged")
    expect(row).to_contain_text("Acknowledged")
    expect(row).to_contain_text("Answered through")

    phone.goto(link)
    expect(phone.get_by_role("heading", level=1)).to_have_text("This has been acknowledged")
    expect(phone.locator("main")).not_to_contain_text(headline)
