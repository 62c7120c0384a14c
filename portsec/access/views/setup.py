"""The one page of an installation without people. Afterwards it is as absent as any page that there never was."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from portsec.access import actions
from portsec.access.first_run import is_new_installation
from portsec.access.middleware import opens_no_context
from portsec.access.setup_forms import SetupForm
from portsec.problems import Refused


@never_cache
@sensitive_post_parameters("code", "password")
@opens_no_context
@require_http_methods(["GET", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    if not is_new_installation():
        raise Http404
    form = SetupForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            region = actions.set_up_installation(**form.cleaned_data)
        except Refused as refused:
            form.add_refusal(refused)
        else:
            messages.success(request, _("Set up. Sign in with your address and your new password, then bring the ports in."))
            onward = urlencode({"next": reverse("port_import", args=[region.pk])})
            return redirect(f"{reverse('account_login')}?{onward}")
    return render(request, "access/setup.html", {"form": form}, status=422 if form.is_bound else 200)
