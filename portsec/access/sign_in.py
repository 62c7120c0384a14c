"""How a session was opened, and for whom it may act therefore. Read from what allauth keeps in the session of each proof."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from allauth.account.authentication import get_authentication_records
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from portsec.access.models import Membership, Organisation, User
from portsec.access.roles import VERBS, Role

OPENID = "openid"  # the method of a record that an organisation's provider vouched for
OWN_FACTORS = {"mfa", "webauthn"}


@dataclass(frozen=True)
class SignIn:
    """`through`: the organisation whose provider vouched for the person, "" where it was a password or passkey of ours.

    `second_factor_at`: when the session last proved one. `has_second_factor` may be true without: a provider need not say when.
    """

    through: str
    second_factor_at: datetime | None
    has_second_factor: bool
    vouched_factor: bool = False  # the provider has seen one, and the organisation lets it count

    def is_good_for(self, membership: Membership) -> bool:
        """A provider speaks for its own organisation alone: it could vouch for anybody's address. And where an organisation wants
        its provider asked, a password opens it to those only who could mend that provider's settings."""
        if self.through:
            return str(membership.organisation_id) == self.through
        organisation = membership.organisation
        return organisation.password_allowed or VERBS["sign_in.manage"].is_for(Role(membership.role), organisation.kind)

    def lacks_second_factor_for(self, organisation: Organisation) -> bool:
        begins = organisation.second_factor_from
        return begins is not None and begins <= timezone.now() and not self.has_second_factor


def read_sign_in(request: HttpRequest, user: User) -> SignIn:
    records = get_authentication_records(request, user)
    vouched = [record for record in records if record["method"] == OPENID]
    own = [record["at"] for record in records if record["method"] in OWN_FACTORS and record.get("at")]
    theirs = [record["second_factor_at"] for record in vouched if record.get("second_factor_at")]
    counts = any(record.get("second_factor") for record in vouched)
    newest = max([*own, *theirs], default=None)
    return SignIn(
        through=str(vouched[-1]["organisation"]) if vouched else "",
        second_factor_at=datetime.fromtimestamp(newest, UTC) if newest else None,
        has_second_factor=bool(own) or counts,
        vouched_factor=counts,
    )


# allauth's pages on which one makes the keys that open every organisation of a person.
KEYS_OF_ALL = {"account_change_password", "account_set_password", "account_email", "account_confirm_email"}


def refuse_to_vouched(request: HttpRequest) -> None:
    """Whoever runs one organisation's provider could sign in as any of its people, and must not make a password as them: with it
    they would act for the person's other organisations. A second factor can be added as long as there is no other one."""
    match, user = request.resolver_match, request.user
    name = (match.url_name if match else None) or ""
    through = read_sign_in(request, user).through if isinstance(user, User) else ""
    if not through:
        return
    manages_factor = name.startswith("mfa_") and not name.endswith(("authenticate", "reauthenticate", "login_webauthn"))
    if name in KEYS_OF_ALL or (manages_factor and _belongs_elsewhere(user, through)):
        raise PermissionDenied(_("You signed in with your organisation. To change this, sign in with your own password."))


def _belongs_elsewhere(user: Any, through: str) -> bool:
    return Membership.objects.filter(user=user, is_active=True).exclude(organisation_id=UUID(through)).exists()
