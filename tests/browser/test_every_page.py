"""Every page in both themes, from a phone to a wide screen: no fault of accessibility, no sideways scroll, no message of the browser."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from tests.browser import composer
from tests.browser.conftest import People
from tests.browser.stack import Stack
from tests.browser.watch import has_sideways_scroll

pytestmark = pytest.mark.browser

WIDTHS = (1440, 768, 390, 360)
NARROWEST = 320
THEMES = ("dark", "light")
EVERY_RULE = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RULES = {  # a theme differs in its colours alone
    "dark": {"runOnly": EVERY_RULE, "resultTypes": ["violations"]},
    "light": {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}, "resultTypes": ["violations"]},
}
FAULTS = """async (options) => {
  const { violations } = await axe.run(document, options);
  const where = (nodes) => nodes.slice(0, 3).map(({ target, failureSummary }) => `${target} ${failureSummary}`).join(' | ');
  return violations.map(({ id, help, nodes }) => `${id} (${help}): ${where(nodes)}`);
}"""


@dataclass
class Places:
    """Addresses of pages that show one thing each."""

    sent: str
    received: str
    draft: str
    extreme_draft: str


@pytest.fixture(scope="module")
def places(stack: Stack) -> Places:
    area = [{"description": "Off Karlskrona", "circle": {"lat": 56.1, "lon": 15.6, "km": 8}}]
    sent = stack.raise_alert("pfso.sekaa", "Buoy 7 off position", "pfso.lvvnt", "pfso.lvlpx", areas=area, description="Seen at dusk.")
    received = stack.raise_alert("pfso.lvvnt", "Truck with false plates", "pfso.sekaa")
    stack.raise_alert("pfso.lvvnt", "Rehearsal: truck with false plates", "pfso.sekaa", is_exercise=True)
    with stack.program("pfso.sekaa") as program:
        kept = {key: sent[key] for key in ("event", "category", "urgency", "certainty", "tlp")}
        draft = {**kept, "headline": "Not yet", "draft": True, "audience": {"kind": "named", "organisations": stack.ids("pfso.lvvnt")}}
        drafts = [program.post("/alerts/", json={**draft, "severity": severity}).json()["id"] for severity in ("Minor", "Extreme")]
    return Places(f"/alerts/{sent['id']}/", f"/alerts/{received['id']}/", *(f"/alerts/{draft}/" for draft in drafts))


def open_menus(page: Page) -> None:
    page.goto("/")
    page.locator("summary.me").click()


def open_export(page: Page) -> None:
    page.goto("/region/?order=level")
    page.locator(".export summary").first.click()


def open_keys(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("?")


def compose_refused(page: Page, places: Places) -> None:
    page.goto("/alerts/new/")
    page.get_by_label("Expires").fill("tomorrow")
    page.locator("[data-send]").click()
    expect(page.locator("[data-error-summary]")).to_be_focused()


def compose_red(page: Page, places: Places) -> None:
    page.goto("/alerts/new/")
    composer.pick(page, "tlp", "RED")
    for details in page.locator("details.more-fields").all():
        details.evaluate("(one) => { one.open = true; }")
    expect(page.locator("[data-place-map] path.land")).to_be_attached()


def cancel_asked(page: Page, places: Places) -> None:
    page.goto(places.sent)
    page.get_by_role("button", name="Cancel alert").click()


def level_refused(page: Page) -> None:
    page.goto("/levels/new/")
    page.get_by_role("button", name="Set level").click()
    expect(page.locator("[data-error-summary]")).to_be_focused()


def open_newest_level(page: Page) -> None:
    page.goto("/ports/SEKAA/")
    page.locator("#level-history .cover").first.click()


def contact_refused(page: Page, places: Places) -> None:
    page.goto("/call/ours/new/")
    page.get_by_label("Phone").first.fill("call me")
    page.locator("main .btn.primary").click()
    expect(page.locator("[data-error-summary]")).to_be_focused()


def open_sheet(page: Page, places: Places) -> None:
    page.goto("/call/")
    page.get_by_role("link", name="Sheet to print").click()


def open_document(page: Page) -> None:
    page.goto("/ports/PLGDN/documents/")
    page.get_by_role("link", name="Closing the ferry check-in").click()


Visit = str | Callable[[Page, Places], Any]
SIGNED_IN: dict[str, Visit] = {
    "dashboard": "/",
    "dashboard with the menu open": lambda page, places: open_menus(page),
    "list of keys": lambda page, places: open_keys(page),
    "alerts": "/alerts/?show=all",
    "alerts, none found": "/alerts/?show=all&search=nothing-is-called-this",
    "drafts": "/alerts/?show=drafts",
    "composer": "/alerts/new/",
    "composer, refused": compose_refused,
    "composer, all parts open": compose_red,
    "draft": lambda page, places: page.goto(places.draft),
    "review": lambda page, places: page.goto(f"{places.draft}review/"),
    "review of an Extreme alert": lambda page, places: page.goto(f"{places.extreme_draft}review/"),
    "alert of the sender": lambda page, places: page.goto(places.sent),
    "alert, asked to cancel": cancel_asked,
    "alert of a recipient": lambda page, places: page.goto(places.received),
    "update": lambda page, places: page.goto(f"{places.sent}update/"),
    "history": lambda page, places: page.goto(f"{places.sent}history/"),
    "whom to call": "/call/",
    "sheet to print": open_sheet,
    "our contact points": "/call/ours/",
    "new contact point": "/call/ours/new/",
    "new contact point, refused": contact_refused,
    "how we are told": "/delivery/endpoints/",
    "new mailbox": "/delivery/endpoints/new/",
    "webhooks": "/delivery/webhooks/",
    "new webhook": "/delivery/webhooks/new/",
    "how I am told": "/delivery/own/",
    "audit log": "/audit/",
    "region": "/region/",
    "region, export open": lambda page, places: open_export(page),
    "region, no port found": "/region/?search=nowhere",
    "wall": "/wall/",
    "ports": "/ports/",
    "port": "/ports/SEKAA/",
    "port with facilities": "/ports/PLGDN/",
    "level form": "/levels/new/",
    "level form, refused": lambda page, places: level_refused(page),
    "change of a level": lambda page, places: open_newest_level(page),
    "facility form": "/facilities/new/",
    "declarations": "/declarations/",
    "declarations that wait": "/declarations/?show=waiting",
    "new declaration, with a ship": "/declarations/new/",
    "new declaration, with a facility": "/declarations/new/?kind=facility",
    "profile form": "/profile/edit/",
    "yearly volumes": "/ports/PLGDN/activity/",
    "yearly volumes, none reported": "/ports/SEKAA/activity/",
    "a year to record": "/activity/new/",
    "documents": "/ports/PLGDN/documents/",
    "document": lambda page, places: open_document(page),
    "new document": "/documents/new/",
    "roles": "/roles/",
    "account": "/account/you/",
    "search": "/search/?q=buoy",
    "search, nothing found": "/search/?q=nothing-is-called-this",
    "components": "/style/",
    "demo mail": "/demo/mail/",
    "second factor": "/account/2fa/",
    "confirm that it is you": "/account/2fa/totp/activate/",
    "change password": "/account/password/change/",
    "sessions": "/account/sessions/",
    "absent page": "/nothing/",
}
OF_AN_ADMINISTRATOR = {
    "organisation": "/organisation/",
    "one of its people": None,
    "invite a person": "/organisation/invite/",
    "service tokens": "/organisation/tokens/",
    "new service token": "/organisation/tokens/new/",
}
OF_A_DECLARATION = {"declaration": "", "sheet on paper": "sheet/", "its measures": "measures/", "its period": "period/"}
SIGNED_OUT = {
    "sign-in": "/account/login/",
    "forgotten password": "/account/password/reset/",
    "password link sent": "/account/password/reset/done/",
    "components, signed out": "/style/",
    "demo mail, signed out": "/demo/mail/",
    "invitation without a link": "/invitation/",
}


@pytest.mark.parametrize("name", SIGNED_IN)
def test_it_is_accessible_at_every_width_in_both_themes(people: People, places: Places, name: str) -> None:
    page = people("pfso.sekaa", at="")
    people.watch(page).foresee("status of 4(04|22)")
    visit = SIGNED_IN[name]
    if isinstance(visit, str):
        page.goto(visit)
    else:
        visit(page, places)
    look_over(page)


@pytest.mark.parametrize("name", OF_AN_ADMINISTRATOR)
def test_the_pages_of_an_administrator_are_accessible(people: People, name: str) -> None:
    page = people("admin.plgdn", at=OF_AN_ADMINISTRATOR[name] or "/organisation/")
    if OF_AN_ADMINISTRATOR[name] is None:
        page.get_by_role("link", name="Adam Nowicki").click()
    look_over(page)


@pytest.mark.parametrize("name", OF_A_DECLARATION)
def test_the_pages_of_a_declaration_are_accessible(people: People, name: str) -> None:
    page = people("pfso.plgdn", at="/declarations/")
    page.get_by_role("link", name="MV Amber Heron").click()
    page.goto(page.url + OF_A_DECLARATION[name])
    look_over(page)


@pytest.mark.parametrize("name", SIGNED_OUT)
def test_it_is_accessible_before_anyone_signs_in(people: People, name: str) -> None:
    page = people(at=SIGNED_OUT[name])
    look_over(page)


def look_over(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    page.wait_for_load_state("networkidle")
    page.evaluate(AXE_SCRIPT)
    faults = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            faults += [f"{width} px, {theme}: {fault}" for fault in page.evaluate(FAULTS, RULES[theme])]
        if has_sideways_scroll(page):
            faults.append(f"{width} px: scrolls sideways")
    page.set_viewport_size({"width": NARROWEST, "height": 900})
    if has_sideways_scroll(page):
        faults.append(f"{NARROWEST} px: scrolls sideways")
    assert not faults, "\n".join(faults)
