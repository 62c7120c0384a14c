"""The ground of the browser suite: one real stack, real Chromiums, and a watch over every page.

Each test plays with ports of its own, so that what one leaves behind does not stand in another's way.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, StorageState, expect, sync_playwright

from tests.browser.stack import Stack
from tests.browser.watch import Watch

PASSWORD = "portsec-demo"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync --no-first-run"
WIDE = {"width": 1440, "height": 900}

expect.set_options(timeout=10_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.path.as_posix() and CHROMIUM is None and not os.environ.get("CI"):
            item.add_marker(pytest.mark.skip(reason="no Chromium on this machine: apt-get install chromium"))


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    stack = Stack.start()
    yield stack
    stack.stop()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    assert CHROMIUM, "no Chromium on this machine: apt-get install chromium"
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def launch(playwright: Playwright) -> Iterator[Callable[[], Browser]]:
    launched = []

    def one_more() -> Browser:
        launched.append(playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET.split()))
        return launched[-1]

    yield one_more
    for browser in launched:
        browser.close()


@pytest.fixture(scope="session")
def chromium(launch: Callable[[], Browser]) -> Browser:
    return launch()


@pytest.fixture(scope="session")
def other_chromium(launch: Callable[[], Browser]) -> Browser:
    """A second browser: another process, as on another desk."""
    return launch()


@dataclass
class People:
    """`people("pfso.plgdn")` opens a page on which that person is signed in; everybody signs in once a session."""

    stack: Stack
    chromium: Browser
    signed_in: dict[str, StorageState]
    watches: list[tuple[Page, Watch]] = field(default_factory=list)

    def __call__(self, login: str = "", *, at: str = "/", fresh: bool = False, **options: Any) -> Page:
        """`fresh` signs in anew: for tests that end the session or act for another organisation."""
        state = self.sign_in(login) if login and fresh else self.session_of(login) if login else None
        browser: Browser = options.pop("browser", self.chromium)
        script = options.pop("script", "")
        looks = {"viewport": WIDE, "reduced_motion": "reduce", **options}
        context = browser.new_context(base_url=self.stack.url, storage_state=state, **looks)
        if script:
            context.add_init_script(script)
        watch = Watch().over(context)
        page = context.new_page()
        self.watches.append((page, watch))
        if at:
            page.goto(at)
        if at and login and options.get("java_script_enabled", True):
            expect(page.locator("[data-live][data-state=live]")).to_be_attached()
        return page

    def session_of(self, login: str) -> StorageState:
        if login not in self.signed_in:
            self.signed_in[login] = self.sign_in(login)
        return self.signed_in[login]

    def sign_in(self, login: str) -> StorageState:
        """Without a page: the form is tested once, where a person uses it."""
        context = self.chromium.new_context(base_url=self.stack.url)
        door = f"{self.stack.url}/account/login/"
        context.request.get(door)
        token = next(cookie["value"] for cookie in context.cookies() if cookie["name"] == "csrftoken")
        form = {"login": f"{login}@demo.example", "password": PASSWORD, "csrfmiddlewaretoken": token}
        answer = context.request.post(door, form=form, headers={"Referer": door}, max_redirects=0)
        assert answer.status == 302, answer.text()
        state = context.storage_state()
        context.close()
        return state

    def watch(self, page: Page) -> Watch:
        return next(watch for one, watch in self.watches if one is page)


@pytest.fixture(scope="session")
def signed_in() -> dict[str, StorageState]:
    return {}


@pytest.fixture
def people(stack: Stack, chromium: Browser, signed_in: dict[str, StorageState]) -> Iterator[People]:
    """At the end, what any page logged, violated or was refused without the test's word fails the test."""
    people = People(stack, chromium, signed_in)
    yield people
    faults = [fault for _page, watch in people.watches for fault in watch.unforeseen()]
    for page, _watch in people.watches:
        page.context.close()
    assert not faults, "\n".join(faults)
