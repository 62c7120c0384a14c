"""Probes of what is told outside the dashboards: addresses are their organisation's, what was sent is for the parties."""

from portsec.access.acting import acting_for
from tests.proofs.probes import Probe, ask, rolled_back
from tests.proofs.scene import Scene

MINE = "SELECT DISTINCT organisation_id FROM delivery_endpoint"


def an_address_is_its_organisations_alone(scene: Scene) -> None:
    """The sender does not learn where it told, nor one recipient where another is told."""
    for acting in (scene.recipient, scene.other_recipient):
        with acting_for(acting):
            assert ask(MINE) == {acting.organisation.pk}
    for acting in (scene.sender, scene.outsider):
        with acting_for(acting):
            assert not ask(MINE)


def a_persons_own_way_is_hidden_from_colleagues(scene: Scene) -> None:
    own = "SELECT person_id FROM delivery_endpoint WHERE person_id IS NOT NULL"
    with acting_for(scene.recipient):
        assert ask(own) == {scene.recipient.user.pk}
    with acting_for(scene.unnamed_colleague):
        assert not ask(own)


def what_was_sent_is_for_the_parties(scene: Scene) -> None:
    both = {scene.recipient.organisation.pk, scene.other_recipient.organisation.pk}
    named = "SELECT recipient_id FROM delivery_dispatch"
    with acting_for(scene.sender):
        assert both <= ask(named)
    with acting_for(scene.other_recipient):
        assert ask(named) == {scene.other_recipient.organisation.pk}
    with acting_for(scene.unnamed_colleague):
        hidden = "endpoint_id NOT IN (SELECT id FROM delivery_endpoint)"
        of_a_person = ask(f"SELECT id FROM delivery_dispatch WHERE recipient_id = app_org() AND {hidden}")  # noqa: S608 (constants)
        assert not of_a_person, "what goes to a named person is no colleague's to see"
    with acting_for(scene.outsider):
        assert not ask("SELECT id FROM delivery_dispatch")


def tries_and_steps_are_for_the_parties(scene: Scene) -> None:
    for table in ("delivery_attempt", "delivery_escalation"):
        with acting_for(scene.sender):
            assert ask(f"SELECT id FROM {table}")  # noqa: S608 (names of our own tables)
        for acting in (scene.outsider, scene.other_recipient):
            with acting_for(acting):
                assert not ask(f"SELECT id FROM {table}")  # noqa: S608


def a_policy_is_read_by_those_for_whom_it_holds(scene: Scene) -> None:
    for acting, count in ((scene.recipient, 1), (scene.other_recipient, 0), (scene.outsider, 0)):
        with acting_for(acting):
            assert len(ask("SELECT id FROM delivery_escalationpolicy")) == count


def nobody_stops_or_calls_off_what_another_told(scene: Scene) -> None:
    with acting_for(scene.recipient), rolled_back():
        assert ask("SELECT app_dispatch_cancellation(%s, now())", [str(scene.named.pk)]) == {0}
    with acting_for(scene.other_recipient), rolled_back():
        ask("SELECT app_stop_dispatches(%s, 99, 'no', now())", [str(scene.named.pk)])
        assert "suppressed" not in ask("SELECT state FROM delivery_dispatch")


def nobody_holds_an_escalation_but_who_told_or_coordinates(scene: Scene) -> None:
    with acting_for(scene.sender):
        [delivery] = ask(
            "SELECT id FROM delivery_delivery WHERE object_id = %s AND recipient_id = %s",
            [str(scene.named.pk), str(scene.recipient.organisation.pk)],
        )
    for acting, counted in ((scene.other_recipient, 0), (scene.outsider, 0), (scene.sender, 1)):
        with acting_for(acting), rolled_back():
            assert ask("SELECT app_steer_escalation(%s, 'pause', now())", [str(delivery)]) == {counted}


PROBES: list[Probe] = [
    an_address_is_its_organisations_alone,
    a_persons_own_way_is_hidden_from_colleagues,
    what_was_sent_is_for_the_parties,
    tries_and_steps_are_for_the_parties,
    a_policy_is_read_by_those_for_whom_it_holds,
    nobody_stops_or_calls_off_what_another_told,
    nobody_holds_an_escalation_but_who_told_or_coordinates,
]
