"""How a person is told: own e-mail, own browsers. Nobody else of the organisation sees or changes that."""

import base64
import json
from datetime import time
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from django.utils.translation import gettext as _

from portsec.access.acting import Acting, NotAllowedError
from portsec.delivery.actions.endpoints import check, content_of, insert, save_changes, tell, write
from portsec.delivery.actions.testing import not_set_up
from portsec.delivery.actions.webhooks import check_reachable
from portsec.delivery.models import Channel, Endpoint
from portsec.delivery.models.endpoint import Kind
from portsec.delivery.secrets import seal_secret
from portsec.delivery.severity import Severity
from portsec.problems import Conflict, Fault, Refused

MOST_BROWSERS = 10
AFRESH: dict[str, Any] = {
    "is_active": True,
    "failures": 0,
    "failing_since": None,
    "last_error": "",
    "disabled_at": None,
    "disabled_because": "",
}
DEFAULTS: dict[str, Any] = {"severities": list(Severity.values), "quiet_from": None, "quiet_until": None}


def set_own_preferences(
    acting: Acting, *, by_email: bool, severities: list[str], quiet_from: time | None, quiet_until: time | None
) -> Endpoint:
    """From which severity on, quiet hours, and whether by e-mail: to the address with which the person signs in.

    A TLP:RED alert for the person comes by e-mail whatever is set here: nobody else is told of it. Raises Refused.
    """
    _require_person(acting)
    _check_quiet_hours(quiet_from, quiet_until)
    chosen = {"severities": severities, "quiet_from": quiet_from, "quiet_until": quiet_until}
    mail = own_email(acting)
    is_new, before = mail._state.adding, content_of(mail)
    write(mail, address=acting.user.email, label=acting.user.name[:120], kinds=list(Kind.values) if by_email else [], **chosen)
    _check_severities(mail)
    if is_new:
        insert(mail)
        tell(acting, "added", mail, _("%(label)s chose how to be told"), after=content_of(mail))
    else:
        save_changes(acting, mail, before)
    _set_for_browsers(acting, chosen)
    return mail


def own_email(acting: Acting) -> Endpoint:
    """The person's own, or a new one that is not yet saved and is told of nothing."""
    found: Endpoint | None = Endpoint.objects.of_person(acting).in_use().filter(channel=Channel.EMAIL).order_by("created_at").first()
    return found or Endpoint(organisation=acting.organisation, person=acting.user, channel=Channel.EMAIL, **DEFAULTS)


def subscribe_browser(acting: Acting, *, label: str, address: str, p256dh: str, auth: str) -> Endpoint:
    """Push to the browser that has given this subscription (Push API); again, and its keys are replaced. Raises Refused, Conflict."""
    _require_person(acting)
    if why_not := not_set_up(Channel.WEBPUSH):
        raise Conflict(why_not)
    keys = _checked_keys(p256dh, auth)
    check_reachable(address)
    own = Endpoint.objects.of_person(acting).in_use().filter(channel=Channel.WEBPUSH)
    known: Endpoint | None = own.filter(address=address).first()
    if known is not None:
        own.filter(pk=known.pk).update(sealed_secret=keys, **AFRESH)
        return known
    if own.count() >= MOST_BROWSERS:
        raise Refused(Fault("", _("%d browsers are the most. Take one away first.") % MOST_BROWSERS, "too_many"))
    mail = own_email(acting)
    one = Endpoint(organisation=acting.organisation, person=acting.user, channel=Channel.WEBPUSH, sealed_secret=keys)
    chosen = {name: getattr(mail, name) or default for name, default in DEFAULTS.items()}  # told of RED alone, nothing is chosen yet
    write(one, label=label[:120], address=address, kinds=list(Kind.values), **chosen)
    check(one)
    insert(one)
    tell(acting, "added", one, _("Push messages go to a further browser: %(label)s"), after=content_of(one))
    return one


def _set_for_browsers(acting: Acting, chosen: dict[str, Any]) -> None:
    for browser in Endpoint.objects.of_person(acting).in_use().filter(channel=Channel.WEBPUSH):
        then = content_of(browser)
        write(browser, **chosen)
        save_changes(acting, browser, then)


def _check_quiet_hours(quiet_from: time | None, quiet_until: time | None) -> None:
    if (quiet_from is None) != (quiet_until is None):
        missing = "quiet_until" if quiet_until is None else "quiet_from"
        raise Refused(Fault(missing, _("Give both times, or neither."), "incomplete"))
    if quiet_from is not None and quiet_from == quiet_until:
        raise Refused(Fault("quiet_until", _("It would be quiet all day. Choose another time."), "all_day"))


def _require_person(acting: Acting) -> None:
    if acting.is_service:
        raise NotAllowedError(_("A token is no person. It is told by a webhook."), code="not_a_person")


def _check_severities(endpoint: Endpoint) -> None:
    if not endpoint.severities or not set(endpoint.severities) <= set(Severity.values):
        raise Refused(Fault("severities", _("Choose at least one of: %s.") % ", ".join(Severity.values), "invalid_choice"))


def _checked_keys(p256dh: str, auth: str) -> str:
    """Sealed, as the transport reads them. Raises Refused where a browser would not have made them (RFC 8291 §2)."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _decoded(p256dh))
        if len(_decoded(auth)) != 16:
            raise ValueError(auth)
    except ValueError as error:
        raise Refused(Fault("p256dh", _("These are no keys of a browser. Switch push on again on this page."), "invalid")) from error
    return seal_secret(json.dumps({"p256dh": p256dh, "auth": auth}))


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
