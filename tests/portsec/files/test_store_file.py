"""Where files lie and how they come in: outside of what is served, once, on the disk, and not beyond the limit."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as real
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from portsec.files import store
from portsec.files.serving import file_response
from portsec.files.uploads import Incoming
from portsec.problems import Refused
from tests.portsec.files.samples import DOCX, PDF, TEXT, upload


@pytest.fixture(autouse=True)
def root(settings: Any, tmp_path: Path) -> Path:
    settings.FILES_ROOT = tmp_path / "files"
    return tmp_path / "files"


def lying(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_it_lies_under_a_random_name_for_its_user_only(root: Path) -> None:
    with store.stored(upload("plan.pdf", PDF)) as first, store.stored(upload("plan.pdf", PDF)) as second:
        assert first.name != second.name
        assert re.fullmatch("[0-9a-f]{64}", first.name)
    assert (first.size, first.sha256, first.media_type) == (len(PDF), hashlib.sha256(PDF).hexdigest(), "application/pdf")
    assert [(path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) for path in lying(root)] == [(0o600, 0o700)] * 2
    assert not any("plan" in str(path.relative_to(root)) for path in lying(root))
    with store.open_stored(first.name) as file:
        assert file.read() == PDF


def test_it_is_gone_when_the_row_was_not_written(root: Path) -> None:
    def fail() -> None:
        with store.stored(upload()):
            assert lying(root)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert lying(root) == []


def test_a_refused_file_never_reaches_the_store(root: Path) -> None:
    with pytest.raises(Refused), store.stored(upload("plan.exe", b"MZ")):
        pytest.fail("not to be reached")
    assert not root.exists()


def test_a_missing_file_says_so(root: Path) -> None:
    with store.stored(upload()) as kept:
        pass
    store.path_of(kept.name).unlink()
    with pytest.raises(store.FileMissing):
        store.open_stored(kept.name)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "a" * 63, "A" * 64, "/" + "a" * 63])
def test_only_names_of_its_own_lead_to_a_file(name: str) -> None:
    with pytest.raises(ValueError, match="not a name of the store"):
        store.path_of(name)


def test_the_store_of_this_installation_is_outside_of_what_is_served() -> None:
    assert not any(Path(store.path_of("0" * 64)).is_relative_to(folder) for folder in real.STATICFILES_DIRS)


# Coming in


def posted(content: bytes, name: str = "note.txt") -> HttpRequest:
    return RequestFactory().post("/", {"file": upload(name, content)})


def test_an_upload_comes_in_on_the_disk_and_is_gone_afterwards(root: Path) -> None:
    request = posted(TEXT)
    file = request.FILES["file"]
    assert isinstance(file, Incoming)
    assert [path.parent.name for path in lying(root)] == ["incoming"]
    assert (file.read(), file.size, file.name) == (TEXT, len(TEXT), "note.txt")
    request.close()
    assert lying(root) == []


def test_no_more_of_it_is_kept_than_is_taken(root: Path, settings: Any) -> None:
    settings.LARGEST_FILE = 100_000
    file = posted(b"a" * 300_000).FILES["file"]
    assert file.size == 300_000, "the size is told, so that the refusal can say it"
    assert lying(root) == []
    with pytest.raises(ValueError, match="closed"):
        file.read()
    with pytest.raises(Refused, match="At most 97"):
        store.stored(file).__enter__()


def test_a_folder_in_an_uploads_name_is_dropped_before(root: Path) -> None:
    """Django cuts it off while it reads the request; the store would refuse it."""
    part = b'--X\r\nContent-Disposition: form-data; name="file"; filename="../../x.txt"\r\n\r\nhello\r\n--X--\r\n'
    request = RequestFactory().generic("POST", "/", part, content_type="multipart/form-data; boundary=X")
    assert (request.FILES["file"].name, request.FILES["file"].read()) == ("x.txt", b"hello")


# Going out


@pytest.fixture
def kept() -> Iterator[store.Stored]:
    with store.stored(upload("plan.pdf", PDF)) as one:
        yield one


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


@pytest.mark.parametrize("media_type", ["application/pdf", "image/png", "image/jpeg", "image/webp"])
def test_images_and_pdf_are_shown_where_they_can_do_nothing(kept: store.Stored, media_type: str) -> None:
    response = file_response(kept.name, "plan.pdf", media_type)
    assert response["Content-Disposition"] == 'inline; filename="plan.pdf"'
    assert response["Content-Type"] == media_type
    assert response["X-Content-Type-Options"] == "nosniff"
    policy = response["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "script-src" not in policy
    assert ("sandbox" in policy) is (media_type != "application/pdf")
    assert body(response) == PDF


@pytest.mark.parametrize("media_type", ["text/plain", "text/csv", "application/vnd.oasis.opendocument.text"])
def test_the_rest_is_saved(kept: store.Stored, media_type: str) -> None:
    response = file_response(kept.name, "plan.odt", media_type)
    assert response["Content-Disposition"] == 'attachment; filename="plan.odt"'
    assert "sandbox" in response["Content-Security-Policy"]
    assert body(response) == PDF


def test_whoever_asks_to_save_it_saves_it_under_its_own_name(kept: store.Stored) -> None:
    response = file_response(kept.name, 'Świnoujście "plan".pdf', "application/pdf", download=True)
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''%C5%9Awinouj")
    assert "\n" not in response["Content-Disposition"]
    assert "sandbox" in response["Content-Security-Policy"]
    assert body(response) == PDF


def test_a_document_of_an_office_is_no_archive_to_the_browser(kept: store.Stored) -> None:
    with store.stored(upload("plan.docx", DOCX)) as one:
        assert one.media_type.endswith("wordprocessingml.document")
    assert isinstance(file_response(one.name, "plan.docx", one.media_type), HttpResponse) is False, "it streams, in parts"
