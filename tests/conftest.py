"""The ground of every test: three roles of a real database, and one shared cast (tests/cast.py).

The cast is committed once a session. A test marked `django_db` runs in a transaction that is taken back. One that needs
commits (several roles, sockets, the sequencer) asks for `committed`: afterwards the tables are emptied and the cast is
set up anew.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connections
from django.test import Client
from rest_framework.test import APIClient

from incidents.actions import publish_alert
from incidents.models import Alert
from portsec.access.acting import Acting, acting_for
from portsec.access.audiences import AudienceWish
from tests.cast import Cast, raise_curtain

ROLES = ("default", "system", "owner")


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> None:
    """The database is new and empty (tests/servers.py): migrate as the owner, then let the cast in."""
    with django_db_blocker.unblock():
        call_command("migrate", database="owner", verbosity=0)
        global_cast.append(raise_curtain())


global_cast: list[Cast] = []


@pytest.fixture(autouse=True)
def _quick_start(settings: Any) -> None:
    settings.WHITENOISE_AUTOREFRESH = True  # else each test client begins by reading every static file


@pytest.fixture
def cast(db: None) -> Cast:
    """The organisations, regions and people of tests/cast.py, in a transaction that is taken back."""
    return global_cast[0]


@pytest.fixture
def committed(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any) -> Iterator[Cast]:
    """The cast, for tests that really commit through several roles."""
    if request.node.get_closest_marker("django_db") or "db" in request.fixturenames:
        pytest.fail("`committed` and `django_db` do not go together: emptying the tables would wait for the open transaction for ever")
    with django_db_blocker.unblock():
        yield global_cast[0]
        empty_tables()
        global_cast[0] = raise_curtain()


def empty_tables() -> None:
    """As the owner: TRUNCATE is refused to the application."""
    kept = {"django_migrations", "django_content_type", "auth_permission"}
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True) if model._meta.managed} - kept
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(sorted(tables))} RESTART IDENTITY CASCADE")


@pytest.fixture
def alert_content() -> dict[str, Any]:
    """The least that an alert needs."""
    return {
        "headline": "Unlit craft near the breakwater",
        "instruction": "Look over your outer anchorage.",
        "event": "Suspicious craft",
        "category": ["Security"],
        "urgency": "Immediate",
        "severity": "Severe",
        "certainty": "Observed",
        "tlp": "GREEN",
    }


@pytest.fixture
def publish(alert_content: dict[str, Any]) -> Any:
    """`publish(acting, kind, …) -> Alert`: to the region of the sender, or to named organisations."""

    def send(acting: Acting, kind: str = "region_ports", *, named: Any = (), **changes: Any) -> Alert:
        wish = AudienceWish(kind, organisations=tuple(one.pk for one in named))
        with acting_for(acting):
            return publish_alert(acting, wish=wish, **{**alert_content, **changes}).alert

    return send


@pytest.fixture
def browse(cast: Cast) -> Any:
    """`browse("gdansk")`: a signed-in browser of that organisation's main role."""

    def sign_in(name: str, role: Any = None) -> Client:
        client = Client()
        client.force_login(cast.user(name, role))
        return client

    return sign_in


@pytest.fixture
def program(cast: Cast) -> Any:
    """`program("gdansk")`: a REST client with a service token of that organisation."""

    def with_token(name: str, **options: Any) -> APIClient:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {cast.token(name, **options)}")
        return client

    return with_token


@pytest.fixture
def in_threads() -> Any:
    """`in_threads(call, arguments)`: each call in a thread of its own, with connections of its own; their results."""

    def run(call: Any, arguments: Any) -> list[Any]:
        def alone(argument: Any) -> Any:
            try:
                return call(argument)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(max_workers=len(arguments)) as pool:
            return list(pool.map(alone, arguments))

    return run
