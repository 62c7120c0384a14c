"""What the delta feed tells of contact points, to whom, and that no number travels in it."""

import json

from rest_framework.test import APIClient

from ports.actions import add_contact_point, edit_contact_point, reorder, retire_contact_point, verify_contact_point
from ports.queries.contacts import readable
from portsec.access.acting import acting_for
from portsec.access.audiences import AudienceWish
from portsec.journal.models import Entry
from portsec.journal.sequencer import number_entries
from tests.cast import Cast

# Whole, not its first digits: the id of an entry may hold any four of them.
PHONE = "46701740605"
EVERYBODY = ("gdansk", "gdynia", "riga", "coastguard", "aarhus", "trieste")
VERBS = [f"contact_point.{one}" for one in ("added", "edited", "verified", "reordered", "retired")]


def told(cast: Cast, name: str) -> list[dict[str, str]]:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {cast.token(name)}")
    found: list[dict[str, str]] = client.get("/api/v1/changes/?kind=contact_point").json()["results"]
    return found


def test_each_verb_is_told_once_to_the_readers_and_holds_no_number(committed: Cast) -> None:
    cast = committed
    with acting_for(cast.as_("gdansk")) as acting:
        wish = AudienceWish("named", organisations=(cast.riga.pk, cast.aarhus.pk))
        contact = add_contact_point(acting, wish=wish, role="Zebra watch", phone=f"+{PHONE}", situations=["emergency"])
        edit_contact_point(acting, readable(acting).get(pk=contact.pk), phone=f"+{PHONE}6")
        verify_contact_point(acting, readable(acting).get(pk=contact.pk))
        reorder(acting, readable(acting).get(pk=contact.pk), place=1)
        retire_contact_point(acting, readable(acting).get(pk=contact.pk))
        assert PHONE not in json.dumps([entry.row for entry in Entry.objects.visible_to(acting)]), "the line sends rows"
    number_entries()
    found = {name: told(cast, name) for name in EVERYBODY}
    assert {name: [entry["verb"] for entry in entries] for name, entries in found.items()} == {
        name: VERBS if name in {"gdansk", "riga", "aarhus"} else [] for name in EVERYBODY
    }
    assert {entry["url"] for entry in found["riga"]} == {f"/call/{contact.pk}/"}
    assert PHONE not in json.dumps(found)
