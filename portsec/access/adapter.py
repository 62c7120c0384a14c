"""Where allauth asks us: who signs in, what holds a guesser up, and what a second factor says."""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.stages import AuthenticateStage
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portsec.access import lockout
from portsec.access.authentication import active_memberships
from portsec.access.models import User
from portsec.access.sealing import seal, unseal
from portsec.access.sign_in import read_sign_in

logger = logging.getLogger(__name__)
SEALED = "sealed:"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """People are invited by their organisation's administrator; nobody signs up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        hold_up(request, str(credentials.get("email", "")), self.get_client_ip(request))

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        user: User | None = super().authenticate(request, **credentials)
        if user is not None:
            lockout.succeed(str(credentials.get("email", "")), self.get_client_ip(request))
        return user

    def pre_login(self, request: HttpRequest, user: User, **options: Any) -> HttpResponse | None:
        """Who belongs only where the organisation's own provider is asked is led there; only after the right password."""
        refused: HttpResponse | None = super().pre_login(request, user, **options)
        if refused is not None:
            return refused
        memberships, sign_in = active_memberships(user), read_sign_in(request, user)
        if memberships and not any(sign_in.is_good_for(one) for one in memberships):
            messages.info(request, _("Your organisation signs in through its own provider. Write your address here."))
            return redirect("openid_start")
        return None

    def get_login_stages(self) -> list[str]:
        ours = {"allauth.mfa.stages.AuthenticateStage": "portsec.access.adapter.OwnFactorStage"}
        return [ours.get(stage, stage) for stage in super().get_login_stages()]

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A mail server that is away must not tell which address is known, by an error for the one and a page for the other."""
        try:
            super().send_mail(template_prefix, email, context)
        except Exception:  # whatever a mail server, or the way to it, comes up with
            logger.exception("a mail of %s could not be sent", template_prefix)


def hold_up(request: HttpRequest, account: str, address: str) -> None:
    """Raises the answer 429 where somebody has to wait, in the same words for every account."""
    try:
        lockout.begin(account, address)
    except lockout.LockedOut as locked:
        answer = render(request, "429.html", {"seconds": locked.seconds}, status=429)
        answer.headers["Retry-After"] = str(locked.seconds)
        raise ImmediateHttpResponse(answer) from locked


class OwnFactorStage(AuthenticateStage):  # type: ignore[misc]  # allauth is untyped
    """Our second factor, unless the organisation lets its provider's count and the provider has seen one."""

    def _should_handle(self, request: HttpRequest) -> bool:
        return bool(super()._should_handle(request)) and not read_sign_in(request, self.login.user).vouched_factor


class _HeldUp:
    """A code of six digits is guessed in a million tries: they wait as passwords do."""

    user: User

    def clean_code(self) -> str:
        request = context.request
        account, address = f"code:{self.user.pk}", request.META.get("REMOTE_ADDR", "")
        hold_up(request, account, address)
        code: str = super().clean_code()  # type: ignore[misc]  # of allauth's form
        lockout.succeed(account, address)
        return code


class CodeForm(_HeldUp, AuthenticateForm):  # type: ignore[misc]  # allauth is untyped
    pass


class CodeAgainForm(_HeldUp, ReauthenticateForm):  # type: ignore[misc]  # allauth is untyped
    pass


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth is untyped
    """Keeps the secrets of apps and recovery codes sealed: with a dump of the database nobody makes codes."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("This code is not right. Type the one that the app shows now, or an unused recovery code."),
    }

    def encrypt(self, text: str) -> str:
        return SEALED + seal(text, "second_factor")

    def decrypt(self, encrypted_text: str) -> str:
        """What was kept before they were sealed opens as it is."""
        if not encrypted_text.startswith(SEALED):
            return encrypted_text
        return unseal(encrypted_text.removeprefix(SEALED), "second_factor") or ""
