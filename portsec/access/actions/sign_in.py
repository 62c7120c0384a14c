"""How an organisation's own people sign in: a second factor from a day on, a provider of its own, and whether passwords still do.

Whoever sets the provider could sign in as any of these people: each verb that opens a way in asks for a fresh second factor.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portsec.access.acting import Acting, acting_for, as_system, current_alias
from portsec.access.models import OpenIdConnection, Organisation
from portsec.access.openid.provider import ProviderError, describe, keys_of
from portsec.access.step_up import require_for_members
from portsec.journal.actions import record_own
from portsec.outbound import OutboundError, check_address
from portsec.problems import Conflict, Fault, Refused
from portsec.validation import check_fields

DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
MOST_DOMAINS = 20
LATEST = timedelta(days=366)
UNCHECKED = {"organisation", "domains", "sealed_secret", "fault"}


def require_second_factor_from(acting: Acting, begins: datetime | None) -> None:
    """From that moment who has not proven a second factor can only answer alerts. None: nobody must. Raises Refused naming `begins`."""
    _require(acting)
    if begins is not None and begins > timezone.now() + LATEST:
        raise Refused(Fault("begins", _("Choose a day within a year."), "too_late"))
    _set_rule(acting, second_factor_from=begins)


def allow_passwords(acting: Acting, allowed: bool) -> None:
    """Without them only administrators still sign in so: somebody must, on the day on which the provider is away.

    Raises Conflict where no provider has passed its test: nobody would come in.
    """
    _require(acting)
    if not allowed and not OpenIdConnection.objects.filter(organisation=acting.organisation, works=True).exists():
        raise Conflict(_("No provider has passed its test, so nobody could sign in. Set one up and test it first."))
    _set_rule(acting, password_allowed=allowed)


def connect_provider(
    acting: Acting, *, issuer: str, client_id: str, client_secret: str, domains: Sequence[str], trusts_factor: bool
) -> OpenIdConnection:
    """Sets the provider, or changes it; an empty secret keeps the one before. It is tested after the commit.

    Raises Refused naming `issuer`, `client_id`, `client_secret` or `domains`.
    """
    _require(acting)
    found = OpenIdConnection.objects.filter(organisation=acting.organisation).first()
    connection = found or OpenIdConnection(organisation=acting.organisation)
    before = _told(connection) if found else {}
    _check_secret(connection, issuer.strip(), client_secret)
    connection.issuer, connection.client_id, connection.trusts_factor = issuer.strip(), client_id.strip(), trusts_factor
    connection.domains = read_domains(domains)
    check_fields(connection, exclude=UNCHECKED)
    _check_issuer(connection.issuer)
    if client_secret:
        connection.keep_secret(client_secret)
    connection.works, connection.tested_at, connection.fault = False, None, ""
    connection.save()
    _record(acting, "sign_in.provider_set", _("The OpenID provider was set"), before=before, after=_told(connection))
    transaction.on_commit(partial(note_test, acting, connection), using=current_alias())
    return connection


def test_provider(acting: Acting) -> None:
    """Asks the provider once more; the outcome stands on the connection after the commit. Raises Conflict where there is none."""
    acting.require("sign_in.manage")
    connection = OpenIdConnection.objects.filter(organisation=acting.organisation).first()
    if connection is None:
        raise Conflict(_("There is no provider to test. Set one up first."))
    transaction.on_commit(partial(note_test, acting, connection), using=current_alias())


def disconnect_provider(acting: Acting) -> None:
    """Passwords are allowed again with it, or nobody could come in. Raises Conflict where there is none.

    Never asks for a second factor: a provider in wrong hands must not wait for one.
    """
    acting.require("sign_in.manage")
    with as_system("the links to a provider are nobody's to see"):
        found = OpenIdConnection.objects.filter(organisation=acting.organisation)
        before = [_told(connection) for connection in found]
        found.delete()
        Organisation.objects.filter(pk=acting.organisation.pk).update(password_allowed=True)
    if not before:
        raise Conflict(_("There is no provider to remove."))
    _record(acting, "sign_in.provider_removed", _("The OpenID provider was removed"), before=before[0], after={})


def note_test(acting: Acting, connection: OpenIdConnection) -> None:
    """Outside of any transaction: the provider may take its time. Never raises for what the provider does."""
    try:
        keys_of(describe(connection.issuer))
        outcome = {"works": True, "fault": ""}
    except (ProviderError, OutboundError) as error:
        outcome = {"works": False, "fault": str(error)[:300]}
    with acting_for(acting):
        unchanged = OpenIdConnection.objects.filter(pk=connection.pk, issuer=connection.issuer)
        unchanged.update(tested_at=timezone.now(), **outcome)


def read_domains(written: Sequence[str]) -> list[str]:
    """In lower case, without doubles. Raises Refused naming `domains` or `domains/<n>`."""
    found = [text.strip().lower().lstrip("@") for text in written if text.strip()]
    words = _("“%s” is no domain. Write what stands behind the @, as port.example.")
    faults = [Fault(f"domains/{n}", words % text[:60], "invalid") for n, text in enumerate(found) if not DOMAIN.fullmatch(text)]
    if not found:
        faults = [Fault("domains", _("Write at least one domain, as port.example."), "required")]
    if len(found) > MOST_DOMAINS:
        faults = [Fault("domains", _("Name at most %d domains.") % MOST_DOMAINS, "too_many")]
    if faults:
        raise Refused(*faults)
    return list(dict.fromkeys(found))


def _require(acting: Acting) -> None:
    acting.require("sign_in.manage")
    require_for_members(acting)


def _check_issuer(issuer: str) -> None:
    """What the description lies under is appended to it, so it has no question of its own. A look-up is all that is done here."""
    if "?" in issuer:
        raise Refused(Fault("issuer", _("Write the issuer's address without what follows the ?."), "invalid"))
    try:
        check_address(issuer)
    except OutboundError as error:
        raise error.refusal("issuer") from error


def _check_secret(connection: OpenIdConnection, issuer: str, secret: str) -> None:
    """A secret of one provider is not handed to another: somebody who takes over a session could otherwise fetch it so."""
    if not secret and (not connection.sealed_secret or connection.issuer != issuer):
        raise Refused(Fault("client_secret", _("Write the client secret that the provider gave you."), "required"))
    if len(secret) > 2000:
        raise Refused(Fault("client_secret", _("This is too long for a client secret."), "max_length"))


def _set_rule(acting: Acting, **rule: object) -> None:
    """The application's role may not write organisations: they decide what everybody sees."""
    before = {name: getattr(acting.organisation, name) for name in rule}
    with as_system("how the people of an organisation sign in"):
        Organisation.objects.filter(pk=acting.organisation.pk).update(**rule)
    _record(acting, "sign_in.rule_changed", _("How your people sign in was changed"), before=before, after=rule)


def _record(acting: Acting, verb: str, summary: str, *, before: dict[str, object], after: dict[str, object]) -> None:
    record_own(acting, verb, "organisation", acting.organisation.pk, summary, before=before, after=after)


def _told(connection: OpenIdConnection) -> dict[str, object]:
    """Never the secret."""
    names = ("issuer", "client_id", "domains", "trusts_factor")
    return {name: getattr(connection, name) for name in names}
