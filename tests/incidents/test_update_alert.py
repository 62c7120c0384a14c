"""Updates and cancellations: everyone who was told is told, and answers stand unless they are asked for again."""

from collections.abc import Callable
from typing import Any

import pytest

from incidents.actions import acknowledge_alert, cancel_alert, update_alert
from incidents.models import Alert, AlertMessage
from incidents.queries import board, unanswered
from portsec.access.acting import Acting, NotAllowedError, acting_for
from portsec.journal.models import Entry
from portsec.problems import Conflict, Refused
from tests.cast import Cast

pytestmark = pytest.mark.django_db
Publish = Callable[..., Alert]


def states(acting: Acting, alert: Alert) -> dict[str, str]:
    with acting_for(acting):
        return {row.delivery.recipient.name: row.delivery.state for row in board(acting, alert).rows}


def answer(acting: Acting, alert: Alert) -> None:
    with acting_for(acting):
        acknowledge_alert(acting, Alert.objects.visible_to(acting).get(pk=alert.pk))


def update(acting: Acting, alert: Alert, **changes: Any) -> None:
    with acting_for(acting):
        update_alert(acting, Alert.objects.visible_to(acting).get(pk=alert.pk), **{"note": "Second craft seen", **changes})


def waits(acting: Acting) -> list[str]:
    with acting_for(acting):
        return [one.alert.headline for one in unanswered(acting)]


def test_answers_stand_after_an_update(cast: Cast, publish: Publish) -> None:
    sender = cast.as_("gdansk")
    alert = publish(sender)
    answer(cast.as_("riga"), alert)
    update(sender, alert)
    assert states(sender, alert) == {"Port of Rīga": "acknowledged", "Port of Gdynia": "queued"}
    assert waits(cast.as_("riga")) == []
    assert waits(cast.as_("gdynia")) == [alert.headline]


def test_an_update_may_ask_everyone_again(cast: Cast, publish: Publish) -> None:
    sender = cast.as_("gdansk")
    alert = publish(sender)
    answer(cast.as_("riga"), alert)
    update(sender, alert, ask_again=True)
    assert set(states(sender, alert).values()) == {"queued"}
    assert waits(cast.as_("riga")) == [alert.headline]


def test_an_update_keeps_every_message_of_the_chain(cast: Cast, publish: Publish) -> None:
    sender = cast.as_("gdansk")
    alert = publish(sender)
    update(sender, alert, severity="Moderate")
    update(sender, alert, headline="Two unlit craft")
    with acting_for(cast.as_("riga")) as reader:
        messages = AlertMessage.objects.visible_to(reader).filter(alert=alert)
        assert [(one.label, one.severity, one.headline) for one in messages] == [
            ("Alert", "Severe", alert.headline),
            ("Update 1", "Moderate", alert.headline),
            ("Update 2", "Moderate", "Two unlit craft"),
        ]


def test_an_update_is_journalled_with_what_changed(cast: Cast, publish: Publish) -> None:
    sender = cast.as_("gdansk")
    alert = publish(sender)
    update(sender, alert, severity="Moderate")
    with acting_for(cast.as_("riga")) as reader:
        entry = Entry.objects.visible_to(reader).get(verb="alert.updated")
        assert (entry.before, entry.after) == ({"severity": "Severe"}, {"severity": "Moderate"})


def test_a_refused_update_leaves_the_alert_as_it_was(cast: Cast, publish: Publish) -> None:
    sender = cast.as_("gdansk")
    alert = publish(sender)
    with pytest.raises(Refused):
        update(sender, alert, headline="two\nlines")
    with acting_for(sender):
        assert Alert.objects.get(pk=alert.pk).version == 1


def test_a_recipient_cannot_update_or_cancel(cast: Cast, publish: Publish) -> None:
    alert = publish(cast.as_("gdansk"))
    with acting_for(cast.as_("riga")) as neighbour:
        seen = Alert.objects.visible_to(neighbour).get(pk=alert.pk)
        with pytest.raises(NotAllowedError):
            update_alert(neighbour, seen, note="false")
        with pytest.raises(NotAllowedError):
            cancel_alert(neighbour, seen, reason="false")


def test_two_updates_at_once_do_not_overwrite_each_other(cast: Cast, publish: Publish) -> None:
    sender = cast.as_("gdansk")
    alert = publish(sender)
    with acting_for(sender):
        first, second = Alert.objects.get(pk=alert.pk), Alert.objects.get(pk=alert.pk)
        update_alert(sender, first, note="first")
        with pytest.raises(Conflict):
            update_alert(sender, second, note="second")


def test_raising_an_alert_to_extreme_asks_for_the_second_factor(cast: Cast, publish: Publish) -> None:
    sender = cast.as_("gdansk")
    alert = publish(sender)
    with pytest.raises(NotAllowedError):
        update(sender, alert, severity="Extreme")


def test_a_cancelled_alert_waits_for_nobody_and_tells_everyone(cast: Cast, publish: Publish) -> None:
    sender = cast.as_("gdansk")
    alert = publish(sender)
    with acting_for(sender):
        cancel_alert(sender, Alert.objects.get(pk=alert.pk), reason="Fishing boat, light repaired")
    assert waits(cast.as_("riga")) == []
    with acting_for(cast.as_("riga")) as reader:
        assert Entry.objects.visible_to(reader).filter(verb="alert.cancelled", object_id=alert.pk).exists()
    with acting_for(cast.as_("coastguard")) as outsider:
        assert not Entry.objects.visible_to(outsider).filter(object_id=alert.pk).exists()


def test_a_cancelled_alert_cannot_be_cancelled_again(cast: Cast, publish: Publish) -> None:
    sender = cast.as_("gdansk")
    alert = publish(sender)
    with acting_for(sender):
        cancel_alert(sender, Alert.objects.get(pk=alert.pk), reason="over")
        with pytest.raises(Conflict):
            cancel_alert(sender, Alert.objects.get(pk=alert.pk), reason="over")
