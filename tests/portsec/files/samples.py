"""Small files of each kind, made here: what a file is, its first bytes or its parts say."""

from io import BytesIO
from zipfile import ZipFile

from django.core.files.uploadedfile import SimpleUploadedFile

PDF = b"%PDF-1.4\n1 0 obj <<>> endobj\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF"
WEBP = b"RIFF\x1a\x00\x00\x00WEBPVP8 "
TEXT = "Brama nr 3 otwarta od szóstej.\n".encode()


def zipped(**parts: bytes) -> bytes:
    """Names with a dot or a slash are given as `word__document_xml`."""
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            archive.writestr(NAMES.get(name, name), content)
    return buffer.getvalue()


NAMES = {
    "types": "[Content_Types].xml", "document": "word/document.xml", "workbook": "xl/workbook.xml", "macros": "word/vbaProject.bin",
}  # fmt: skip
DOCX = zipped(types=b"<Types/>", document=b"<w/>")
XLSX = zipped(types=b"<Types/>", workbook=b"<x/>")
ODT = zipped(mimetype=b"application/vnd.oasis.opendocument.text", content=b"<o/>")
WITH_MACROS = zipped(types=b"<Types/>", document=b"<w/>", macros=b"Sub AutoOpen()")
GOOD = {
    "plan.pdf": PDF, "quay.png": PNG, "quay.jpg": JPEG, "quay.JPEG": JPEG, "quay.webp": WEBP, "plan.docx": DOCX, "list.xlsx": XLSX,
    "plan.odt": ODT, "note.txt": TEXT, "list.csv": b"berth;depth\n1;12.5\n", "Świnoujście – plan.v2.pdf": PDF,
}  # fmt: skip


def upload(name: str = "note.txt", content: bytes = TEXT, content_type: str = "text/html") -> SimpleUploadedFile:
    """As a browser sends it: the media type is whatever it likes to say."""
    return SimpleUploadedFile(name, content, content_type)
