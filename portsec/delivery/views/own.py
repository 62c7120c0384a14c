"""How I am told: my own e-mail and browsers, from which severity on, and when it is quiet."""

from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portsec.access.middleware import ActingRequest, opens_no_context
from portsec.delivery import actions, queries
from portsec.delivery.actions.own import own_email
from portsec.delivery.actions.testing import not_set_up
from portsec.delivery.endpoint_forms import OwnForm, SubscriptionForm
from portsec.delivery.models import Channel
from portsec.delivery.vapid import public_key
from portsec.problems import Conflict, Refused

BROWSERS = {"Edg/": "Edge", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}  # the first that fits
SYSTEMS = {"Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "Mac OS": "macOS", "Linux": "Linux"}


@require_http_methods(["GET", "POST"])
def own_delivery(request: ActingRequest) -> HttpResponse:
    """3 queries: one's own ways twice (a form has its own), their tests."""
    acting = request.acting
    mail = own_email(acting)
    mail.address = acting.user.email
    form = OwnForm(mail, request.POST or None)
    if form.is_valid():
        try:
            actions.set_own_preferences(acting, **form.arguments())
        except Refused as refused:
            form.add_refusal(refused)
        except Conflict as conflict:
            form.add_error(None, str(conflict))
        else:
            messages.success(request, _("Saved."))
            return redirect("own_delivery")
    return render(request, "delivery/own.html", {"form": form, **ways_of(request)}, status=422 if form.is_bound else 200)


def ways_of(request: ActingRequest) -> dict[str, object]:
    """2 queries."""
    found = list(queries.own_endpoints(request.acting))
    tests = queries.last_tests(found)
    return {
        "ways": [(one, tests.get(one.pk)) for one in found if one.channel == Channel.WEBPUSH or one.kinds],
        "is_waiting": any(not test.is_final for test in tests.values()),
        "push_not_set_up": not_set_up(Channel.WEBPUSH),
        "vapid_key": public_key(settings.VAPID_PRIVATE_KEY) if settings.VAPID_PRIVATE_KEY else "",
    }


@require_POST
def push_subscribe(request: ActingRequest) -> HttpResponse:
    """For push.js, which shows what it is told."""
    form = SubscriptionForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"detail": _("The browser gave no subscription. Switch push on again.")}, status=422)
    given = form.cleaned_data
    try:
        one = actions.subscribe_browser(
            request.acting, label=browser_of(request), address=given["endpoint"], p256dh=given["p256dh"], auth=given["auth"]
        )
    except Refused as refused:
        return JsonResponse({"detail": refused.faults[0].detail}, status=422)
    except Conflict as conflict:
        return JsonResponse({"detail": str(conflict)}, status=409)
    messages.success(request, _("Push messages come to %s. Send a test to see one.") % one.label)
    return JsonResponse({"id": str(one.pk)}, status=201)


def browser_of(request: HttpRequest) -> str:
    """As its owner knows it: Firefox on Linux."""
    agent = request.headers.get("User-Agent", "")
    browser = next((name for mark, name in BROWSERS.items() if mark in agent), _("Browser"))
    system = next((name for mark, name in SYSTEMS.items() if mark in agent), "")
    return _("%(browser)s on %(system)s") % {"browser": browser, "system": system} if system else browser


@opens_no_context
@require_safe
def push_worker(request: HttpRequest) -> HttpResponse:
    """From the root of the site, since a worker only serves what lies below its own address."""
    return HttpResponse(_worker(), content_type="text/javascript", headers={"Cache-Control": "no-cache"})


@cache
def _worker() -> str:
    return (Path(settings.BASE_DIR) / "static/portsec/push-worker.js").read_text()
