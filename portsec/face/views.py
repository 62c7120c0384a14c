"""The style page: every component in each of its states, made from the same partials as the pages, so that it cannot drift from them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from portsec.face import samples


@require_safe
def style(request: HttpRequest) -> HttpResponse:
    return render(request, "portsec/style.html", samples.context(timezone.now()))
