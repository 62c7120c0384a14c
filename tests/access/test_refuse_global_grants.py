"""One global `view_audience` would show every audience to its holder: a system check refuses it."""

import pytest
from django.contrib.auth.models import Permission
from django.core.checks import Error, run_checks
from django.db import ProgrammingError, connections, transaction

from portsec.access.models import User
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def complaints() -> list[str]:
    found = run_checks(databases=["default"])
    return [one.msg for one in found if isinstance(one, Error) and one.id == "portsec.E001"]


def test_it_complains_of_a_group_that_sees_every_audience(cast: Cast) -> None:
    assert complaints() == []
    cast.gdansk.group.permissions.add(Permission.objects.get(codename="view_audience"))
    assert len(complaints()) == 1
    assert "organisation: Port of Gdańsk" in complaints()[0]


@pytest.mark.parametrize("table", ["access_user_groups", "access_user_user_permissions"])
def test_nobody_is_put_into_a_group_or_given_a_permission(cast: Cast, table: str) -> None:
    user = User.objects.get(pk=cast.user("gdansk").pk)
    add = user.groups.add if table.endswith("groups") else user.user_permissions.add
    with pytest.raises(ProgrammingError, match=f"permission denied for table {table}"), transaction.atomic():
        add(cast.gdansk.group_id if table.endswith("groups") else Permission.objects.values_list("pk", flat=True)[0])
    assert connections["default"].is_usable()
