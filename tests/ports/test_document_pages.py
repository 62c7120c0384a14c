"""Pages of documents: adding, versions side by side, the file as a browser gets it, and what is on record of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.template.defaultfilters import filesizeformat
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from ports.actions import add_document, add_version
from ports.models import PortDocument
from ports.queries.documents import documents, versions
from portsec.access.acting import acting_for
from portsec.access.audiences import AudienceWish
from portsec.access.roles import Role
from portsec.files.store import path_of
from portsec.journal.models import Reading
from tests.cast import Cast
from tests.incidents.test_alert_pages import SHELL
from tests.portsec.files.samples import DOCX, PDF, PNG, TEXT, upload

pytestmark = pytest.mark.django_db
Browse = Callable[..., Client]
FORM = {"title": "Quay layout", "kind": "layout", "tlp": "AMBER", "audience_kind": "region_ports", "note": "First issue"}


@pytest.fixture(autouse=True)
def _root(settings: Any, tmp_path: Path) -> None:
    settings.FILES_ROOT = tmp_path / "files"


@pytest.fixture
def add(cast: Cast) -> Callable[..., PortDocument]:
    def one(name: str = "plan.pdf", file: bytes = PDF, **content: Any) -> PortDocument:
        wish = content.pop("wish", AudienceWish("region_ports"))
        with acting_for(cast.as_("gdansk")) as acting:
            return add_document(
                acting, file=upload(name, file), wish=wish, **{"title": "Quay layout", "kind": "layout", "tlp": "AMBER", **content}
            )

    return one


def form(name: str = "plan.pdf", content: bytes = PDF, **changes: Any) -> dict[str, Any]:
    return {**FORM, "file": upload(name, content), **changes}


def test_a_person_adds_one_and_a_neighbour_reads_it(browse: Browse) -> None:
    client = browse("gdansk", Role.ADMINISTRATOR)
    assert 'href="/documents/new/"' in client.get("/ports/PLGDN/").content.decode()
    page = client.get("/documents/new/").content.decode()
    for said in ('enctype="multipart/form-data"', "up to 20 MB", "PDF, PNG, JPEG"):
        assert said in page, said
    saved = client.post("/documents/new/", form(), follow=True)
    assert saved.status_code == 200
    assert saved.context["document"].title == "Quay layout"
    for at in ("/ports/PLGDN/", "/ports/PLGDN/documents/", saved.redirect_chain[0][0], "/search/?q=quay"):
        neighbour = browse("gdynia").get(at).content.decode()
        assert "Quay layout" in neighbour, at
        assert "Add version" not in neighbour
        assert "/documents/new/" not in neighbour


@pytest.mark.parametrize(
    ("change", "field", "remedy"),
    [
        ({"title": ""}, "title", "required"),
        ({"audience_kind": "region"}, "audience_kind", "Too wide for TLP:AMBER"),
        ({"audience_kind": "named"}, "organisations", "Name at least one organisation"),
        ({"tlp": "RED", "audience_kind": "own"}, "persons", "Name at least one"),
        ({"file": upload("plan.svg", b"<svg/>")}, "file", "Make a PDF or PNG"),
        ({"file": upload("plan.pdf", b"")}, "file", "This file is empty"),
        ({"file": upload("plan.pdf", PNG)}, "file", "the content is PNG"),
        ({"file": ""}, "file", "Choose the file."),
    ],
)
def test_a_mistake_is_shown_beside_its_field_and_the_input_kept(
    cast: Cast, browse: Browse, change: dict[str, Any], field: str, remedy: str
) -> None:
    page = browse("gdansk").post("/documents/new/", form(**change))
    assert page.status_code == 422
    assert remedy in " ".join(page.context["form"].errors[field])
    html = page.content.decode()
    assert 'value="First issue"' in html
    assert "Choose the file again" in html
    with acting_for(cast.as_("gdansk")) as acting:
        assert not documents(acting).exists()


def test_a_file_that_is_too_large_is_said_with_both_sizes(browse: Browse, settings: Any) -> None:
    settings.LARGEST_FILE = 2048
    page = browse("gdansk").post("/documents/new/", form("note.txt", b"a" * 5000))
    assert page.status_code == 422
    told = page.context["form"].errors["file"][0].replace("\xa0", " ")
    assert told.startswith("This file has 4.9 KB. At most 2.0 KB are taken")


def test_red_names_persons_by_boxes(cast: Cast, browse: Browse) -> None:
    deputy = cast.user("gdansk", Role.DEPUTY)
    saved = browse("gdansk").post("/documents/new/", form(tlp="RED", audience_kind="own", persons=[str(deputy.pk)]), follow=True)
    at = saved.redirect_chain[0][0]
    answers = {role: browse("gdansk", role).get(at).status_code for role in (Role.DEPUTY, Role.ADMINISTRATOR)}
    assert answers == {Role.DEPUTY: 200, Role.ADMINISTRATOR: 404}


def test_versions_stand_side_by_side_with_size_day_and_person(cast: Cast, add: Callable[..., PortDocument], browse: Browse) -> None:
    document, client = add("note.txt", TEXT * 100), browse("gdansk")
    at = f"/documents/{document.pk}/versions/new/"
    assert client.get(at).context["form"]["after"].value() == 1
    for name, content, after in (("note.txt", TEXT * 100, 1), ("note.txt", TEXT * 300, 2), ("plan.docx", DOCX, 3)):
        assert client.post(at, {"file": upload(name, content), "note": f"After {after}", "after": after}).status_code == 302
    page = client.get(document.get_absolute_url())
    rows = [(row["version"].number, row["is_same"], row["grown"]) for row in page.context["versions"]]
    grown = len(TEXT) * 200
    assert rows == [(4, False, len(DOCX) - len(TEXT) * 300), (3, False, grown), (2, True, 0), (1, False, None)]
    html = page.content.decode().replace("\xa0", " ")
    for said in (
        "same content",
        f"+{filesizeformat(grown)}".replace("\xa0", " "),
        "−",
        "After 3",
        cast.user("gdansk").short_name,
        "Download version 1",
    ):
        assert said in html, said


def test_who_was_slower_is_told_and_keeps_the_note(add: Callable[..., PortDocument], browse: Browse) -> None:
    document, client = add(), browse("gdansk")
    at = f"/documents/{document.pk}/versions/new/"
    client.post(at, {"file": upload(), "after": 1})
    late = client.post(at, {"file": upload(), "note": "My note", "after": 1})
    assert late.status_code == 422
    assert "newest version is 2" in late.content.decode()
    assert 'value="My note"' in late.content.decode()


def test_title_is_changed_and_retiring_asks_why(add: Callable[..., PortDocument], browse: Browse) -> None:
    document, client = add(), browse("gdansk")
    at = f"/documents/{document.pk}/"
    assert client.post(f"{at}edit/", {"title": "Layout 2026", "kind": "layout", "version": 1}).status_code == 302
    late = client.post(f"{at}edit/", {"title": "Mine", "kind": "layout", "version": 1})
    assert (late.status_code, 'value="Mine"' in late.content.decode()) == (422, True)
    assert "cannot be taken back" in client.get(f"{at}retire/").content.decode()
    assert client.post(f"{at}retire/", {"reason": " "}).status_code == 422
    page = client.post(f"{at}retire/", {"reason": "Replaced by the plan of 2026"}, follow=True).content.decode()
    assert "Replaced by the plan of 2026" in page
    assert "Add version" not in page
    listed = client.get("/ports/PLGDN/documents/")
    assert ([one.title for one in listed.context["documents"]], [one.title for one in listed.context["retired"]]) == ([], ["Layout 2026"])
    assert "Layout 2026" not in client.get("/ports/PLGDN/").content.decode()
    again = client.post(f"{at}retire/", {"reason": "Twice"})
    assert (again.status_code, "is retired" in again.content.decode()) == (422, True)
    assert "document.retired" in client.get(f"{at}history/").content.decode()


# The file


def test_a_pdf_is_shown_and_saved_under_its_name(add: Callable[..., PortDocument], browse: Browse) -> None:
    document = add("Świnoujście.pdf")
    client = browse("gdynia")
    shown = client.get(f"/documents/{document.pk}/versions/1/")
    assert (shown.status_code, shown["Content-Type"], b"".join(shown.streaming_content)) == (200, "application/pdf", PDF)
    assert shown["Content-Disposition"].startswith("inline; filename*=utf-8''%C5%9A")
    assert shown["Content-Security-Policy"].startswith("default-src 'none'")
    assert (shown["X-Content-Type-Options"], shown["X-Frame-Options"]) == ("nosniff", "DENY")
    assert "no-store" in shown["Cache-Control"]
    saved = client.get(f"/documents/{document.pk}/versions/1/?download")
    assert saved["Content-Disposition"].startswith("attachment")
    assert "sandbox" in saved["Content-Security-Policy"]


def test_a_text_is_never_shown_as_a_page(add: Callable[..., PortDocument], browse: Browse) -> None:
    document = add("note.txt", TEXT)
    answer = browse("gdansk").get(f"/documents/{document.pk}/versions/1/")
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Type"] == "text/plain"


def test_opening_is_on_record_for_the_readers_own_organisation(cast: Cast, add: Callable[..., PortDocument], browse: Browse) -> None:
    document, client = add(), browse("gdynia")
    for below in ("", "", "history/", "versions/1/", "versions/1/?download"):
        client.get(f"/documents/{document.pk}/{below}")
    read = {}
    for name in ("gdansk", "gdynia"):
        with acting_for(cast.as_(name)) as acting:
            read[name] = sorted((one.kind, one.label, one.through) for one in Reading.objects.visible_to(acting))
    assert read == {"gdansk": [], "gdynia": [("document_version", "AMBER", "page"), ("port_document", "AMBER", "page")]}


def test_a_missing_file_is_told_on_the_documents_page(cast: Cast, add: Callable[..., PortDocument], browse: Browse) -> None:
    document = add()
    with acting_for(cast.as_("gdansk")) as acting:
        path_of(versions(acting, document).get().stored_as).unlink()
    page = browse("gdansk").get(f"/documents/{document.pk}/versions/1/", follow=True)
    assert page.status_code == 200
    assert "not in the store" in page.content.decode()


def test_a_version_that_is_not_there_is_absent(add: Callable[..., PortDocument], browse: Browse) -> None:
    document = add()
    for number in (0, 2, 99999, 10**30):
        assert browse("gdansk").get(f"/documents/{document.pk}/versions/{number}/").status_code == 404


def test_an_empty_list_says_what_to_do(browse: Browse) -> None:
    for at in ("/ports/PLGDN/documents/", "/ports/PLGDN/"):
        assert "Add drawings, approval letters" in browse("gdansk").get(at).content.decode()
        assert "The port chooses for each document" in browse("gdynia").get(at).content.decode()


def test_a_page_makes_the_same_queries_for_few_and_many(
    cast: Cast, add: Callable[..., PortDocument], browse: Browse, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    document, client = add(), browse("gdansk")
    pages = {
        "/ports/PLGDN/documents/": SHELL + 2,  # the port; its documents
        document.get_absolute_url(): SHELL + 3,  # the document; that it was read; its versions
        f"/documents/{document.pk}/edit/": SHELL + 2,  # the document, as it stands and as it is changed
        f"/documents/{document.pk}/versions/new/": SHELL + 1,
    }
    for _round in range(2):
        for address, queries in pages.items():
            client.get(address)
            with django_assert_num_queries(queries):
                client.get(address)
        for number in range(4):
            add("note.txt", TEXT, title=f"Note {number}")
            with acting_for(cast.as_("gdansk")) as acting:
                add_version(acting, documents(acting).get(pk=document.pk), file=upload())
