"""An administrator sets the organisation's provider: what is refused, what a test says, and that no secret comes back."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from portsec.access.acting import Acting, NotAllowedError, acting_for, as_system
from portsec.access.actions import allow_passwords, connect_provider, disconnect_provider, test_provider
from portsec.access.models import OpenIdConnection, OpenIdLink, Organisation
from portsec.access.queries import connection
from portsec.access.roles import Role
from portsec.journal.models import Entry
from portsec.problems import Conflict, Refused
from tests.access import sql
from tests.access.managing import confirm, manager, signed_in
from tests.access.openid_provider import CLIENT_SECRET, Provider, provider
from tests.cast import Cast

PAGE = "/organisation/sign-in/"
again = test_provider
del test_provider  # pytest would take the verb for a test


@pytest.fixture(autouse=True)
def _loopback_is_open(settings: Any) -> None:
    settings.PORTSEC_WEBHOOK_ALLOW_PRIVATE = True
    cache.clear()


@pytest.fixture
def there() -> Iterator[Provider]:
    with provider() as found:
        yield found


def written(there: Provider, **changes: Any) -> dict[str, Any]:
    return {"issuer": there.issuer, "client_id": "portsec", "client_secret": CLIENT_SECRET, "domains": "gdansk.example", **changes}


def set_provider(acting: Acting, there: Provider, **changes: Any) -> OpenIdConnection | None:
    with acting_for(acting):
        connect_provider(acting, **{**written(there), "domains": ["gdansk.example"], "trusts_factor": False, **changes})
    return stored(acting)


def stored(acting: Acting) -> OpenIdConnection | None:
    with acting_for(acting):
        return connection(acting)


# The verb


def test_it_is_tested_as_soon_as_it_is_set(committed: Cast, there: Provider) -> None:
    made = set_provider(manager(committed), there)
    assert made
    assert (made.works, made.fault) == (True, "")
    assert made.tested_at
    assert there.asked == ["/.well-known/openid-configuration", "/keys"]


@pytest.mark.parametrize(
    ("description", "words"),
    [
        ({"issuer": "https://login.another.example"}, "The provider calls itself “https://login.another.example”."),
        ({"jwks_uri": "http://169.254.169.254/keys"}, "leads into a private network"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "Write a plain address"),
        ({"token_endpoint": None}, "Write a plain address"),
    ],
)
def test_a_test_says_what_is_wrong(committed: Cast, there: Provider, description: dict[str, Any], words: str) -> None:
    there.description = description
    made = set_provider(manager(committed), there)
    assert made
    assert not made.works
    assert words in made.fault


def test_a_provider_that_moves_is_not_followed(committed: Cast, there: Provider) -> None:
    with provider() as inside:
        there.redirects = f"{inside.issuer}/.well-known/openid-configuration"
        made = set_provider(manager(committed), there)
        assert made
        assert "sends us on" in made.fault
        assert inside.asked == []


def test_a_new_test_replaces_the_outcome(committed: Cast, there: Provider) -> None:
    acting = manager(committed)
    there.redirects = "http://127.0.0.1:1/"
    set_provider(acting, there)
    there.redirects = ""
    with acting_for(acting):
        again(acting)
    made = stored(acting)
    assert made
    assert (made.works, made.fault) == (True, "")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"issuer": "ftp://login.example"}, "issuer"),
        ({"issuer": "http://169.254.169.254"}, "issuer"),
        ({"issuer": "http://127.0.0.1:1/?a=b"}, "issuer"),
        ({"issuer": "http://user@127.0.0.1/"}, "issuer"),
        ({"client_id": ""}, "client_id"),
        ({"client_id": "a\u202eb"}, "client_id"),
        ({"client_secret": ""}, "client_secret"),
        ({"client_secret": "x" * 2001}, "client_secret"),
        ({"domains": []}, "domains"),
        ({"domains": ["gdansk.example", "no domain"]}, "domains/1"),
        ({"domains": ["example"]}, "domains/0"),
        ({"domains": [f"d{n}.example" for n in range(21)]}, "domains"),
    ],
)
def test_bad_input_names_the_field_and_sets_nothing(committed: Cast, there: Provider, changes: dict[str, Any], field: str) -> None:
    acting = manager(committed)
    with pytest.raises(Refused) as refused:
        set_provider(acting, there, **changes)
    assert [fault.field for fault in refused.value.faults] == [field]
    assert stored(acting) is None
    assert there.asked == []


def test_an_inner_address_is_refused_as_it_is_entered(committed: Cast, there: Provider, settings: Any) -> None:
    settings.PORTSEC_WEBHOOK_ALLOW_PRIVATE = False
    for issuer in ("https://127.0.0.1", "https://10.0.0.1/realm", "https://[::1]", there.issuer):
        with pytest.raises(Refused) as refused:
            set_provider(manager(committed), there, issuer=issuer)
        assert refused.value.faults[0].field == "issuer"
    assert there.asked == []


def test_a_kept_secret_is_not_handed_to_another_provider(committed: Cast, there: Provider) -> None:
    acting = manager(committed)
    set_provider(acting, there)
    assert set_provider(acting, there, client_secret="", client_id="renamed")
    with provider() as another, pytest.raises(Refused) as refused:
        set_provider(acting, another, client_secret="")
    assert refused.value.faults[0].field == "client_secret"


def test_the_secret_stands_nowhere_readable(committed: Cast, there: Provider) -> None:
    acting = manager(committed)
    made = set_provider(acting, there)
    assert made
    assert made.client_secret == CLIENT_SECRET
    with as_system("a test"):
        assert CLIENT_SECRET not in str(sql.rows("SELECT * FROM access_openidconnection", alias="system"))
    with acting_for(acting):
        told = Entry.objects.get(verb="sign_in.provider_set")
    assert CLIENT_SECRET not in f"{told.summary} {told.before} {told.after} {told.row}"
    with acting_for(committed.as_("gdynia")):
        assert not Entry.objects.filter(verb="sign_in.provider_set").exists()


def test_only_who_manages_and_has_a_fresh_factor_opens_a_way_in(committed: Cast, there: Provider) -> None:
    late = manager(committed, at=timezone.now() - timezone.timedelta(minutes=11))
    for acting, code in ((manager(committed, role=Role.SECURITY_OFFICER), "role_missing"), (late, "second_factor_required")):
        with pytest.raises(NotAllowedError) as refused:
            set_provider(acting, there)
        assert refused.value.code == code
        with acting_for(acting), pytest.raises(NotAllowedError):
            allow_passwords(acting, False)
    assert there.asked == []


def test_removing_it_asks_for_no_factor_ends_the_links_and_allows_passwords(committed: Cast, there: Provider) -> None:
    acting = manager(committed)
    made = set_provider(acting, there)
    with acting_for(acting):
        allow_passwords(acting, False)
    with as_system("a test"):
        OpenIdLink.objects.create(connection=made, issuer=there.issuer, subject="1", user=acting.user)
    late = manager(committed, at=timezone.now() - timezone.timedelta(days=1))
    with acting_for(late):
        disconnect_provider(late)
    assert stored(acting) is None
    with as_system("a test"):
        assert not OpenIdLink.objects.exists()
    assert Organisation.objects.get(pk=committed.gdansk.pk).password_allowed
    with acting_for(late), pytest.raises(Conflict):
        disconnect_provider(late)


def test_passwords_stay_on_until_a_provider_has_passed_its_test(committed: Cast, there: Provider) -> None:
    acting = manager(committed)
    for _before_and_after in range(2):
        with acting_for(acting), pytest.raises(Conflict):
            allow_passwords(acting, False)
        there.redirects = "http://127.0.0.1:1/"
        set_provider(acting, there)
    assert Organisation.objects.get(pk=committed.gdansk.pk).password_allowed


def test_no_other_organisation_is_touched(committed: Cast, there: Provider) -> None:
    set_provider(manager(committed), there)
    gdynia = manager(committed, "gdynia")
    with acting_for(gdynia), pytest.raises(Conflict):
        disconnect_provider(gdynia)
    with acting_for(gdynia), pytest.raises(Conflict):
        again(gdynia)
    assert stored(manager(committed))


# The page


@pytest.fixture
def administrator(committed: Cast) -> Client:
    return confirm(signed_in(committed))


def test_the_page_sets_it_shows_the_outcome_and_never_the_secret(committed: Cast, administrator: Client, there: Provider) -> None:
    answer = administrator.post(f"{PAGE}provider/", written(there, domains="gdansk.example, @Port.Example\n"))
    assert answer.headers["Location"] == PAGE
    page = administrator.get(PAGE).content.decode()
    assert "works" in page
    assert CLIENT_SECRET not in page
    assert re.search(r'name="client_secret"[^>]*>', page)
    assert not re.search(r'name="client_secret"[^>]*value=', page)
    made = stored(manager(committed))
    assert made
    assert made.domains == ["gdansk.example", "port.example"]
    assert f"/sign-in/organisation/{made.pk}/" in page


def test_a_refusal_is_shown_beside_its_field_and_the_secret_is_typed_again(administrator: Client, there: Provider) -> None:
    wrong = {"issuer": "http://169.254.169.254", "domains": "no domain", "client_id": ""}
    for field, text in wrong.items():
        page = administrator.post(f"{PAGE}provider/", written(there, **{field: text}))
        assert (page.status_code, list(page.context["provider_form"].errors)) == (422, [field])
        assert CLIENT_SECRET not in page.content.decode()


def test_on_the_way_to_the_second_factor_the_secret_is_not_kept(committed: Cast, there: Provider) -> None:
    client = signed_in(committed)
    assert client.post(f"{PAGE}provider/", written(there)).headers["Location"] == PAGE
    assert CLIENT_SECRET not in str(dict(client.session.items()))
    form = client.get(PAGE).context["provider_form"]
    assert (form["issuer"].value(), form["client_secret"].value()) == (there.issuer, None)
    assert stored(manager(committed)) is None


def test_test_and_remove_say_what_came_of_it(administrator: Client, there: Provider) -> None:
    assert "There is no provider to test." in administrator.post(f"{PAGE}provider/test/", follow=True).content.decode()
    administrator.post(f"{PAGE}provider/", written(there))
    there.redirects = "http://127.0.0.1:1/"
    page = administrator.post(f"{PAGE}provider/test/", follow=True).content.decode()
    assert "does not work" in page
    assert "sends us on" in page
    page = administrator.post(f"{PAGE}provider/remove/", follow=True).content.decode()
    assert "The provider is removed." in page
    assert "does not work" not in page


def test_passwords_are_switched_on_the_page(committed: Cast, administrator: Client, there: Provider) -> None:
    administrator.post(f"{PAGE}provider/", written(there))
    for said, allowed in (("no", False), ("yes", True)):
        administrator.post(f"{PAGE}passwords/", {"allowed": said})
        assert Organisation.objects.get(pk=committed.gdansk.pk).password_allowed is allowed


def test_the_page_asks_few_questions(administrator: Client, there: Provider, django_assert_num_queries: Any) -> None:
    administrator.post(f"{PAGE}provider/", written(there))
    # session, user, memberships, BEGIN and context, position, connection, who has no factor, what waits for the frame, COMMIT
    with django_assert_num_queries(10):
        administrator.get(PAGE)
