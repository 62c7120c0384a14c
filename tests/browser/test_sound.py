"""An alert for us sounds, after one click of consent, until it is acknowledged."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import People
from tests.browser.stack import Stack

pytestmark = pytest.mark.browser

COUNT_TONES = """
globalThis.tones = [];
globalThis.AudioContext = class extends AudioContext {
  constructor(...options) { super(...options); globalThis.speaker = this; }
  createGain() {
    const gain = super.createGain();
    const ramp = gain.gain.linearRampToValueAtTime.bind(gain.gain);
    gain.gain.linearRampToValueAtTime = (value, at) => {
      globalThis.loudness = Math.max(globalThis.loudness ?? 0, value);
      return ramp(value, at);
    };
    return gain;
  }
  createOscillator() {
    const tone = super.createOscillator();
    const start = tone.start.bind(tone);
    globalThis.loudness = 0;
    tone.start = (at) => { globalThis.tones.push({ pitch: tone.frequency.value, loudness: globalThis.loudness }); return start(at); };
    return tone;
  }
};
"""
CONSENTED_EARLIER = COUNT_TONES + "if (location.protocol !== 'about:') localStorage.setItem('portsec.sound', 'on');"
MORE_TONES = "(count) => globalThis.tones.length > count"


def tones(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate("() => globalThis.tones")
    return found


def answer_all(page: Page) -> None:
    """One by one: each answer takes its row out of the list."""
    rows = page.locator("[data-alerts] > li")
    for left in range(rows.count() - 1, -1, -1):
        rows.first.get_by_role("button", name="Acknowledge").click()
        expect(rows).to_have_count(left)


def test_it_is_silent_until_a_person_agrees(people: People, stack: Stack) -> None:
    page = people("pfso.noosl", script=COUNT_TONES)
    alert = stack.raise_alert("pfso.dkaar", "Tanker without lights", "pfso.noosl")
    expect(page.locator(f"[data-alert='{alert['id']}']")).to_be_visible()
    expect(page.locator("[data-sound]")).to_have_attribute("aria-pressed", "false")
    assert tones(page) == []
    assert page.evaluate("() => globalThis.speaker") is None


def test_after_one_click_it_sounds_until_everything_is_acknowledged(people: People, stack: Stack) -> None:
    page = people("pfso.dkfdh", script=COUNT_TONES)
    answer_all(page)
    page.locator("[data-sound]").click()
    expect(page.locator("[data-sound]")).to_have_attribute("aria-pressed", "true")
    page.wait_for_function(MORE_TONES, arg=0)  # so that one hears what one agreed to
    assert page.evaluate("() => globalThis.speaker.state") == "running"
    consent = len(tones(page))
    alert = stack.raise_alert("pfso.dkaar", "Boarding attempt at anchorage B", "pfso.dkfdh", severity="Extreme", tlp="AMBER")
    row = page.locator(f"[data-alerts] [data-alert='{alert['id']}']")
    expect(row).to_be_visible()
    page.wait_for_function(MORE_TONES, arg=consent)
    once = len(tones(page))
    assert page.title().startswith("(1) ")
    page.wait_for_function(MORE_TONES, arg=once)  # and again, as nobody has answered
    row.get_by_role("button", name="Acknowledge").click()
    expect(row).to_have_count(0)
    page.clock.install()  # from here on time is ours: an alarm that was still planned would ring now
    after = len(tones(page))
    page.clock.run_for(60_000)
    assert len(tones(page)) == after
    assert not page.title().startswith("(")


def test_where_the_browser_blocks_sound_the_page_says_so(people: People, stack: Stack) -> None:
    stack.raise_alert("pfso.dkaar", "Cut fence at the container stack", "pfso.sehad")
    page = people("pfso.sehad", script=CONSENTED_EARLIER)
    people.watch(page).foresee("The AudioContext was not allowed to start")
    banner = page.locator("[data-sound-banner]")
    expect(banner).to_contain_text("This browser blocks sound until you press a button on the page.")
    assert page.title().startswith("(")
    banner.get_by_role("button", name="Let it sound").click()
    expect(banner).to_be_hidden()
    page.wait_for_function(MORE_TONES, arg=0)
    page.goto("/account/you/")
    expect(page.get_by_label("Sound for unanswered alerts")).to_be_checked()
