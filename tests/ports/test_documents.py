"""Documents of a port: who adds, changes and retires them, versions that stay, and what is refused."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from rest_framework.test import APIClient

from ports.actions import add_document, add_version, edit_document, retire_document
from ports.models import DocumentVersion, PortDocument
from ports.queries.documents import documents, versions
from portsec.access.acting import Acting, NotAllowedError, acting_for
from portsec.access.audiences import AudienceWish
from portsec.access.roles import Role
from portsec.files.store import path_of
from portsec.journal.models import Entry, Reading
from portsec.problems import Conflict, Refused
from tests.cast import Cast
from tests.portsec.files.samples import DOCX, GOOD, PDF, TEXT, upload

Program = Callable[..., APIClient]
in_a_transaction = pytest.mark.django_db
API = "/api/v1/port-documents/"
CONTENT: dict[str, Any] = {"title": "Quay layout", "kind": "layout", "tlp": "AMBER"}
PORTS = AudienceWish("region_ports")


@pytest.fixture(autouse=True)
def root(settings: Any, tmp_path: Path) -> Path:
    settings.FILES_ROOT = tmp_path / "files"
    return tmp_path / "files"


def lying(root: Path) -> int:
    return sum(path.is_file() for path in root.rglob("*"))


def add(cast: Cast, *, role: Role | None = None, **content: Any) -> PortDocument:
    with acting_for(cast.as_("gdansk", role)) as acting:
        return add_document(acting, **{"file": upload("plan.pdf", PDF), "wish": PORTS, **CONTENT, **content})


def fresh(acting: Acting, document: PortDocument) -> PortDocument:
    found: PortDocument = documents(acting).get(pk=document.pk)
    return found


def verb(cast: Cast, action: Callable[..., Any], document: PortDocument, *, role: Role | None = None, **options: Any) -> Any:
    with acting_for(cast.as_("gdansk", role)) as acting:
        return action(acting, fresh(acting, document), **options)


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.SECURITY_OFFICER, Role.DEPUTY])
@in_a_transaction
def test_its_keepers_add_change_and_retire_it(cast: Cast, role: Role) -> None:
    document = add(cast, role=role, note="First issue")
    verb(cast, add_version, document, role=role, file=upload("plan.docx", DOCX), note="Gate 3 moved")
    verb(cast, edit_document, document, role=role, title="Quay layout 2026")
    verb(cast, retire_document, document, role=role, reason="Replaced")
    with acting_for(cast.as_("gdynia")) as acting:
        stands = fresh(acting, document)
        kept = [(one.number, one.file_name, one.size, one.sha256, one.note) for one in versions(acting, stands)]
        entries = list(Entry.objects.visible_to(acting).of_object("port_document", document.pk).order_by("at", "pk"))
    assert (stands.title, stands.latest, stands.is_active, stands.retire_reason) == ("Quay layout 2026", 2, False, "Replaced")
    assert kept == [
        (2, "plan.docx", len(DOCX), hashlib.sha256(DOCX).hexdigest(), "Gate 3 moved"),
        (1, "plan.pdf", len(PDF), hashlib.sha256(PDF).hexdigest(), "First issue"),
    ]
    assert [one.verb for one in entries] == [f"document.{done}" for done in ("added", "version_added", "edited", "retired")]
    assert not any(path_of("0" * 64).parent.name in str(one.after.get("stored_as")) for one in entries), "where it lies is told to nobody"
    assert (entries[2].before["title"], entries[2].after["title"]) == ("Quay layout", "Quay layout 2026")


@pytest.mark.parametrize("role", [Role.STAFF, Role.OBSERVER, Role.COORDINATOR, Role.LIAISON])
@in_a_transaction
def test_others_of_the_port_do_not(cast: Cast, root: Path, role: Role) -> None:
    document = add(cast)
    for action, options in (
        (edit_document, {"title": "x"}),
        (add_version, {"file": upload()}),
        (retire_document, {"reason": "x"}),
    ):
        with pytest.raises(NotAllowedError):
            verb(cast, action, document, role=role, **options)
    with pytest.raises(NotAllowedError):
        add(cast, role=role)
    assert lying(root) == 1


@in_a_transaction
def test_a_neighbour_changes_nothing_and_a_body_that_is_no_port_has_none(cast: Cast) -> None:
    document = add(cast)
    with acting_for(cast.as_("gdynia")) as acting:
        seen = fresh(acting, document)
        for call in (
            lambda: edit_document(acting, seen, title="Ours"),
            lambda: add_version(acting, seen, file=upload()),
            lambda: retire_document(acting, seen, reason="x"),
        ):
            with pytest.raises(NotAllowedError, match="Only Port of Gdańsk"):
                call()
    with acting_for(cast.as_("coastguard", Role.ADMINISTRATOR)) as acting, pytest.raises(NotAllowedError, match="no port"):
        add_document(acting, file=upload(), **CONTENT)


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"title": ""}, "title", "blank"),
    ({"title": "Two\nlines"}, "title", "line_break"),
    ({"kind": "poem"}, "kind", "invalid_choice"),
    ({"tlp": "PURPLE"}, "tlp", "invalid_choice"),
    ({"wish": AudienceWish("region")}, "audience", "too_wide"),
    ({"tlp": "RED", "wish": AudienceWish("own")}, "persons", "required"),
    ({"tlp": "AMBER+STRICT"}, "audience", "too_wide"),
    ({"note": "x" * 301}, "note", "max_length"),
    ({"file": upload("plan.svg", b"<svg/>")}, "file", "scripted"),
    ({"file": upload("plan.pdf", b"")}, "file", "empty"),
]


@pytest.mark.parametrize(("changes", "field", "code"), BAD, ids=[str(changes)[:40] for changes, *_rest in BAD])
@in_a_transaction
def test_bad_input_is_refused_by_field_and_leaves_no_file(cast: Cast, root: Path, changes: dict[str, Any], field: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        add(cast, **changes)
    assert (refused.value.faults[0].field, refused.value.faults[0].code) == (field, code)
    assert lying(root) == 0
    with acting_for(cast.as_("gdansk")) as acting:
        assert not documents(acting).exists()


@in_a_transaction
def test_persons_are_named_of_red_alone(cast: Cast) -> None:
    with pytest.raises(Refused, match="Only TLP:RED names persons"):
        add(cast, persons=[cast.user("gdansk", Role.DEPUTY).pk])


@in_a_transaction
def test_a_red_document_and_its_file_are_for_the_named_alone(cast: Cast, program: Program) -> None:
    document = add(cast, tlp="RED", wish=AudienceWish("own"), persons=[cast.user("gdansk", Role.DEPUTY).pk])
    seen = {}
    for role in (Role.SECURITY_OFFICER, Role.DEPUTY, Role.ADMINISTRATOR, Role.STAFF):
        with acting_for(cast.as_("gdansk", role)) as acting:
            entries = Entry.objects.visible_to(acting).of_object("port_document", document.pk)
            seen[role] = (documents(acting).count(), DocumentVersion.objects.visible_to(acting).count(), entries.count())
    named, others = (1, 1, 1), (0, 0, 0)
    assert seen == {Role.SECURITY_OFFICER: named, Role.DEPUTY: named, Role.ADMINISTRATOR: others, Role.STAFF: others}
    assert program("gdansk").get(f"{API}{document.pk}/versions/1/file/").status_code == 404, "a token never reads RED"


@in_a_transaction
def test_of_two_who_saw_the_same_version_the_second_is_told(cast: Cast, root: Path) -> None:
    document = add(cast)
    verb(cast, add_version, document, file=upload(), after=1)
    with pytest.raises(Conflict, match="newest version is 2"):
        verb(cast, add_version, document, file=upload(), after=1)
    verb(cast, edit_document, document, version=1, title="First hand")
    with pytest.raises(Conflict, match="changed meanwhile"):
        verb(cast, edit_document, document, version=1, title="Second hand")
    assert lying(root) == 2, "the refused one left nothing"


def test_two_versions_at_once_take_two_turns(committed: Cast, in_threads: Any) -> None:
    document = add(committed)
    barrier = Barrier(2)

    def upload_one(role: Role) -> str:
        with acting_for(committed.as_("gdansk", role)) as acting:
            read = fresh(acting, document)
            barrier.wait(timeout=20)
            try:
                return str(add_version(acting, read, file=upload()).number)
            except Conflict:
                return "told"

    assert sorted(in_threads(upload_one, [Role.SECURITY_OFFICER, Role.DEPUTY])) == ["2", "told"]


@in_a_transaction
def test_what_is_retired_stays_and_changes_no_more(cast: Cast) -> None:
    document = add(cast)
    for reason in ("", "   "):
        with pytest.raises(Refused) as refused:
            verb(cast, retire_document, document, reason=reason)
        assert refused.value.faults[0].field == "reason"
    with pytest.raises(Refused) as refused:
        verb(cast, retire_document, document, reason="x" * 201)
    assert refused.value.faults[0].field == "reason"
    verb(cast, retire_document, document, reason="Replaced")
    for action, options in ((edit_document, {"title": "x"}), (add_version, {"file": upload()}), (retire_document, {"reason": "x"})):
        with pytest.raises(Conflict, match="is retired"):
            verb(cast, action, document, **options)


# The API


def sent(name: str = "plan.pdf", content: bytes = PDF, **fields: Any) -> dict[str, Any]:
    return {**CONTENT, "audience": '{"kind": "region_ports"}', "file": upload(name, content), **fields}


@pytest.mark.parametrize("name", GOOD)
@in_a_transaction
def test_programs_send_a_file_and_get_the_same_bytes_back(program: Program, name: str) -> None:
    client = program("gdansk")
    made = client.post(API, sent(name, GOOD[name]))
    assert made.status_code == 201, made.content
    [version] = made.json()["versions"]
    assert (version["file_name"], version["size"], version["sha256"]) == (name, len(GOOD[name]), hashlib.sha256(GOOD[name]).hexdigest())
    answer = client.get(version["file"], headers={"Accept": "application/pdf"})
    assert (answer.status_code, b"".join(answer.streaming_content)) == (200, GOOD[name])
    assert answer["Content-Type"] == version["media_type"]
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]


@in_a_transaction
def test_the_answer_tells_nothing_of_where_the_file_lies(cast: Cast, program: Program) -> None:
    document = add(cast)
    with acting_for(cast.as_("gdansk")) as acting:
        stored_as = versions(acting, document).get().stored_as
    for below in ("", "history/"):
        assert stored_as not in program("gdansk").get(f"{API}{document.pk}/{below}").content.decode()


@in_a_transaction
def test_a_version_is_added_and_the_older_one_stays(program: Program) -> None:
    client = program("gdansk")
    made = client.post(API, sent())
    at = f"{API}{made.json()['id']}/"
    newer = client.post(f"{at}versions/", {"file": upload("plan.docx", DOCX), "note": "Gate 3 moved", "after": 1})
    assert (newer.status_code, [one["number"] for one in newer.json()["versions"]]) == (201, [2, 1])
    assert client.post(f"{at}versions/", {"file": upload(), "after": 1}).status_code == 409
    assert b"".join(client.get(f"{at}versions/1/file/").streaming_content) == PDF
    assert client.get(f"{at}versions/3/file/").status_code == 404
    assert client.get(f"{at}versions/99999/file/").status_code == 404
    assert client.post(f"{at}versions/", {"note": "without"}).json()["errors"][0]["pointer"] == "/file"


@in_a_transaction
def test_a_repeated_key_counts_the_content_of_the_file(program: Program) -> None:
    client, key = program("gdansk"), {"Idempotency-Key": "one"}
    made = client.post(API, sent(), headers=key)
    again = client.post(API, sent(), headers=key)
    assert (again.status_code, again.json()) == (201, made.json())
    assert again["Idempotency-Replayed"] == "true"
    assert client.post(API, sent(content=PDF + b"other"), headers=key).status_code == 409
    assert client.get(f"{API}?count=true").json()["count"] == 1


@in_a_transaction
def test_title_and_kind_change_as_they_were_read_and_nothing_else(program: Program) -> None:
    client = program("gdansk")
    made = client.post(API, sent())
    at, read = f"{API}{made.json()['id']}/", {"If-Match": made["ETag"]}
    assert client.patch(at, {"title": "x"}, format="json").status_code == 428
    refused = client.patch(at, {"tlp": "CLEAR"}, format="json", headers=read)
    assert refused.json()["errors"][0] == {"pointer": "/tlp", "detail": "Unknown field. Known are: kind, title.", "code": "unknown_field"}
    assert client.patch(at, {"title": "New"}, format="json", headers=read).json()["title"] == "New"
    assert client.patch(at, {"title": "Late"}, format="json", headers=read).status_code == 412
    retired = client.post(f"{at}retire/", {"reason": "Replaced"}, format="json")
    assert (retired.status_code, retired.json()["is_active"], retired.json()["retire_reason"]) == (200, False, "Replaced")
    assert client.post(f"{at}retire/", {"reason": "Twice"}, format="json").status_code == 409


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"colour": "red"}, "/colour"),
        ({"audience": "region"}, "/audience"),
        ({"audience": '{"kind": "everyone"}'}, "/audience/kind"),
        ({"audience": '{"kind": "linked_regions"}'}, "/audience"),
        ({"persons": "nobody"}, "/persons/0"),
        ({"file": "just text"}, "/file"),
        ({"file": upload("plan.html", b"<html>")}, "/file"),
        ({"file": upload("plan.pdf", b"")}, "/file"),
        ({"title": ""}, "/title"),
    ],
)
@in_a_transaction
def test_the_api_names_the_field(cast: Cast, program: Program, fields: dict[str, Any], pointer: str) -> None:
    answer = program("gdansk").post(API, sent(**fields))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)
    with acting_for(cast.as_("gdansk")) as acting:
        assert not documents(acting).exists()


@in_a_transaction
def test_a_file_that_is_too_large_is_told_so_over_the_api(program: Program, settings: Any, root: Path) -> None:
    settings.LARGEST_FILE = 1000
    answer = program("gdansk").post(API, sent("note.txt", b"a" * 1001))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "too_large")
    assert lying(root) == 0


@in_a_transaction
def test_the_list_is_filtered(cast: Cast, program: Program) -> None:
    add(cast)
    letter = add(cast, title="Approval 2026", kind="approval")
    verb(cast, retire_document, letter, reason="Old")
    client = program("gdynia")

    def titles(query: str) -> list[str]:
        return [one["title"] for one in client.get(API + query).json()["results"]]

    assert titles("") == ["Approval 2026", "Quay layout"]
    assert titles("?kind=layout") == ["Quay layout"]
    assert titles("?is_active=false") == ["Approval 2026"]
    assert titles("?search=APPROVAL") == ["Approval 2026"]
    assert titles(f"?port={cast.riga.pk}") == []
    assert client.get(f"{API}?kind=poem").status_code == 400
    assert client.get(f"{API}?owner=1").status_code == 400


@in_a_transaction
def test_a_missing_file_is_said_and_not_hidden_as_absent(cast: Cast, program: Program) -> None:
    document = add(cast)
    with acting_for(cast.as_("gdansk")) as acting:
        path_of(versions(acting, document).get().stored_as).unlink()
    answer = program("gdansk").get(f"{API}{document.pk}/versions/1/file/")
    assert (answer.status_code, "not in the store" in answer.json()["detail"]) == (503, True)


@in_a_transaction
def test_who_opens_an_amber_document_or_file_is_on_record_and_who_opens_a_green_one_is_not(cast: Cast, program: Program) -> None:
    amber, green = add(cast), add(cast, tlp="GREEN", file=upload("note.txt", TEXT))
    client = program("gdynia")
    for document in (amber, green):
        client.get(f"{API}{document.pk}/")
        client.get(f"{API}{document.pk}/versions/1/file/")
    with acting_for(cast.as_("gdynia")) as acting:
        version = versions(acting, amber).get()
        read = {(one.kind, one.object_id, one.through) for one in Reading.objects.visible_to(acting)}
    assert read == {("port_document", amber.pk, "api"), ("document_version", version.pk, "api")}
