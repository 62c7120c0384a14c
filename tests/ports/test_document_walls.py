"""A document and its files are read by its audience and by nobody else, whatever is asked: pages, API, feeds, files, SQL."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import ProgrammingError
from django.test import Client
from rest_framework.test import APIClient

from ports.actions import add_document
from ports.models import DocumentVersion, PortDocument
from ports.queries.documents import documents, versions, with_versions
from portsec.access.acting import Acting, acting_for, as_system
from portsec.access.actions import leave_region
from portsec.access.audiences import AudienceWish
from portsec.access.models import ShareableQuerySet
from tests.access.sql import changed, claiming, column, one, taken_back
from tests.cast import EVERYBODY, READERS, Cast
from tests.portsec.files.samples import TEXT, upload

in_a_transaction = pytest.mark.django_db(databases=["default", "system"])
Browse = Callable[..., Client]
Program = Callable[..., APIClient]
TITLE, FILE, NOTE = "Zebra gate procedure", "okapi-gate.txt", "Tapir watch added"


@pytest.fixture(autouse=True)
def _root(settings: Any, tmp_path: Path) -> None:
    settings.FILES_ROOT = tmp_path / "files"


@pytest.fixture(params=READERS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def shared(cast: Cast, kind: str, tlp: str = "GREEN") -> PortDocument:
    named = (cast.riga.pk, cast.aarhus.pk) if kind == "named" else ()
    with acting_for(cast.as_("gdansk")) as acting:
        wish = AudienceWish(kind, organisations=named)
        return add_document(acting, file=upload(FILE, TEXT), wish=wish, note=NOTE, title=TITLE, kind="procedure", tlp=tlp)


@pytest.fixture
def document(cast: Cast, kind: str) -> PortDocument:
    return shared(cast, kind)


def shown_to(ask: Callable[[str], bool]) -> tuple[str, ...]:
    return tuple(name for name in EVERYBODY if ask(name))


def mentions(answer: Any) -> bool:
    return any(mark in answer.content.decode() for mark in (TITLE, FILE, NOTE))


@in_a_transaction
def test_pages_and_files_are_shown_to_its_readers_alone(cast: Cast, kind: str, document: PortDocument, browse: Browse) -> None:
    for address in (
        "/ports/PLGDN/",
        "/ports/PLGDN/documents/",
        f"/documents/{document.pk}/",
        f"/documents/{document.pk}/history/",
        "/search/?q=zebra",
    ):
        assert shown_to(lambda name, at=address: mentions(browse(name).get(at))) == READERS[kind], address
    for address in (f"/documents/{document.pk}/versions/1/", f"/documents/{document.pk}/versions/1/?download"):
        answers = {name: browse(name).get(address) for name in EVERYBODY}
        assert shown_to(lambda name, found=answers: found[name].status_code == 200) == READERS[kind]
        assert {one.status_code for name, one in answers.items() if name not in READERS[kind]} <= {404}
        assert {b"".join(one.streaming_content) for name, one in answers.items() if name in READERS[kind]} == {TEXT}


@in_a_transaction
def test_the_api_shows_it_to_its_readers_alone(kind: str, document: PortDocument, program: Program) -> None:
    at = "/api/v1/port-documents/"
    assert shown_to(lambda name: program(name).get(f"{at}?count=true").json()["count"] == 1) == READERS[kind]
    for query in ("", "?search=zebra", "?kind=procedure", "?is_active=true"):
        assert shown_to(lambda name, query=query: bool(program(name).get(f"{at}{query}").json()["results"])) == READERS[kind], query
    for below in ("", "history/", "versions/1/file/"):
        answers = {name: program(name).get(f"{at}{document.pk}/{below}") for name in EVERYBODY}
        assert shown_to(lambda name, found=answers: found[name].status_code == 200) == READERS[kind], below
    assert shown_to(lambda name: bool(program(name).get("/api/v1/search/?q=zebra").json()["results"])) == READERS[kind]


@in_a_transaction
def test_raw_sql_reads_no_foreign_document_nor_where_its_file_lies(cast: Cast, kind: str, document: PortDocument) -> None:
    def reads(sql: str) -> Callable[[str], bool]:
        def ask(name: str) -> bool:
            with claiming(cast.user(name).pk, cast.organisations[name].pk):
                return bool(column(sql))

        return ask

    assert shown_to(reads("SELECT title FROM ports_portdocument")) == READERS[kind]
    assert shown_to(reads("SELECT stored_as FROM ports_documentversion")) == READERS[kind]
    assert shown_to(reads(f"SELECT id FROM journal_entry WHERE strpos(after::text, '{FILE}') > 0")) == READERS[kind]  # noqa: S608
    for table in ("ports_portdocument", "ports_documentversion"):
        assert column(f"SELECT id FROM {table}") == [], "nobody acts"  # noqa: S608 (two names above)
        with claiming(cast.user("trieste").pk, cast.gdansk.pk):
            assert column(f"SELECT id FROM {table}") == [], "a forged organisation"  # noqa: S608


@in_a_transaction
def test_the_second_wall_stands_without_the_first(cast: Cast, kind: str, document: PortDocument, monkeypatch: pytest.MonkeyPatch) -> None:
    """A forgotten filter: every query asks for all rows."""
    monkeypatch.setattr(ShareableQuerySet, "visible_to", lambda self, acting: self)

    def sees(model: Any) -> Callable[[str], bool]:
        def ask(name: str) -> bool:
            with acting_for(cast.as_(name)) as acting:
                return bool(model.objects.visible_to(acting).exists())

        return ask

    for model in (PortDocument, DocumentVersion):
        assert shown_to(sees(model)) == READERS[kind], model


def test_the_first_wall_stands_without_the_second(committed: Cast) -> None:
    """As the role that no policy holds: only the query itself filters."""
    for kind, readers in READERS.items():
        document = shared(committed, kind)
        with as_system("a look without row security"):
            seen = {name: found(committed.as_(name), document) for name in EVERYBODY}
        assert seen == {name: (1, 1, 1) if name in readers else (0, 0, 0) for name in EVERYBODY}, kind


def found(acting: Acting, document: PortDocument) -> tuple[int, int, int]:
    """The document, its versions asked alone, and its versions as the API puts them under it."""
    one = documents(acting).filter(pk=document.pk)
    together = with_versions(acting, PortDocument.objects.filter(pk=document.pk)).get()
    return one.count(), versions(acting, document).count(), len(together.versions.all())


@in_a_transaction
def test_raw_sql_changes_nothing_foreign_and_no_version_at_all(cast: Cast) -> None:
    shared(cast, "region")
    for name in EVERYBODY[1:]:
        with claiming(cast.user(name).pk, cast.organisations[name].pk):
            assert changed("UPDATE ports_portdocument SET title = 'x'") == 0, name
    for name in ("gdansk", "gdynia"):
        with claiming(cast.user(name).pk, cast.organisations[name].pk):
            for refused in (
                "UPDATE ports_documentversion SET sha256 = 'x'",
                "DELETE FROM ports_documentversion",
                "DELETE FROM ports_portdocument",
                "TRUNCATE ports_documentversion",
            ):
                with pytest.raises(ProgrammingError, match="permission denied"), taken_back():
                    changed(refused)
    with pytest.raises(ProgrammingError, match="permission denied"), taken_back("system"):
        changed("UPDATE ports_documentversion SET sha256 = 'x'", alias="system")


SLIPPED_IN = """
INSERT INTO ports_documentversion (id, owner_id, audience_id, persons, document_id, number, file_name, stored_as, size, sha256,
                                   media_type, note, uploaded_at)
