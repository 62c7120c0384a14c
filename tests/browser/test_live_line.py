"""The line breaks, and comes back with everything: nothing missed, nothing twice, and the page says what it knows."""

import re
import signal
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import People
from tests.browser.stack import Stack

pytestmark = pytest.mark.browser

LOST = ("WebSocket connection to", "net::ERR_", "Failed to fetch")
PATIENCE = 45_000  # ms; a page tries again after up to 30 s, and the stack has to start a process
NOTE_STATES = "globalThis.states = []; document.addEventListener('portsec:line', ({ detail }) => globalThis.states.push(detail.state));"


def line(page: Page) -> Locator:
    return page.locator("[data-live]")


def rows(page: Page, headlines: list[str]) -> list[int]:
    """How often each headline stands in the list."""
    return [page.locator("[data-alerts] h3", has_text=re.compile(f"^{re.escape(headline)}$")).count() for headline in headlines]


def test_what_was_sent_while_offline_comes_once_when_the_line_is_back(people: People, stack: Stack) -> None:
    page = people("pfso.ltklj", script=NOTE_STATES)
    people.watch(page).foresee(*LOST)
    page.context.set_offline(True)
    expect(line(page)).to_have_attribute("data-state", "offline")
    expect(line(page)).to_contain_text("Offline since")
    expect(page.locator("[data-line-banner]")).to_contain_text("You see what was known then.")
    headlines = [f"Light buoy {number} dark" for number in range(1, 6)]
    for headline in headlines:
        stack.raise_alert("pfso.plswi", headline, "pfso.ltklj", severity="Minor")
    assert rows(page, headlines) == [0] * 5
    page.evaluate("() => { globalThis.states.length = 0; }")
    page.context.set_offline(False)
    expect(line(page)).to_have_attribute("data-state", "live", timeout=PATIENCE)
    expect(page.locator("[data-alerts] h3", has_text="Light buoy 5 dark")).to_be_visible()
    assert rows(page, headlines) == [1] * 5
    assert page.evaluate("() => globalThis.states.filter((state) => state !== 'offline').slice(0, 2)") == ["catching-up", "live"]
    expect(page.locator("[data-line-banner]")).to_be_hidden()
    page.reload()
    assert rows(page, headlines) == [1] * 5  # the live page and a fresh one say the same


def test_an_answer_given_offline_waits_and_is_sent_when_the_line_is_back(people: People, stack: Stack) -> None:
    alert = stack.raise_alert("pfso.plswi", "Gangway without a guard", "pfso.eetll")
    board = people("pfso.plswi", at=f"/alerts/{alert['id']}/")
    page = people("pfso.eetll")
    people.watch(page).foresee(*LOST)
    row = page.locator(f"[data-alerts] [data-alert='{alert['id']}']")
    expect(row).to_be_visible()
    page.context.set_offline(True)
    expect(line(page)).to_have_attribute("data-state", "offline")
    row.get_by_role("button", name="Acknowledge").click()
    expect(row).to_contain_text("Waits for the line")
    expect(board.locator("#board tbody tr")).not_to_contain_text("Acknowledged")
    page.context.set_offline(False)
    expect(row).to_have_count(0, timeout=PATIENCE)
    expect(board.locator("#board tbody tr")).to_contain_text("Acknowledged")
    expect(board.locator("#board tbody tr")).to_contain_text("R. Kask")


def test_a_board_that_was_offline_shows_who_has_seen_the_alert_meanwhile(people: People, stack: Stack) -> None:
    """No entry of the journal tells of it, so no replay does: the board is asked for again."""
    alert = stack.raise_alert("pfso.plswi", "Fuel hose left on the quay", "pfso.fitku", severity="Minor")
    board = people("pfso.plswi", at=f"/alerts/{alert['id']}/")
    people.watch(board).foresee(*LOST)
    row = board.locator("#board tbody tr")
    row.locator("summary").click()
    expect(line(board)).to_have_attribute("data-state", "live")
    board.context.set_offline(True)
    expect(line(board)).to_have_attribute("data-state", "offline")
    people("pfso.fitku", at=f"/alerts/{alert['id']}/")
    expect(row).not_to_contain_text("Seen")
    board.context.set_offline(False)
    expect(row).to_contain_text("Seen", timeout=PATIENCE)
    expect(row.locator("details")).to_have_attribute("open", "")  # what the reader opened stays open


@pytest.fixture
def arrives(stack: Stack) -> Callable[[Page, str], None]:
    def sent_and_seen(page: Page, headline: str) -> None:
        stack.raise_alert("pfso.plswi", headline, "pfso.sevby", severity="Minor")
        expect(page.locator("[data-alerts] h3", has_text=headline)).to_have_count(1, timeout=PATIENCE)

    return sent_and_seen


def test_alerts_go_on_arriving_when_valkey_dies_and_when_it_hangs(
    people: People, stack: Stack, arrives: Callable[[Page, str], None]
) -> None:
    page = people("pfso.sevby")
    stack.kill("valkey-server")
    arrives(page, "Sent while Valkey was dead")
    valkey = stack.child("valkey-server")
    valkey.send_signal(signal.SIGSTOP)
    try:
        arrives(page, "Sent while Valkey did not answer")
    finally:
        valkey.send_signal(signal.SIGCONT)
    arrives(page, "Sent when all was well again")
    expect(line(page)).to_have_attribute("data-state", "live")


def test_a_page_outlives_the_web_process(people: People, stack: Stack, arrives: Callable[[Page, str], None]) -> None:
    page = people("pfso.sevby")
    people.watch(page).foresee(*LOST)
    stack.kill("portsec.up.web")
    expect(line(page)).to_have_attribute("data-state", "offline")
    arrives(page, "Sent when the web process was new")
    expect(line(page)).to_have_attribute("data-state", "live", timeout=PATIENCE)
    assert rows(page, ["Sent when the web process was new"]) == [1]


def test_a_page_whose_session_has_ended_says_so_when_the_line_is_refused(people: People) -> None:
    page = people("deputy.dersk", fresh=True)
    people.watch(page).foresee("status of 401", *LOST)
    token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    page.context.request.post("/account/logout/", form={"csrfmiddlewaretoken": token}, headers={"Referer": page.url})
    page.route_web_socket("**/ws/live/**", lambda socket: socket.close(code=4401))  # as when the page's ticket has run out
    page.context.set_offline(True)
    expect(line(page)).to_have_attribute("data-state", "offline")
    page.context.set_offline(False)
    expect(page.locator("[data-line-banner]")).to_contain_text("You are signed out.", timeout=PATIENCE)
    page.locator("[data-line-banner]").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
