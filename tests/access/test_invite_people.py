"""Inviting and joining: a link that works once, and an answer that says nothing of other organisations."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.utils import timezone

from portsec.access import invitation_mail
from portsec.access.acting import NotAllowedError, acting_for, as_system
from portsec.access.actions import accept_as_member, accept_as_new, deactivate_member, invite_person, send_again, withdraw_invitation
from portsec.access.models import Invitation, Membership, User
from portsec.access.roles import Role
from portsec.journal.models import Entry
from portsec.problems import Conflict, Refused
from tests.access import sql
from tests.access.managing import confirm, manager, membership, signed_in
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.usefixtures("nothing_counted")

NEW = "ola.morska@gdansk.example"
GOOD = "seven boats at dawn"
LINK = re.compile(r"http://[^/\s]+(/invitation/[\w-]+/)")


def invite(cast: Cast, email: str = NEW, role: str = Role.DEPUTY, name: str = "Ola Morska", by: str = "gdansk") -> Invitation:
    with acting_for(manager(cast, by)) as acting:
        return invite_person(acting, email=email, name=name, role=role)


def again(cast: Cast, invitation: Invitation) -> None:
    with acting_for(manager(cast)) as acting:
        send_again(acting, invitation)


def stored(cast: Cast, by: str = "gdansk") -> list[Invitation]:
    with acting_for(cast.as_(by)):
        return list(Invitation.objects.order_by("created_at"))


def link(position: int = -1) -> str:
    found = LINK.search(mail.outbox[position].body)
    assert found
    return found[1]


def secret(position: int = -1) -> str:
    return link(position).split("/")[2]


# The mail


def test_the_mail_names_who_invites_to_what_and_holds_the_link(committed: Cast) -> None:
    invitation = invite(committed)
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == ([NEW], "Administrator Gdansk invites you to Port of Gdańsk on PortSec")
    html = sent.alternatives[0][0]
    for text in (sent.body, html):
        assert "Administrator Gdansk" in text
        assert "Port of Gdańsk" in text
        assert "Deputy" in text
        assert link() in text
    assert stored(committed)[0].state == Invitation.State.SENT
    assert secret() not in sql_of(committed, invitation)


def sql_of(cast: Cast, invitation: Invitation) -> str:
    with sql.claiming(cast.user("gdansk").pk, cast.gdansk.pk):
        return str(sql.one("SELECT access_invitation::text FROM access_invitation WHERE id = %s", [invitation.pk]))


def test_nothing_is_sent_before_the_commit(committed: Cast) -> None:
    with acting_for(manager(committed)) as acting:
        invite_person(acting, email=NEW, name="Ola", role=Role.STAFF)
        assert mail.outbox == []
    assert len(mail.outbox) == 1


def test_a_name_is_text_in_the_mail_and_never_a_tag(committed: Cast) -> None:
    invite(committed, name="<b>Ola</b>")
    assert "<b>Ola</b>" not in mail.outbox[0].alternatives[0][0]


def test_a_mail_that_cannot_be_sent_is_shown_and_can_be_sent_again(committed: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any, **options: Any) -> Any:
        raise ConnectionRefusedError("no mail server")

    client = confirm(signed_in(committed))
    with monkeypatch.context() as broken:
        broken.setattr(invitation_mail.EmailMultiAlternatives, "send", refuse)
        page = client.post("/organisation/invite/", {"email": NEW, "name": "Ola Morska", "role": "staff"}, follow=True)
    assert page.status_code == 200
    assert "The mail could not be sent. Nothing is lost: send it again." in page.content.decode()
    (kept,) = stored(committed)
    assert kept.state == Invitation.State.UNSENT
    assert client.post(f"/organisation/invitations/{kept.pk}/send/").status_code == 302
    assert stored(committed)[0].state == Invitation.State.SENT
    assert Client().get(link()).status_code == 200


def test_it_is_told_to_the_organisation_alone_and_without_the_address(committed: Cast) -> None:
    invite(committed)
    with acting_for(committed.as_("gdansk", Role.OBSERVER)):
        (told,) = Entry.objects.filter(verb="member.invited")
    assert told.actor_id == committed.user("gdansk", Role.ADMINISTRATOR).pk
    assert NEW not in f"{told.summary} {told.row} {told.after}"
    for name in ("gdynia", "trieste", "council"):
        with acting_for(committed.as_(name)):
            assert not Entry.objects.filter(verb="member.invited").exists()


# Nothing of other organisations


def answered(client: Client, email: str) -> tuple[Any, ...]:
    posted = client.post("/organisation/invite/", {"email": email, "name": "Ola Morska", "role": "staff"})
    listed = client.get("/organisation/").content.decode()
    return (
        posted.status_code,
        posted.headers["Location"],
        re.sub(r'[0-9a-f]{8}-[0-9a-f-]{27}|value="\w{64}"', "#", listed).replace(email, "@"),
    )


def test_a_known_and_an_unknown_address_look_the_same(committed: Cast) -> None:
    client = confirm(signed_in(committed))
    known = committed.user("trieste").email
    seen = []
    with time_machine.travel(timezone.now(), tick=False):
        for email in (known, "nobody@nowhere.example"):
            seen.append(answered(client, email))
            (invitation,) = stored(committed)[-1:]
            client.post(f"/organisation/invitations/{invitation.pk}/withdraw/")
            client.get("/organisation/")
    shown = [(status, where, re.sub(r"[0-9a-f-]{4}-[0-9a-f]{4}", "#", page)) for status, where, page in seen]
    assert shown[0][:2] == shown[1][:2]
    assert without_marks(shown[0][2]) == without_marks(shown[1][2])
    assert [one.to for one in mail.outbox] == [[known], ["nobody@nowhere.example"]]
    bodies = [LINK.sub("", one.body) for one in mail.outbox]
    assert bodies[0] == bodies[1]


def without_marks(page: str) -> str:
    """But for what every answer has of its own: tokens of forms, tickets and cursors of the line."""
    return re.sub(r'(data-live-\w+|value|data-now|title)="[^"]*"', "", page)


def test_inviting_asks_the_same_of_the_database_for_both(committed: Cast) -> None:
    """No difference in time can come from queries that are the same, and no account is looked for."""
    officer = committed.user("trieste").email
    invite(committed)  # fills what is asked once a process
    said = {}
    for email in (officer, "nobody@nowhere.example"):
        with SqlSpoken() as spoken:
            invite(committed, email)
        said[email] = spoken
    known, unknown = said.values()
    assert known == unknown
    assert known
    assert not [one for one in known if 'FROM "access_user" WHERE' in one]


class SqlSpoken:
    """The statements of the application's role, without their values."""

    def __enter__(self) -> list[str]:
        self.said: list[str] = []
        self.hook = sql.connections["default"].execute_wrapper(self.note)
        self.hook.__enter__()
        return self.said

    def note(self, execute: Any, statement: Any, values: Any, many: bool, context: Any) -> Any:
        if "SAVEPOINT" not in str(statement):
            self.said.append(str(statement))
        return execute(statement, values, many, context)

    def __exit__(self, *error: Any) -> None:
        self.hook.__exit__(*error)


