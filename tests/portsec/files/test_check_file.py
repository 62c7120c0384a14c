"""Which files are taken: the content says what a file is, the name must agree, and each refusal says what to do."""

from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.files.base import ContentFile

from portsec.files.kinds import CHUNK, KINDS, check_file
from portsec.problems import Refused
from tests.portsec.files.samples import DOCX, GOOD, JPEG, ODT, PDF, PNG, TEXT, WITH_MACROS, XLSX, upload, zipped

HTML = b"<!DOCTYPE html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize("name", GOOD)
def test_it_takes_every_kind_that_it_names(name: str) -> None:
    kind = check_file(upload(name, GOOD[name]))
    assert name.rpartition(".")[2].lower() in kind.extensions


def test_every_kind_has_a_sample() -> None:
    assert {check_file(upload(name, content)) for name, content in GOOD.items()} == set(KINDS)


def test_what_the_browser_says_counts_for_nothing() -> None:
    assert check_file(upload("plan.pdf", PDF, "text/html")).media_type == "application/pdf"


REFUSED: list[tuple[str, bytes, str, str]] = [
    ("plan.pdf", b"", "empty", "holds something"),
    ("plan.exe", b"MZ", "kind", "Send one of: PDF, PNG"),
    ("plan", PDF, "kind", "Send one of"),
    ("plan.pdf.exe", PDF, "kind", "Send one of"),
    ("quay.svg", SVG, "scripted", "Make a PDF or PNG"),
    ("quay.html", HTML, "scripted", "Make a PDF or PNG"),
    ("quay.XHTML", HTML, "scripted", "Make a PDF or PNG"),
    ("data.xml", b"<?xml version='1.0'?>", "scripted", "Make a PDF or PNG"),
    ("note.txt", HTML, "scripted", "markup"),
    ("note.txt", b"\xef\xbb\xbf  \n" + SVG, "scripted", "markup"),
    ("note.csv", b"<script>alert(1)</script>", "scripted", "markup"),
    ("quay.png", SVG, "content", "no readable PNG"),
    ("quay.png", JPEG, "content", "The name says PNG, the content is JPEG"),
    ("quay.jpg", PNG, "content", "The name says JPEG, the content is PNG"),
    ("plan.pdf", DOCX, "content", "the content is DOCX"),
    ("plan.docx", XLSX, "content", "the content is XLSX"),
    ("plan.docx", ODT, "content", "the content is ODT"),
    ("plan.docx", zipped(readme=b"x"), "content", "no readable DOCX"),
    ("plan.docx", DOCX[:-30], "content", "no readable DOCX"),
    ("plan.docx", b"PK\x03\x04" + b"\x00" * 50, "content", "no readable DOCX"),
    ("plan.docx", WITH_MACROS, "macros", "without them"),
    ("plan.docm", WITH_MACROS, "macros", "Save it as DOCX"),
    ("plan.doc", b"\xd0\xcf\x11\xe0", "macros", "Save it as DOCX"),
    ("note.txt", b"\x7fELF\x00\x00", "content", "no readable TXT"),
    ("note.txt", PDF, "content", "the content is PDF"),
    ("note.txt", TEXT + b"\x00", "content", "no readable TXT"),
    ("note.txt", b"a" * CHUNK + b"\x00", "content", "no readable TXT"),
    ("plan.pdf", b"x" + PDF, "content", "no readable PDF"),
]


@pytest.mark.parametrize(
    ("name", "content", "code", "remedy"), REFUSED, ids=[f"{name} {code} {len(data)}" for name, data, code, _r in REFUSED]
)
def test_it_refuses_with_a_reason_and_a_remedy(name: str, content: bytes, code: str, remedy: str) -> None:
    with pytest.raises(Refused) as refused:
        check_file(upload(name, content))
    fault = refused.value.faults[0]
    assert (fault.field, fault.code) == ("file", code)
    assert remedy in fault.detail


BAD_NAMES = [
    "",
    ".pdf",
    "../plan.pdf",
    "quays/plan.pdf",
    "quays\\plan.pdf",
    "plan\x00.pdf",
    "plan\n.pdf",
    "plan\u202efdp.pdf",
    "x" * 200 + ".pdf",
]


@pytest.mark.parametrize("name", BAD_NAMES, ids=range(len(BAD_NAMES)))
def test_it_refuses_a_name_that_leads_elsewhere_or_cannot_be_read(name: str) -> None:
    """A browser's upload has lost its folders before; a verb may be called with anything."""
    with pytest.raises(Refused) as refused:
        check_file(ContentFile(PDF, name=name))
    assert refused.value.faults[0].code == "name"


def test_the_limit_is_said_with_the_size_and_is_itself_allowed(settings: Any) -> None:
    settings.LARGEST_FILE = 2048
    assert check_file(upload("note.txt", b"a" * 2048))
    with pytest.raises(Refused, match=r"has 2\.0.KB\. At most 2\.0.KB are taken"):
        check_file(upload("note.txt", b"a" * 2049))


@pytest.mark.parametrize(
    "content",
    [TEXT, "żółw".encode("utf-16"), "Gdańsk".encode("cp1252", "replace"), b"caf\xe9\n", b"\xef\xbb\xbfna\xc3\xafve", b"form\x0cfeed\ttab"],
)
def test_text_is_taken_in_the_encodings_that_offices_write(content: bytes) -> None:
    assert check_file(upload("note.txt", content)).label == "TXT"


def test_a_letter_that_two_chunks_share_is_one_letter() -> None:
    assert check_file(upload("note.txt", b"a" * (CHUNK - 1) + "ż".encode() + b"b"))


def test_a_long_mimetype_member_is_not_unpacked() -> None:
    """A part that says 10 MB of zeros is small in the archive: it is no document, and is not read."""
    buffer = BytesIO()
    with ZipFile(buffer, "w", compression=8) as archive:
        archive.writestr("mimetype", b"\x00" * 10_000_000)
    with pytest.raises(Refused, match="no readable ODT"):
        check_file(upload("plan.odt", buffer.getvalue()))


def test_the_file_is_left_at_its_beginning() -> None:
    file = upload("plan.docx", DOCX)
    check_file(file)
    assert file.read() == DOCX
