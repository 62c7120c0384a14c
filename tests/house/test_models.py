"""What every shareable model needs: its policies, and an index that starts with the audience."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db.models import Model

from portsec.access.acting import NoActingError
from portsec.access.models import AudienceGrant, Shareable, ShareableManager
from tests.access.sql import column, one, rows

pytestmark = pytest.mark.django_db(databases=["default", "system", "owner"])
SHAREABLE = [model for model in apps.get_models() if issubclass(model, Shareable)]
SHAREABLE_IDS = [model._meta.label for model in SHAREABLE]
OURS = [model for model in apps.get_models(include_auto_created=True) if model.__module__.split(".")[0] in
        {"portsec", "ports", "incidents", "guidelines", "agreements", "drills", "reports"}]  # fmt: skip

INDEXED = """
SELECT array_agg(a.attname::text ORDER BY k.place)
FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, place)
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
WHERE i.indrelid = %s::regclass AND i.indpred IS NULL GROUP BY i.indexrelid
"""

each_shareable = pytest.mark.parametrize("model", SHAREABLE, ids=SHAREABLE_IDS)


def policies(model: type[Model]) -> dict[str, tuple[list[str], str | None, str | None]]:
    asked = "SELECT cmd, roles::text[], qual, with_check FROM pg_policies WHERE tablename = %s AND policyname <> 'system'"
    return {command: (roles, using, check) for command, roles, using, check in rows(asked, [model._meta.db_table])}


@each_shareable
def test_a_shareable_table_is_read_by_the_one_rule(model: type[Model]) -> None:
    roles, using, _check = policies(model)["SELECT"]
    assert roles == ["portsec_app"]
    for part in ("app_audiences()", "app_org()", "app_user()", "persons"):
        assert part in (using or ""), f"{model._meta.db_table}: {part}"


@each_shareable
def test_a_shareable_table_is_written_by_its_owner(model: type[Model]) -> None:
    roles, _using, check = policies(model)["INSERT"]
    assert roles == ["portsec_app"]
    assert "owner_id = ( SELECT app_org()" in (check or "")
    assert "audience_id IN ( SELECT app_audiences()" in (check or "")


@each_shareable
def test_no_policy_of_a_shareable_table_is_for_all_commands(model: type[Model]) -> None:
    """Each command has a rule of its own: `owner = app_org()` everywhere would silently change no row (access.md)."""
    assert "ALL" not in policies(model)


def is_part_of_another(model: type[Model]) -> bool:
    """A message, an entry of a log: it is reached through its parent, and never listed by itself."""
    return any(field.is_relation and field.related_model and issubclass(field.related_model, Shareable) for field in model._meta.fields)


@each_shareable
def test_an_index_of_a_shareable_table_starts_with_the_audience(model: type[Model]) -> None:
    """The page asks each audience for its newest (access.md): an index on the audience alone would sort them all."""
    by_audience = [names for names in column(INDEXED, [model._meta.db_table]) if names[0] == "audience_id"]
    needed = 1 if is_part_of_another(model) else 2
    assert [names for names in by_audience if len(names) >= needed]


@each_shareable
def test_a_shareable_model_is_asked_inside_a_context_only(model: Any) -> None:
    assert isinstance(model._default_manager, ShareableManager)
    with pytest.raises(NoActingError):
        model.objects.all()


@pytest.mark.parametrize("model", SHAREABLE, ids=SHAREABLE_IDS)
def test_owner_and_audience_cannot_be_deleted_away(model: type[Model]) -> None:
    kept = {field.name: field.remote_field.on_delete.__name__ for field in model._meta.fields if field.name in {"owner", "audience"}}
    assert kept == {"owner": "PROTECT", "audience": "PROTECT"}


def test_ids_tell_nothing_of_how_many_there_are() -> None:
    """A number that counts on would: every shared record has a UUID."""
    assert {model._meta.label for model in SHAREABLE if model._meta.pk.get_internal_type() != "UUIDField"} == set()


def test_the_migrations_hold_every_model() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_guardians_generic_tables_stay_empty() -> None:
    """Only direct foreign keys are used (access.md)."""
    assert one("SELECT (SELECT count(*) FROM guardian_groupobjectpermission) + (SELECT count(*) FROM guardian_userobjectpermission)") == 0
    assert AudienceGrant._meta.get_field("content_object").remote_field.model._meta.label == "access.Audience"


def test_nobody_may_view_audiences_globally() -> None:
    """One global `view_audience` turned 144 visible audiences into 33,490 (access.md)."""
    permission = Permission.objects.get(content_type__app_label="access", codename="view_audience")
    assert not permission.group_set.exists()
    assert not permission.user_set.exists()


def test_people_are_in_no_group() -> None:
    """Membership is the one truth; groups hold grants only."""
    assert one("SELECT count(*) FROM access_user_groups") == 0


def test_every_model_says_what_it_is_called() -> None:
    assert [model._meta.label for model in OURS if not model._meta.auto_created and model.__str__ is Model.__str__] == []
