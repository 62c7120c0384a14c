"""The composer, as a person fills it in."""

from playwright.sync_api import Page, expect

FIELDS = {"headline": "Headline", "instruction": "Instruction", "event": "Event"}


def fill(page: Page, headline: str, *, severity: str = "Severe", tlp: str = "AMBER", to: str = "region_ports", event: str = "Fire") -> None:
    page.get_by_label("Headline").fill(headline)
    page.get_by_label("Instruction").fill("Hold your ferries and report smoke.")
    page.get_by_label("Event", exact=True).fill(event)
    pick(page, "severity", severity)
    pick(page, "tlp", tlp)
    pick(page, "audience_kind", to)


def pick(page: Page, name: str, value: str) -> None:
    page.locator(f"[name={name}][value='{value}']").check()


def name_organisations(page: Page, *names: str) -> None:
    pick(page, "audience_kind", "named")
    for name in names:
        page.locator("[name=organisations]").and_(page.get_by_label(name, exact=True)).check()


def review(page: Page) -> None:
    page.locator("[data-send]").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Send this to")


def send(page: Page) -> str:
    """Presses the button that tells people, and returns the alert's id."""
    page.get_by_role("button", name="Send to").click()
    expect(page.locator("#board")).to_be_visible()
    return alert_id(page)


def alert_id(page: Page) -> str:
    return page.locator("article[data-alert]").get_attribute("data-alert") or ""