# Taking it up


def test_a_new_person_sets_a_name_and_a_password_and_belongs(committed: Cast) -> None:
    invite(committed)
    client = Client()
    page = client.get(link())
    assert (page.status_code, page.context["form"]["name"].value()) == (200, "Ola Morska")
    assert "no-store" in page.headers["Cache-Control"]
    joined = client.post(link(), {"name": "Aleksandra Morska", "password": GOOD})
    assert joined.headers["Location"] == "/account/login/"
    user = User.objects.get(email=NEW)
    assert (user.name, user.check_password(GOOD)) == ("Aleksandra Morska", True)
    assert list(Membership.objects.filter(user=user).values_list("organisation", "role")) == [(committed.gdansk.pk, Role.DEPUTY)]
    assert EmailAddress.objects.filter(user=user, email=NEW, verified=True, primary=True).exists()
    assert client.post("/account/login/", {"login": NEW, "password": GOOD}).headers["Location"] == "/"
    assert client.get("/").status_code == 200
    with acting_for(committed.as_("gdansk")):
        assert Entry.objects.get(verb="member.added").actor_id == user.pk


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "Ola", "password": "short"}, "password"),
        ({"name": "Ola", "password": "password1234"}, "password"),
        ({"name": "Ola Morska", "password": NEW}, "password"),
        ({"name": "", "password": GOOD}, "name"),
        ({"name": "Ola\u202e", "password": GOOD}, "name"),
        ({}, "password"),
    ],
)
def test_a_bad_password_or_name_makes_no_account(committed: Cast, body: dict[str, str], field: str) -> None:
    invite(committed)
    page = Client().post(link(), body)
    assert page.status_code == 422
    assert field in page.context["form"].errors
    assert not User.objects.filter(email=NEW).exists()
    assert stored(committed)[0].is_open


