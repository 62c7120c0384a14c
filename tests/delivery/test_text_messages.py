"""Text messages through the operator's own gateway, whatever JSON it wants."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from incidents.models import Alert
from portsec.access.acting import acting_for, as_system
from portsec.delivery import actions
from portsec.delivery.models import Endpoint
from tests.cast import Cast
from tests.delivery.conftest import AddContact, dispatches, send
from tests.delivery.receiver import Receiver, receiving

Publish = Callable[..., Alert]
NUMBER = "+48600100200"


@pytest.fixture
def gateway(settings: Any) -> Iterator[Receiver]:
    with receiving() as found:
        settings.SMS_URL, settings.SMS_HEADERS = found.url + "/send", {"Authorization": "Bearer zebra"}
        settings.SMS_BODY = '{"messages": [{"recipient": "{to}", "body": "{text}"}], "flash": true}'
        yield found


@pytest.fixture
def watch(committed: Cast, contact: AddContact) -> None:
    """A contact of Gdynia's with a number at which text messages are read."""
    contact(committed.as_("gdynia"), "Watch", phone=NUMBER)
    with acting_for(committed.as_("gdynia")) as acting:
        actions.switch_endpoint(acting, Endpoint.objects.get(channel="sms"), on=True)


@pytest.mark.usefixtures("watch")
class TestGateway:
    def test_number_and_text_stand_where_the_template_has_them(self, committed: Cast, publish: Publish, gateway: Receiver) -> None:
        alert = publish(committed.as_("gdansk"), headline='Craft "Świt" {to} \\ near quay')
        assert send() == 1
        (got,) = gateway.received
        told = json.loads(got.body)
        assert told["flash"] is True
        assert told["messages"][0]["recipient"] == NUMBER
        assert 'Craft "Świt"' in told["messages"][0]["body"]
        assert told["messages"][0]["body"].endswith(f"http://localhost:8000{alert.get_absolute_url()}")
        assert got.headers["authorization"] == "Bearer zebra"
        assert got.headers["idempotency-key"] == str(dispatches()[0].pk)

    def test_a_message_stays_short_and_keeps_its_link(self, committed: Cast, publish: Publish, gateway: Receiver) -> None:
        alert = publish(committed.as_("gdansk"), headline="x" * 160, instruction="y" * 900)
        send()
        text = json.loads(gateway.received[0].body)["messages"][0]["body"]
        assert len(text) <= 300
        assert text.endswith(alert.get_absolute_url())

    @pytest.mark.parametrize(("status", "state"), [(500, "queued"), (429, "queued"), (401, "queued"), (400, "failed"), (422, "failed")])
    def test_what_may_pass_is_tried_again_and_what_is_refused_is_not(
        self, committed: Cast, publish: Publish, gateway: Receiver, status: int, state: str
    ) -> None:
        gateway.habits["/send"] = status
        publish(committed.as_("gdansk"))
        send()
        assert [(one.state, one.reason) for one in dispatches()] == [(state, f"HTTP {status}")]

    def test_a_gateway_that_is_away_is_no_fault_of_the_number(
        self, committed: Cast, publish: Publish, gateway: Receiver, settings: Any
    ) -> None:
        settings.SMS_URL = "http://127.0.0.1:1/send"
        publish(committed.as_("gdansk"))
        send()
        (only,) = dispatches()
        assert (only.state, only.reason) == ("queued", "The gateway for text messages does not answer")
        with as_system("tests"):
            assert Endpoint.objects.get(channel="sms").is_active

    def test_a_test_says_what_the_gateway_said(self, committed: Cast, gateway: Receiver) -> None:
        with acting_for(committed.as_("gdynia")) as acting:
            actions.send_test(acting, Endpoint.objects.get(channel="sms"))
        send()
        assert "This is a test." in json.loads(gateway.received[0].body)["messages"][0]["body"]
        assert [one.state for one in dispatches()] == ["accepted"]


def test_a_number_is_not_written_to_before_its_owner_says_so(
    committed: Cast, publish: Publish, contact: AddContact, gateway: Receiver
) -> None:
    contact(committed.as_("gdynia"), "Watch", phone=NUMBER)
    publish(committed.as_("gdansk"))
    assert send() == 0
    assert gateway.received == []
