"""Unsafe or missing settings: the process refuses to start, and names the variable."""

import os
import runpy
import subprocess
import sys
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from portsec.delivery.vapid import new_private_key
from tests.house.source import ROOT

SAFE = {
    "PORTSEC_BASE_URL": "https://portsec.example",
    "PORTSEC_ALLOWED_HOSTS": "portsec.example",
    "PORTSEC_DEMO": "0",
    "PORTSEC_DEBUG": "0",
    "PORTSEC_SECRET_KEY": "0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "DATABASE_URL": "postgres://portsec_app@db.example/portsec",
    "DATABASE_SYSTEM_URL": "postgres://portsec_system@db.example/portsec",
    "DATABASE_OWNER_URL": "postgres://portsec_owner@db.example/portsec",
    "REDIS_URL": "redis://redis.example/0",
    "EMAIL_URL": "smtp://mail.example:25",
    "PORTSEC_FILES": "/var/lib/portsec/files",
}
OURS = ("PORTSEC_", "DATABASE_", "REDIS_", "EMAIL_", "DJANGO_")
Changes = dict[str, str | None]


def environment(changes: Changes) -> dict[str, str]:
    """The safe one but for `changes`; None leaves a variable out."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return kept | {name: value for name, value in (SAFE | changes).items() if value is not None}


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Reads settings.py anew, as a process that starts does."""

    def run(changes: Changes) -> dict[str, Any]:
        with monkeypatch.context() as patch:
            patch.setattr(os, "environ", environment(changes))
            patch.setattr("environ.Env.ENVIRON", os.environ)
            return runpy.run_path(str(ROOT / "portsec/settings.py"))

    return run


REFUSED: dict[str, Changes] = {
    "PORTSEC_SECRET_KEY": {"PORTSEC_SECRET_KEY": None},
    "PORTSEC_SECRET_KEY (empty)": {"PORTSEC_SECRET_KEY": ""},
    "PORTSEC_SECRET_KEY (short)": {"PORTSEC_SECRET_KEY": "short"},
    "DATABASE_URL": {"DATABASE_URL": None},
    "DATABASE_SYSTEM_URL": {"DATABASE_SYSTEM_URL": None},
    "REDIS_URL": {"REDIS_URL": None},
    "PORTSEC_BASE_URL (in the clear)": {"PORTSEC_BASE_URL": "http://portsec.example"},
    "PORTSEC_DEMO (on the open net)": {"PORTSEC_DEMO": "1"},
    "PORTSEC_ALLOWED_HOSTS (anyone)": {"PORTSEC_ALLOWED_HOSTS": "*"},
    "EMAIL_URL (nobody would get mail)": {"EMAIL_URL": None},
    "PORTSEC_FILES (lost with the container)": {"PORTSEC_FILES": None},
    "PORTSEC_FILES (where everybody fetches)": {"PORTSEC_FILES": str(ROOT / "static" / "files")},
    "PORTSEC_FILES (where collectstatic writes)": {"PORTSEC_FILES": "/srv/static/files", "PORTSEC_STATIC_ROOT": "/srv/static"},
    "PORTSEC_DEBUG (on the open net)": {"PORTSEC_DEBUG": "1"},
    "PORTSEC_SMS_BODY (no JSON)": {"PORTSEC_SMS_BODY": "to={to}&text={text}"},
    "PORTSEC_SMS_BODY (says to nobody)": {"PORTSEC_SMS_BODY": '{"text": "{text}"}'},
    "PORTSEC_SMS_BODY (says nothing)": {"PORTSEC_SMS_BODY": '{"to": "{to}"}'},
    "PORTSEC_SMS_BODY (as names, where nothing is filled in)": {"PORTSEC_SMS_BODY": '{"{to}": 1, "{text}": 2}'},
    "PORTSEC_SMS_HEADERS (no JSON)": {"PORTSEC_SMS_HEADERS": "Authorization: Bearer zebra"},
    "PORTSEC_SMS_HEADERS (a list)": {"PORTSEC_SMS_HEADERS": "[]"},
    "PORTSEC_SMS_HEADERS (two lines)": {"PORTSEC_SMS_HEADERS": '{"Authorization": "zebra\\r\\nX-Other: 1"}'},
    "PORTSEC_VAPID_PRIVATE_KEY (no key)": {"PORTSEC_VAPID_PRIVATE_KEY": "zebra"},
    "PORTSEC_VAPID_PRIVATE_KEY (not on the curve)": {"PORTSEC_VAPID_PRIVATE_KEY": "A" * 43},
    "DATABASE_URL (the system's role)": {"DATABASE_URL": SAFE["DATABASE_SYSTEM_URL"]},
}
ACCEPTED: dict[str, Changes] = {
    "production": {},
    "without the owner, who only migrates": {"DATABASE_OWNER_URL": None},
    "a gateway for text messages": {
        "PORTSEC_SMS_HEADERS": '{"Authorization": "Bearer zebra"}',
        "PORTSEC_SMS_BODY": '{"messages": [{"recipient": "{to}", "body": "PortSec: {text}"}]}',
    },
    "push messages": {"PORTSEC_VAPID_PRIVATE_KEY": new_private_key()},
    "variables that stand there empty": dict.fromkeys(("PORTSEC_SMS_HEADERS", "PORTSEC_SMS_BODY", "PORTSEC_VAPID_PRIVATE_KEY"), ""),
    "a demo on this machine": {"PORTSEC_DEMO": "1", "PORTSEC_BASE_URL": "http://localhost:8000", "PORTSEC_ALLOWED_HOSTS": "localhost"},
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_refuses_to_start_and_names_the_variable(read: Any, case: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        read(REFUSED[case])
    assert case.split()[0] in str(refused.value)


@pytest.mark.parametrize("case", ACCEPTED)
def test_it_starts_where_everything_is_in_order(read: Any, case: str) -> None:
    assert read(ACCEPTED[case])["ROOT_URLCONF"] == "portsec.urls"


@pytest.mark.parametrize("name", ["PORTSEC_SECRET_KEY", "PORTSEC_SMS_HEADERS", "PORTSEC_VAPID_PRIVATE_KEY"])
def test_the_refusal_does_not_print_the_secret(read: Any, name: str) -> None:
    """It goes to a log; a secret that is too short is still a secret."""
    with pytest.raises(ImproperlyConfigured) as refused:
        read({name: "zebra-2026"})
    assert "zebra" not in str(refused.value)


def test_production_is_closed_by_default(read: Any) -> None:
    found = read({"PORTSEC_DEBUG": None, "PORTSEC_DEMO": None, "PORTSEC_ALLOWED_HOSTS": None})
    assert (found["DEBUG"], found["DEMO"], found["ALLOWED_HOSTS"]) == (False, False, ["portsec.example"])
    assert {found[name] for name in ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT")} == {True}
    assert found["SECURE_HSTS_SECONDS"] >= 31_536_000


def test_a_real_process_ends_with_the_name_of_what_is_missing() -> None:
    """The line that an operator reads, whatever command was given."""
    given = environment({"REDIS_URL": None})
    ended = subprocess.run([sys.executable, "manage.py", "check"], cwd=ROOT, env=given, capture_output=True, text=True, check=False)
    assert ended.returncode != 0
    assert "REDIS_URL is not set" in ended.stderr