def test_who_has_an_account_keeps_it(committed: Cast) -> None:
    officer = committed.user("trieste")
    invite(committed, officer.email.upper(), Role.OBSERVER)
    address, client = link(), Client()
    page = client.get(address).content.decode()
    assert f"/account/login/?next={address}" in page
    client.post("/account/login/", {"login": officer.email, "password": PASSWORD})
    assert "Join organisation" in client.get(address).content.decode()
    assert client.post(address).headers["Location"] == "/"
    assert client.get("/api/v1/me/").json()["organisation"]["name"] == "Port of Gdańsk"
    held = Membership.objects.filter(user=officer).values_list("organisation__name", "role")
    assert set(held) == {("Port of Trieste", Role.SECURITY_OFFICER), ("Port of Gdańsk", Role.OBSERVER)}
    assert User.objects.filter(email__iexact=officer.email).count() == 1
    assert EmailAddress.objects.get(user=officer).verified


def test_somebody_elses_link_is_taken_up_by_nobody_else(committed: Cast) -> None:
    invite(committed, committed.user("trieste").email)
    client = signed_in(committed, "gdynia", Role.STAFF)
    assert "this invitation is for another address" in client.get(link()).content.decode()
    assert client.post(link()).status_code == 422
    assert not Membership.objects.filter(user=committed.user("gdynia", Role.STAFF), organisation=committed.gdansk).exists()
    assert Client().post(link()).status_code == 200, "not signed in: it asks to"
    assert stored(committed)[0].is_open


def test_a_new_link_cannot_make_a_second_account_for_an_address(committed: Cast) -> None:
    invite(committed)
    invite(committed, by="gdynia")
    accept_as_new(secret(0), name="Ola", password=GOOD)
    with pytest.raises(Conflict, match="has an account meanwhile"):
        accept_as_new(secret(1), name="Ola", password=GOOD)
    assert User.objects.filter(email=NEW).count() == 1
    assert stored(committed, "gdynia")[0].is_open


def test_two_who_open_one_link_at_once_are_one(committed: Cast, in_threads: Callable[..., list[Any]]) -> None:
    invite(committed)

    def join(name: str) -> str:
        try:
            return accept_as_new(secret(), name=name, password=GOOD).name
        except Conflict:
            return "refused"

    found = in_threads(join, ["One", "Two"])
    assert found.count("refused") == 1
    assert User.objects.filter(email=NEW).count() == 1


# Links that open nothing


def closed(address: str, client: Client | None = None) -> tuple[int, str]:
    page = (client or Client()).get(address)
    heading = re.search(r"<h1>(.*?)</h1>", page.content.decode())
    assert heading
    for told in ("Gdańsk", "Ola", NEW, "Deputy"):
        assert told not in page.content.decode()
    return page.status_code, heading[1]


def test_a_link_that_opens_nothing_says_why_and_nothing_else(committed: Cast) -> None:
    invitation = invite(committed)
    first = link()
    again(committed, invitation)
    assert closed(first) == (404, "This link is not known")
    assert closed("/invitation/made-up/") == (404, "This link is not known")
    assert closed("/invitation/") == (200, "This link is not known")
    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=5)):
        assert closed(link()) == (410, "This link has expired")
        assert Client().post(link(), {"name": "Ola", "password": GOOD}).status_code == 410
    with acting_for(manager(committed)) as acting:
        withdraw_invitation(acting, invitation)
    assert closed(link()) == (410, "This invitation was withdrawn")
    assert not User.objects.filter(email=NEW).exists()