VALUES (uuidv7(), %s, %s, NULL, %s, 9, 'all-is-well.pdf', 'x', 1, 'x', 'application/pdf', '', now())
"""


@in_a_transaction
def test_nobody_slips_a_version_under_a_foreign_document(cast: Cast) -> None:
    """Nor under one's own for other readers than the document has."""
    document, own = shared(cast, "region"), shared(cast, "own")
    with claiming(cast.user("gdynia").pk, cast.gdynia.pk):
        for owner in (cast.gdynia.pk, cast.gdansk.pk):
            with pytest.raises(ProgrammingError, match="row-level security"), taken_back():
                changed(SLIPPED_IN, [str(owner), str(document.audience_id), str(document.pk)])
    with claiming(cast.user("gdansk").pk, cast.gdansk.pk):
        with pytest.raises(ProgrammingError, match="row-level security"), taken_back():
            changed(SLIPPED_IN, [str(cast.gdansk.pk), str(document.audience_id), str(own.pk)])
        assert changed(SLIPPED_IN, [str(cast.gdansk.pk), str(document.audience_id), str(document.pk)]) == 1


@in_a_transaction
def test_a_foreign_document_is_as_absent_as_one_that_does_not_exist(cast: Cast, browse: Browse, program: Program) -> None:
    document = shared(cast, "region_ports", "AMBER")
    pages = ("", "history/", "versions/1/", "versions/1/?download", "edit/", "retire/", "versions/new/")
    for below in pages:
        assert [browse("trieste").get(f"/documents/{pk}/{below}").status_code for pk in (document.pk, uuid4())] == [404, 404], below
    for below in ("", "history/", "versions/1/file/"):
        answers = [program("coastguard").get(f"/api/v1/port-documents/{pk}/{below}") for pk in (document.pk, uuid4())]
        texts = [one.content.decode().replace(one["X-Request-Id"], "") for one in answers]
        assert (texts[0], {one.status_code for one in answers}) == (texts[1], {404})
    with claiming(cast.user("trieste").pk, cast.trieste.pk):
        assert one("SELECT count(*) FROM journal_reading") == 0, "what was not read is not on record as read"


@in_a_transaction
def test_a_reader_does_not_learn_who_else_was_named(cast: Cast, browse: Browse, program: Program) -> None:
    document = shared(cast, "named")
    answers: list[Any] = [browse("riga").get(f"/documents/{document.pk}/{below}") for below in ("", "history/")]
    answers += [program("riga").get(f"/api/v1/port-documents/{document.pk}/{below}") for below in ("", "history/")]
    assert [cast.aarhus.name in answer.content.decode() for answer in answers] == [False] * 4


def test_who_leaves_the_region_loses_the_files_of_its_ports(committed: Cast) -> None:
    document = shared(committed, "region")
    reader, owner = Client(), Client()
    reader.force_login(committed.user("riga"))
    owner.force_login(committed.user("gdansk"))
    at = f"/documents/{document.pk}/versions/1/"
    assert reader.get(at).status_code == 200
    leave_region(committed.riga, committed.regions["baltic"])
    leave_region(committed.gdansk, committed.regions["baltic"])
    assert reader.get(at).status_code == 404
    assert owner.get(at).status_code == 200, "an owner keeps its own"
