"""The first day: a coordination body, its administrator and its region, made by whoever holds the operator's code."""

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import connections
from django.http import Http404
from django.utils.translation import gettext as _

from portsec.access.acting import as_system
from portsec.access.actions.members import add_member
from portsec.access.actions.organisations import create_organisation, join_region
from portsec.access.first_run import is_new_installation, is_setup_code
from portsec.access.models import Organisation, Region, User
from portsec.access.roles import Role
from portsec.access.time_zones import check_time_zone
from portsec.journal.actions import record_of
from portsec.problems import Fault, Refused
from portsec.validation import check_fields, plain_line


def set_up_installation(code: str, *, body: str, time_zone: str, region: str, name: str, email: str, password: str) -> Region:
    """Once, and only where nobody has an account: Http404 otherwise. `name` is the administrator's.

    Raises Refused naming `code`, or the fields at fault; the code is asked first, and tells nothing of the others.
    """
    _check_may(code)
    check_time_zone(time_zone)
    user = User(email=email.strip().lower(), name=_line("name", name))
    body, region = _line("body", body), _line("region", region)
    _check_person(user, password)
    user.password = make_password(password)  # before the lock: it takes half a second on purpose
    with as_system("the first day of an installation, on which nobody belongs anywhere"):
        _hold_first_day()
        if not is_new_installation():
            raise Http404
        _check_free(body)
        organisation = create_organisation(body, Organisation.Kind.COORDINATION_BODY, time_zone=time_zone)
        user.save()
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        add_member(user, organisation, Role.ADMINISTRATOR, actor=user)
        made, _is_new = Region.objects.get_or_create(name=region)  # the operator may have imported its ports already
        join_region(organisation, made)
        record_of(organisation, "region.created", "region", made.pk, f"{region} was set up", actor=user, after={"name": region})
    return made


def _check_may(code: str) -> None:
    if not is_new_installation():
        raise Http404
    if not is_setup_code(code):
        text = _("This is not the set-up code. Whoever runs the server finds it with: manage.py setup_code")
        raise Refused(Fault("code", text, "wrong_code"))


def _hold_first_day() -> None:
    """Of two who press at once the second finds it done."""
    with connections["system"].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(7702003)")


def _check_free(body: str) -> None:
    if Organisation.objects.filter(name=body).exists():
        raise Refused(Fault("body", _("This name is taken. Choose another."), "taken"))


def _check_person(user: User, password: str) -> None:
    check_fields(user, exclude={"password"})
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Refused(*(Fault("password", message, "password") for message in error.messages)) from error


def _line(field: str, text: str) -> str:
    written = plain_line(field, text)
    if not written or len(written) > 120:
        raise Refused(Fault(field, _("Write a name of at most 120 letters."), "required"))
    return written