def test_a_link_works_once(committed: Cast) -> None:
    invite(committed)
    accept_as_new(secret(), name="Ola", password=GOOD)
    assert closed(link()) == (410, "This link has been used")
    with pytest.raises(Conflict):
        accept_as_new(secret(), name="Ola", password=GOOD)


def test_a_link_that_closes_between_the_look_and_the_press_opens_nothing(committed: Cast) -> None:
    """The verb asks again under its lock, whatever the page has shown."""
    officer = committed.user("trieste")
    invitation = invite(committed, officer.email)
    with acting_for(manager(committed)) as acting:
        withdraw_invitation(acting, invitation)
    with pytest.raises(Conflict, match="no longer open"):
        accept_as_member(secret(), officer)
    assert not Membership.objects.filter(user=officer, organisation=committed.gdansk).exists()


def test_a_closed_organisations_link_opens_nothing(committed: Cast) -> None:
    invite(committed)
    with as_system("a test closes it"):
        type(committed.gdansk).objects.filter(pk=committed.gdansk.pk).update(is_active=False)
    assert closed(link())[0] == 410


def test_an_expired_one_is_sent_again_with_a_new_week(committed: Cast) -> None:
    with time_machine.travel(timezone.now() - timedelta(days=8)):
        invitation = invite(committed)
    assert stored(committed)[0].state == Invitation.State.EXPIRED
    again(committed, invitation)
    assert Client().get(link()).status_code == 200


def test_what_was_taken_up_or_withdrawn_is_neither_sent_again_nor_withdrawn(committed: Cast) -> None:
    used, given_up = invite(committed), invite(committed, "other@gdansk.example")
    accept_as_new(secret(0), name="Ola", password=GOOD)
    with acting_for(manager(committed)) as acting:
        withdraw_invitation(acting, given_up)
    for invitation in (used, given_up):
        for verb in (send_again, withdraw_invitation):
            with acting_for(manager(committed)) as acting, pytest.raises(Conflict):
                verb(acting, invitation)
    assert len(mail.outbox) == 2


def test_who_is_deactivated_does_not_come_back_by_an_old_link(committed: Cast) -> None:
    officer = committed.user("trieste")
    invite(committed, officer.email)
    old = link()
    with as_system("a test adds a member beside the invitation"):
        member = Membership.objects.create(user=officer, organisation=committed.gdansk, role=Role.STAFF)
    deactivate_member(manager(committed), member)
    client = signed_in(committed, "trieste", Role.SECURITY_OFFICER)
    assert client.post(old).status_code == 410
    assert not Membership.objects.get(pk=member.pk).is_active


# Whom one may invite, and how


def refused_codes(cast: Cast, **said: Any) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as refused:
        invite(cast, **said)
    return [(fault.field, fault.code) for fault in refused.value.faults]


def test_bad_input_names_the_field(committed: Cast) -> None:
    assert refused_codes(committed, email="no address") == [("email", "invalid")]
    assert refused_codes(committed, email="") == [("email", "blank")]
    assert refused_codes(committed, name="") == [("name", "blank")]
    assert refused_codes(committed, name="x" * 121) == [("name", "max_length")]
    assert refused_codes(committed, role="captain") == [("role", "invalid_choice")]
    assert refused_codes(committed, role=Role.SERVICE) == [("role", "invalid_choice")]
    assert (stored(committed), mail.outbox) == ([], [])


def test_those_who_are_here_already_are_not_invited_again(committed: Cast) -> None:
    staff = membership(committed, "gdansk", Role.STAFF)
    assert refused_codes(committed, email=staff.user.email.upper()) == [("email", "member_already")]
    deactivate_member(manager(committed), staff)
    assert refused_codes(committed, email=staff.user.email) == [("email", "inactive_member")]
    invite(committed)
    assert refused_codes(committed, email=NEW.upper()) == [("email", "invited_already")]
    assert len(mail.outbox) == 1


def test_two_who_invite_the_same_person_at_once_send_one_mail(committed: Cast, in_threads: Callable[..., list[Any]]) -> None:
    def ask(_one: int) -> str:
        try:
            return str(invite(committed).name)
        except Refused as refused:
            return refused.faults[0].code

    assert sorted(in_threads(ask, [1, 2])) == ["Ola Morska", "invited_already"]
    assert len(stored(committed)) == 1


