"""The clock's part: a declaration ends with its period, and is kept for its time. The system works beside the application."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from ports import actions
from ports.models import DeclarationOfSecurity, DeclarationSignature
from ports.queries.declarations import readable
from ports.tasks import expire_declarations
from portsec.access.acting import Acting, acting_for
from portsec.journal.models import Entry
from portsec.problems import Conflict
from tests.cast import Cast
from tests.ports.test_declarations import do

Declare = Callable[..., DeclarationOfSecurity]
Sign = Callable[..., DeclarationSignature]
StandingFor = Callable[[Acting, DeclarationOfSecurity], str]


def test_it_expires_with_its_period_once(committed: Cast, declare: Declare, standing_for: StandingFor) -> None:
    gdansk = committed.as_("gdansk")
    declaration = declare(gdansk)
    other = declare(gdansk, valid_to=timezone.now() + timedelta(days=9))
    over = declaration.valid_to
    assert over is not None
    assert [actions.expire_declarations(over + timedelta(seconds=late)) for late in (-1, 0, 1)] == [0, 1, 0]
    assert [standing_for(gdansk, one) for one in (declaration, other)] == ["expired", "requested"]
    with acting_for(gdansk):
        kept = readable(gdansk).get(pk=declaration.pk)
        entry = Entry.objects.visible_to(gdansk).get(verb="declaration.expired")
    assert (kept.closed_at, kept.retain_until) == (over, over + timedelta(days=90))
    assert (entry.owner, entry.actor, entry.object_id) == (committed.gdansk, None, declaration.pk)


def test_it_is_kept_90_days_after_its_period_and_cannot_be_deleted_before(committed: Cast, declare: Declare, sign: Sign) -> None:
    gdansk, now = committed.as_("gdansk"), timezone.now()
    with time_machine.travel(now - timedelta(days=100), tick=False):
        declaration = declare(gdansk)  # its period ended 98 days ago
        do(gdansk, actions.agree_declaration, declaration)
        sign(gdansk, declaration)
        with pytest.raises(Conflict, match="is not over: end it first"):
            do(gdansk, actions.delete_declaration, declaration)
    actions.expire_declarations(now)
    with time_machine.travel(now - timedelta(days=10), tick=False), pytest.raises(Conflict, match=r"33 CFR 105\.225\(b\)"):
        do(gdansk, actions.delete_declaration, declaration)
    do(gdansk, actions.delete_declaration, declaration)
    with acting_for(gdansk):
        assert not readable(gdansk).exists()
        assert not DeclarationSignature.objects.visible_to(gdansk).exists()
        assert Entry.objects.visible_to(gdansk).filter(verb="declaration.deleted").exists()


def test_the_sweep_of_beat_ends_what_is_due(committed: Cast, declare: Declare, standing_for: StandingFor) -> None:
    gdansk = committed.as_("gdansk")
    declaration = declare(gdansk)
    with time_machine.travel(timezone.now() + timedelta(days=2, seconds=1), tick=False):
        assert standing_for(gdansk, declaration) == "expired", "the clock decides, whenever the sweep comes by"
        expire_declarations()
    with acting_for(gdansk):
        assert readable(gdansk).get(pk=declaration.pk).state == "expired"


def test_a_draft_does_not_expire(committed: Cast, declare: Declare) -> None:
    declare(committed.as_("gdansk"), draft=True)
    assert actions.expire_declarations(timezone.now() + timedelta(days=99)) == 0
