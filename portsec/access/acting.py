"""Who acts. One value, `Acting`, is passed to every action and query; one context tells the database the same.

`acting_for` opens a transaction and sets the acting user and organisation in it, so that row security can answer.
`as_system` does the same for the few jobs that belong to no organisation, through a role of their own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connections, transaction

from portsec.access.roles import VERBS, Role

if TYPE_CHECKING:
    from portsec.access.models import Organisation, User


class NoActingError(RuntimeError):
    """A protected model was asked outside of any context. Open one: `with acting_for(acting):`."""


class NotAllowedError(Exception):
    """Seen, but not allowed (403). `code` tells a program why; the message tells a person what to do."""

    def __init__(self, message: str, code: str = "not_allowed") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Acting:
    """A user who acts for one organisation in one role; `scopes` narrows a service token and is None for a person."""

    user: "User"
    organisation: "Organisation"
    role: Role
    scopes: frozenset[str] | None = None
    second_factor_at: datetime | None = field(default=None, compare=False)

    @property
    def is_service(self) -> bool:
        return self.scopes is not None

    def get_role_display(self) -> str:
        return str(self.role.label)

    def may(self, verb: str) -> bool:
        """Does the role, and for a token its scopes, allow the verb? An unknown verb is a programming error."""
        rule = VERBS[verb]
        return rule.is_for(self.role, self.organisation.kind) and (self.scopes is None or rule.scope in self.scopes)

    def require(self, verb: str) -> None:
        """Raises NotAllowedError unless `may(verb)`."""
        if self.may(verb):
            return
        if self.scopes is not None and self.role in VERBS[verb].roles:
            raise NotAllowedError(f"This token lacks the scope {VERBS[verb].scope}.", code="scope_missing")
        raise NotAllowedError(f"As {self.get_role_display().lower()} you may not {VERBS[verb].label}.", code="role_missing")


@dataclass(frozen=True)
class SystemWork:
    """Stands in the context while work for no organisation runs; `reason` is what the list in tests/house names."""

    reason: str


Context = Acting | SystemWork
_context: ContextVar[Context | None] = ContextVar("portsec_context", default=None)


def current_context() -> Context:
    """The open context, or NoActingError."""
    context = _context.get()
    if context is None:
        raise NoActingError("No acting organisation: open `acting_for(acting)` first.")
    return context


def current_alias() -> str:
    """Which database role a query belongs to now."""
    return "system" if isinstance(_context.get(), SystemWork) else "default"


def _tell_database(user: str, organisation: str) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT set_config('app.user_id', %s, true), set_config('app.org_id', %s, true)", [user, organisation])


@contextmanager
def acting_for(acting: Acting) -> Iterator[Acting]:
    """Opens a transaction in which the database knows who acts. Nesting is allowed for the same organisation only."""
    outer = _context.get()
    if isinstance(outer, SystemWork):
        raise NoActingError("System work does not act for an organisation. Leave `as_system` first.")
    if outer is not None and (outer.organisation.pk, outer.user.pk) != (acting.organisation.pk, acting.user.pk):
        raise NoActingError("Another organisation acts already in this transaction.")
    inside_a_transaction = connections["default"].in_atomic_block
    with transaction.atomic(using="default"):
        _tell_database(str(acting.user.pk), str(acting.organisation.pk))
        token = _context.set(acting)
        try:
            yield acting
        finally:
            _context.reset(token)
        # A savepoint that is released keeps the inner value, so it is taken back by hand (access.md).
        if outer is None and inside_a_transaction and not connections["default"].needs_rollback:
            _tell_database("", "")


@contextmanager
def as_system(reason: str) -> Iterator[None]:
    """Work for no organisation, as the role that the policies let through. Each use stands in tests/house/test_system_work.py."""
    token = _context.set(SystemWork(reason))
    try:
        with transaction.atomic(using="system"):
            yield
    finally:
        _context.reset(token)