def test_mail_to_strangers_is_rationed_for_each_organisation(committed: Cast, settings: Any) -> None:
    settings.INVITATIONS_PER_HOUR = 2
    with time_machine.travel(timezone.now().replace(minute=10), tick=True):
        first = invite(committed, "one@gdansk.example")
        again(committed, first)
        assert refused_codes(committed, email="two@gdansk.example") == [("", "too_many")]
        assert invite(committed, "two@gdynia.example", by="gdynia").pk
    with time_machine.travel(timezone.now().replace(minute=10) + timedelta(hours=1), tick=True):
        assert invite(committed, "two@gdansk.example").pk


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.ADMINISTRATOR, Role.SERVICE}])
def test_no_other_role_invites(committed: Cast, role: Role) -> None:
    with acting_for(manager(committed, role=role)) as acting, pytest.raises(NotAllowedError):
        invite_person(acting, email=NEW, name="Ola", role=Role.STAFF)
    assert mail.outbox == []


def test_an_invitation_of_another_organisation_does_not_exist(committed: Cast) -> None:
    invitation = invite(committed)
    client = confirm(signed_in(committed, "gdynia"))
    for verb in ("send", "withdraw"):
        assert client.post(f"/organisation/invitations/{invitation.pk}/{verb}/").status_code == 404
    with acting_for(manager(committed, "gdynia")) as acting:
        for action in (send_again, withdraw_invitation):
            with pytest.raises(Conflict):
                action(acting, invitation)
    assert stored(committed)[0].is_open
    assert stored(committed, "gdynia") == []


# The second factor, on the way


def test_without_a_fresh_factor_one_is_sent_to_confirm_it_and_finds_what_was_typed(committed: Cast) -> None:
    client, written = signed_in(committed), {"email": NEW, "name": "Ola Morska", "role": "observer"}
    assert "You have none yet. Add one, then come back." in client.get("/organisation/invite/").content.decode()
    assert client.post("/organisation/invite/", written).headers["Location"] == "/organisation/invite/"
    give_app(committed)
    sent = client.post("/organisation/invite/", written)
    assert sent.headers["Location"] == "/account/2fa/reauthenticate/?next=%2Forganisation%2Finvite%2F"
    assert client.get(sent.headers["Location"]).status_code == 200
    form = confirm(client).get("/organisation/invite/").context["form"]
    assert {name: form[name].value() for name in written} == written
    assert (stored(committed), mail.outbox) == ([], [])
    assert client.get("/organisation/invite/").context["form"]["email"].value() is None, "once"
    assert client.post("/organisation/invite/", written).headers["Location"] == "/organisation/"
    assert len(mail.outbox) == 1


def give_app(cast: Cast) -> None:
    """An authenticator app, as allauth stores it."""
    sql.changed(
        "INSERT INTO mfa_authenticator (user_id, type, data, created_at) VALUES (%s, 'totp', '{\"secret\": \"x\"}', now())",
        [cast.user("gdansk", Role.ADMINISTRATOR).pk],
    )


def test_the_list_shows_who_has_a_second_factor(committed: Cast) -> None:
    give_app(committed)
    people = {one.role: one.has_second_factor for one in signed_in(committed).get("/organisation/").context["people"]}
    assert {role for role, has in people.items() if has} == {Role.ADMINISTRATOR}


# Of each page: session, user, memberships; savepoint, who acts, the journal's position; what waits; the two ends of the savepoint.
# Its own: people and invitations; has this person a second factor; tokens.
@pytest.mark.parametrize(("address", "parts"), [("/organisation/", 2), ("/organisation/invite/", 1), ("/organisation/tokens/", 1)])
def test_a_page_makes_the_same_queries_for_few_and_many(
    cast: Cast, browse: Callable[..., Client], django_assert_num_queries: Any, address: str, parts: int
) -> None:
    client = browse("gdansk", Role.ADMINISTRATOR)
    client.get(address)
    with django_assert_num_queries(9 + parts):
        assert client.get(address).status_code == 200
