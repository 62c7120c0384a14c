"""A message that says nothing but that it arrived, to see whether a way works."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from portsec.access.acting import Acting
from portsec.access.locks import one_at_a_time
from portsec.delivery.actions.endpoints import require_for, tell
from portsec.delivery.models import Channel, Dispatch, Endpoint, Purpose
from portsec.delivery.transports import TRANSPORTS
from portsec.problems import Conflict, Fault, Refused

WINDOW = timedelta(minutes=1)
MOST = 5  # tests of one organisation within the window


def send_test(acting: Acting, endpoint: Endpoint) -> Dispatch:
    """Queues one, which is tried once; its row says what came of it. Also where the way is switched off: to see whether to switch it on.

    Raises NotAllowedError, Conflict where it is taken away or cannot be sent from this installation, Refused after too many.
    """
    require_for(acting, endpoint)
    if endpoint.retired_at is not None:
        raise Conflict(_("This has been taken away. Nothing is sent there."))
    if why_not := not_set_up(endpoint.channel):
        raise Conflict(why_not)
    _hold_back(acting)
    made: Dispatch = Dispatch.objects.create(
        recipient=acting.organisation, endpoint=endpoint, channel=endpoint.channel, purpose=Purpose.TEST
    )
    tell(acting, "tested", endpoint, _("%(organisation)s tests how it is told: %(label)s"), after={"dispatch": str(made.pk)})
    return made


def not_set_up(channel: str) -> str:
    """What to say where this installation cannot send on the channel; nothing where it can."""
    if TRANSPORTS[channel].is_available():
        return ""
    if channel == Channel.SMS:
        return _("Text messages are not set up on this installation. Ask its operator for a gateway.")
    return _("Push messages are not set up on this installation. Ask its operator for a key.")


def _hold_back(acting: Acting) -> None:
    """One counts after the other, so that two at once do not both find room."""
    one_at_a_time(f"delivery tests {acting.organisation.pk}")
    since = timezone.now() - WINDOW
    if Dispatch.objects.received_by(acting).filter(purpose=Purpose.TEST, created_at__gt=since).count() >= MOST:
        raise Refused(Fault("", _("%d tests within a minute are enough. Wait a minute, then send the next.") % MOST, "too_many"))
