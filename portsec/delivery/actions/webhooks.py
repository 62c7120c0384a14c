"""The verbs of webhooks: add, change, rotate the secret. An address is looked up when it is written, and again at every call."""

from datetime import timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from portsec.access.acting import Acting
from portsec.access.locks import one_at_a_time
from portsec.delivery.actions.endpoints import check, content_of, insert, require_for, save_changes, tell, write
from portsec.delivery.models import Channel, Endpoint
from portsec.delivery.secrets import new_webhook_secret, seal_secret
from portsec.outbound import OutboundError, check_address
from portsec.problems import Conflict, Fault, Refused

MOST = 10  # of one organisation
GRACE = timedelta(hours=24)  # that the secret before a rotation signs along


def add_webhook(acting: Acting, *, label: str, address: str, kinds: list[str], severities: list[str]) -> tuple[Endpoint, str]:
    """The webhook, and its secret, which signs every call. Raises Refused naming the field, NotAllowedError."""
    acting.require("webhook.manage")
    one = Endpoint(organisation=acting.organisation, channel=Channel.WEBHOOK)
    write(one, label=label.strip(), address=address.strip(), kinds=kinds, severities=severities)
    check(one)
    check_reachable(one.address)
    secret = new_webhook_secret()
    one.sealed_secret = seal_secret(secret)
    one_at_a_time(f"webhooks {acting.organisation.pk}")  # two at once would both find room for the last
    if Endpoint.objects.of_house(acting).in_use().filter(channel=Channel.WEBHOOK).count() >= MOST:
        raise Refused(Fault("", _("%d webhooks are the most of one organisation. Take one away first.") % MOST, "too_many"))
    insert(one)
    tell(acting, "added", one, _("%(organisation)s tells a further system: %(label)s"), after=content_of(one))
    return one, secret


def edit_webhook(acting: Acting, webhook: Endpoint, **changes: Any) -> Endpoint:
    """Changes any of label, address, kinds, severities, as read at `webhook.version`. Raises Refused, NotAllowedError, Conflict."""
    require_for(acting, webhook)
    before, address = content_of(webhook), webhook.address
    write(webhook, **{name: value.strip() if isinstance(value, str) else value for name, value in changes.items()})
    check(webhook)
    if webhook.address != address:
        check_reachable(webhook.address)
        before = moved(before, webhook)
    return save_changes(acting, webhook, before)


def rotate_secret(acting: Acting, webhook: Endpoint) -> tuple[Endpoint, str]:
    """A new secret at once; the one before signs along for 24 hours. Raises NotAllowedError, Conflict where another hand was faster."""
    require_for(acting, webhook)
    secret, until = new_webhook_secret(), timezone.now() + GRACE
    there = Endpoint.objects.of(acting).in_use().filter(pk=webhook.pk, sealed_secret=webhook.sealed_secret)
    changed = {"sealed_secret": seal_secret(secret), "sealed_previous": webhook.sealed_secret, "previous_until": until}
    if not there.update(version=F("version") + 1, **changed):
        raise Conflict(_("This secret has been rotated meanwhile. Look at the webhook again."))
    webhook.refresh_from_db()
    tell(acting, "rotated", webhook, _("%(label)s has a new secret"), after={"previous_until": until})
    return webhook, secret


def moved(before: dict[str, Any], webhook: Endpoint) -> dict[str, Any]:
    """The journal holds hosts alone: another path of the same host must still count as a change."""
    return before if before["address"] != content_of(webhook)["address"] else {**before, "address": f"{before['address']} (another path)"}


def check_reachable(address: str, field: str = "address") -> None:
    """Raises Refused with the remedy: a private network, an unknown host, another port."""
    try:
        check_address(address)
    except OutboundError as error:
        raise error.refusal(field) from error
