"""What the composer refuses: said beside the field and on top, the input kept, nothing written, nobody told."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import composer
from tests.browser.conftest import People
from tests.browser.stack import Stack

pytestmark = pytest.mark.browser

LONG = 300_000
TITLE = re.compile(r"^Error: (\(\d+\) )?Raise an alert · PortSec$")  # with the alerts that wait


def refused(page: Page, field: str, said: str) -> None:
    """All that ui.md asks of a refused form."""
    summary = page.locator("[data-error-summary]")
    expect(summary).to_be_focused()
    expect(page).to_have_title(TITLE)
    link = summary.get_by_role("link").filter(has_text=said)
    expect(link).to_have_attribute("href", f"#id_{field}")
    expect(page.locator(f"#id_{field}_error")).to_contain_text(said)
    link.click()
    assert page.evaluate("() => location.hash") == f"#id_{field}"


def is_marked(page: Page, field: str) -> None:
    control = page.locator(f"#id_{field}")
    expect(control).to_have_attribute("aria-invalid", "true")
    assert f"id_{field}_error" in (control.get_attribute("aria-describedby") or "")


@pytest.fixture
def page(people: People) -> Page:
    page = people("pfso.fihel", at="/alerts/new/")
    people.watch(page).foresee("status of 422")
    return page


@pytest.fixture(autouse=True)
def _nothing_is_written(stack: Stack) -> Iterator[None]:
    """Each draft, and each change of one, stands in the journal of its organisation."""
    with stack.program("pfso.fihel") as program:
        before = program.get("/changes/", params={"cursor": "latest"}).json()["cursor"]
        yield
        written = program.get("/changes/", params={"cursor": before}).json()["results"]
    assert not [change for change in written if change["organisation"]["name"] == "Port of Helsinki"]


def test_an_expiry_in_the_past_is_refused_with_the_remedy(page: Page) -> None:
    composer.fill(page, "Barge adrift")
    page.get_by_label("Expires").fill("01.01.2026 10:00")
    page.locator("[data-send]").click()
    refused(page, "expires_at", "is in the past")
    is_marked(page, "expires_at")
    expect(page.locator("#id_expires_at_error")).to_contain_text("Choose a time after")
    expect(page.get_by_label("Expires")).to_have_value("01.01.2026 10:00")
    expect(page.get_by_label("Headline")).to_have_value("Barge adrift")
    expect(page.locator("[name=severity][value=Severe]")).to_be_checked()


def test_a_time_that_is_none_is_refused_with_an_example(page: Page) -> None:
    composer.fill(page, "Barge adrift")
    page.get_by_label("Expires").fill("tomorrow")
    page.locator("[data-send]").click()
    refused(page, "expires_at", "as 24.11.2026 06:30")
    expect(page.get_by_label("Expires")).to_have_value("tomorrow")


def test_an_empty_form_names_each_field(page: Page) -> None:
    page.locator("[data-send]").click()
    refused(page, "headline", "Say in one line what happens and where.")
    expect(page.locator("[data-error-summary] h2")).to_have_text("Correct 3 fields")
    expect(page.locator("#id_event_error")).to_contain_text("Name the kind of event.")
    expect(page.locator("#id_severity_error")).to_be_visible()


@pytest.mark.parametrize("field", ["headline", "description"])
def test_300_000_characters_are_refused_and_kept(page: Page, field: str) -> None:
    composer.fill(page, "Barge adrift")
    page.locator("details.more-fields", has_text="More:").locator("summary").click()
    page.locator(f"#id_{field}").evaluate("(control, length) => { control.value = 'x'.repeat(length); }", LONG)
    page.locator("[data-send]").click()
    refused(page, field, "300000")
    is_marked(page, field)
    assert len(page.locator(f"#id_{field}").input_value()) == LONG


def test_control_characters_are_refused_with_the_remedy(page: Page) -> None:
    composer.fill(page, "Barge adrift\u0007 at quay 4")
    page.locator("[data-send]").click()
    refused(page, "headline", "control character")
    expect(page.get_by_label("Event", exact=True)).to_have_value("Fire")


def test_text_that_turns_itself_around_is_refused(page: Page) -> None:
    composer.fill(page, "Barge \u202etfirda")
    page.locator("[data-send]").click()
    refused(page, "headline", "control character")


def test_an_audience_wider_than_the_label_stays_and_says_why(page: Page) -> None:
    region = page.locator("[name=audience_kind][value=region]")
    hint = page.locator(".choice", has=region).locator("small")
    expect(region).to_be_disabled()
    expect(hint).to_have_text("Too wide for TLP:AMBER. Choose TLP:GREEN or a narrower audience.")
    composer.pick(page, "tlp", "GREEN")
    expect(region).to_be_enabled()
    expect(hint).to_have_text("Ports, agencies and the coordinator")
    composer.pick(page, "tlp", "RED")
    expect(region).to_be_disabled()
    expect(page.locator("[name=audience_kind][value=named]")).to_be_checked()
    expect(page.get_by_role("group", name="Named persons")).to_be_visible()


def test_without_script_the_server_says_the_same_beside_the_audience(people: People) -> None:
    page = people("pfso.fihel", at="/alerts/new/", java_script_enabled=False)
    people.watch(page).foresee("status of 422")
    composer.fill(page, "Barge adrift", tlp="AMBER", to="linked_regions")
    page.locator("[data-send]").click()
    expect(page).to_have_title("Error: Raise an alert · PortSec")
    expect(page.locator("#id_audience_kind_error")).to_contain_text("Too wide for TLP:AMBER. Choose TLP:GREEN")
    expect(page.locator("[name=audience_kind][value=linked_regions]")).to_be_checked()
    expect(page.get_by_label("Headline")).to_have_value("Barge adrift")


def test_named_organisations_must_be_named(page: Page) -> None:
    composer.fill(page, "Barge adrift", to="named")
    expect(page.locator("#preview")).to_contain_text("Choose the organisations it is for.")
    page.locator("[data-send]").click()
    expect(page).to_have_title(TITLE)
    expect(page.locator("#id_organisations_error")).to_be_visible()
