"""What a request wrote stays only where the answer says that it was done. With real commits."""

from typing import Any

import pytest
from django.test import Client

from tests.access.sql import NOBODY, one, told
from tests.cast import Cast


@pytest.fixture
def browser(committed: Cast, settings: Any) -> Client:
    settings.ROOT_URLCONF = "tests.access.unfiltered"
    client = Client(raise_request_exception=False)
    client.force_login(committed.user("gdansk"))
    return client


def written() -> int:
    return int(one("SELECT count(*) FROM journal_refcounter WHERE prefix = 'TST'", alias="system"))


@pytest.mark.parametrize(("status", "kept"), [(200, 1), (204, 1), (302, 1), (400, 0), (403, 0), (404, 0), (409, 0), (422, 0), (503, 0)])
def test_only_what_was_done_stays(browser: Client, status: int, kept: int) -> None:
    assert browser.get(f"/write/{status}/").status_code == status
    assert written() == kept
    assert told() == NOBODY


def test_what_a_failing_view_wrote_is_taken_back(browser: Client) -> None:
    assert browser.get("/write/fail/").status_code == 500
    assert (written(), told()) == (0, NOBODY)


def test_a_view_that_streams_is_refused(browser: Client) -> None:
    """It would go on after its context is gone, as nobody, or worse as the next."""
    browser.raise_request_exception = True
    with pytest.raises(RuntimeError, match="streaming"):
        browser.get("/stream/")
