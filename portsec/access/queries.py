"""What an organisation sees of itself: its people, those it has invited, its service tokens."""

from collections.abc import Iterable

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portsec.access.acting import Acting
from portsec.access.models import Invitation, Membership, OpenIdConnection, ServiceToken
from portsec.access.models.token import SOON
from portsec.face.waits import Wait

SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def members(acting: Acting) -> QuerySet[Membership]:
    """The people of the acting organisation, by name; the service is none. Each knows `has_second_factor`. 1 query."""
    found = Membership.objects.filter(organisation=acting.organisation, user__is_service=False).select_related("user")
    return found.annotate(has_second_factor=Exists(_factors())).order_by("user__name", "pk")


def _factors() -> QuerySet[Authenticator]:
    found: QuerySet[Authenticator] = Authenticator.objects.filter(user=OuterRef("user"), type__in=SECOND_FACTORS)
    return found


def invitations(acting: Acting) -> QuerySet[Invitation]:
    """Those that nobody has taken up or withdrawn, the newest first. 1 query."""
    return Invitation.objects.of(acting).waiting().select_related("invited_by").order_by("-created_at", "-pk")


def tokens(acting: Acting) -> QuerySet[ServiceToken]:
    """By name, the newest of a name first. 1 query."""
    found: QuerySet[ServiceToken] = ServiceToken.objects.filter(organisation=acting.organisation)
    return found.select_related("created_by").order_by("name", "-created")


def without_second_factor(acting: Acting) -> QuerySet[Membership]:
    """The active people who have none yet. 1 query."""
    return members(acting).filter(~Exists(_factors()), is_active=True)


def connection(acting: Acting) -> OpenIdConnection | None:
    """The organisation's own OpenID provider. 1 query."""
    return OpenIdConnection.objects.filter(organisation=acting.organisation).first()


def tokens_to_rotate(acting: Acting) -> Iterable[Wait]:
    """For the dashboard of those who may: tokens that expire within two weeks, and have no successor."""
    if not acting.may("token.manage"):
        return []
    now = timezone.now()
    soon = tokens(acting).filter(replaced_at=None, expiry__gt=now, expiry__lte=now + SOON).order_by("expiry")
    return [_wait(token, (token.expiry - now).days) for token in soon]


def _wait(token: ServiceToken, days: int) -> Wait:
    return Wait(
        title=_("Rotate service token %s") % token.name,
        url=reverse("token_detail", args=[token.id]),
        meta=_("The systems that use it stop when it expires."),
        icon="key",
        badge=ngettext("%d day left", "%d days left", days) % days,
        badge_class="warn" if days else "bad",
    )
