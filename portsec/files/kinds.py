"""Which files are taken. What a file is, its content says; its name must agree, and what the browser sent counts for nothing."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any
from zipfile import BadZipFile, ZipFile

from django.conf import settings
from django.core.files import File
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from portsec.access.text import no_control_characters
from portsec.problems import Fault, Refused

LONGEST_NAME = 200
HEAD = 512
CHUNK = 64 * 1024
OPEN_DOCUMENT = b"application/vnd.oasis.opendocument.text"
OFFICE = "application/vnd.openxmlformats-officedocument"


@dataclass(frozen=True)
class Kind:
    """`is_shown`: a browser may show it in a tab of its own, where it can run nothing."""

    label: str
    extensions: tuple[str, ...]
    media_type: str
    is_shown: bool = False


PDF = Kind("PDF", ("pdf",), "application/pdf", is_shown=True)
PNG = Kind("PNG", ("png",), "image/png", is_shown=True)
JPEG = Kind("JPEG", ("jpg", "jpeg"), "image/jpeg", is_shown=True)
WEBP = Kind("WebP", ("webp",), "image/webp", is_shown=True)
DOCX = Kind("DOCX", ("docx",), f"{OFFICE}.wordprocessingml.document")
XLSX = Kind("XLSX", ("xlsx",), f"{OFFICE}.spreadsheetml.sheet")
ODT = Kind("ODT", ("odt",), OPEN_DOCUMENT.decode())
TEXT = Kind("TXT", ("txt",), "text/plain")
CSV = Kind("CSV", ("csv",), "text/csv")
KINDS = (PDF, PNG, JPEG, WEBP, DOCX, XLSX, ODT, TEXT, CSV)
BY_EXTENSION = {extension: kind for kind in KINDS for extension in kind.extensions}
SHOWN = frozenset(kind.media_type for kind in KINDS if kind.is_shown)

SCRIPTED = frozenset({"svg", "svgz", "html", "htm", "xhtml", "xht", "mht", "mhtml", "xml", "xsl"})
MACROS = frozenset({"doc", "xls", "docm", "xlsm", "dotm", "xltm", "ppt", "pptm"})
MARKUP = re.compile(rb"^\s*<(!doctype|html|head|body|script|svg|\?xml|!--)", re.IGNORECASE)
CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")


def names_of_kinds() -> str:
    return ", ".join(kind.label for kind in KINDS)


def check_file(file: File[Any]) -> Kind:
    """What the file is. Raises Refused naming `file`, with the reason and what to do; leaves the file at its beginning."""
    kind = _named(file.name or "")
    if not file.size:
        raise _refused("empty", _("This file is empty. Choose the one that holds something."))
    if file.size > settings.LARGEST_FILE:
        told = {"size": filesizeformat(file.size), "most": filesizeformat(settings.LARGEST_FILE)}
        raise _refused("too_large", _("This file has %(size)s. At most %(most)s are taken: split it, or make its pictures smaller.") % told)
    found = _content_of(file, kind)
    file.seek(0)
    if found is not kind:
        _refuse_other(kind, found)
    return kind


def _named(name: str) -> Kind:
    if not name or len(name) > LONGEST_NAME:
        raise _refused("name", _("Give the file a name of 1 to %d characters.") % LONGEST_NAME)
    if "/" in name or "\\" in name or name.startswith("."):
        raise _refused("name", _("Give the file a plain name, without folders and without a dot in front."))
    if no_control_characters.regex.search(name) or not name.isprintable():  # type: ignore[union-attr]  # a compiled pattern
        raise _refused("name", _("The file's name holds a character that cannot be read. Name it anew."))
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    if extension in SCRIPTED:
        raise _refused("scripted", _("SVG, HTML and XML can carry scripts that run at the reader's. Make a PDF or PNG of it."))
    if extension in MACROS:
        raise _refused("macros", _("Files of this kind can carry macros. Save it as DOCX, XLSX or PDF."))
    if extension not in BY_EXTENSION:
        raise _refused("kind", _("Files of this kind are not taken. Send one of: %s.") % names_of_kinds())
    return BY_EXTENSION[extension]


def _refuse_other(kind: Kind, found: Kind | None) -> None:
    if found is None:
        raise _refused("content", _("This is no readable %s file. Save it again, or send it in another form.") % kind.label)
    told = {"named": kind.label, "found": found.label}
    raise _refused("content", _("The name says %(named)s, the content is %(found)s. Give the file its right name.") % told)


def _refused(code: str, detail: str) -> Refused:
    return Refused(Fault("file", detail, code))


def _content_of(file: File[Any], named: Kind) -> Kind | None:
    file.seek(0)
    head = file.read(HEAD)
    for kind, begins in ((PDF, b"%PDF-"), (PNG, b"\x89PNG\r\n\x1a\n"), (JPEG, b"\xff\xd8\xff")):
        if head.startswith(begins):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    if head.startswith(b"PK\x03\x04"):
        return _office(file)
    if named not in (TEXT, CSV):
        return None
    if MARKUP.search(head.removeprefix(codecs.BOM_UTF8)):
        raise _refused("scripted", _("This is markup such as SVG or HTML, which can carry scripts. Make a PDF or PNG of it."))
    return named if is_text(file) else None


def _office(file: File[Any]) -> Kind | None:
    try:
        with ZipFile(_seekable(file)) as archive:
            names = set(archive.namelist())
            is_odt = "mimetype" in names and archive.getinfo("mimetype").file_size < HEAD and archive.read("mimetype") == OPEN_DOCUMENT
    except (BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError, EOFError):
        return None
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise _refused("macros", _("This file holds macros. Save it without them."))
    if is_odt:
        return ODT
    if "[Content_Types].xml" not in names:
        return None
    return DOCX if "word/document.xml" in names else XLSX if "xl/workbook.xml" in names else None


def _seekable(file: File[Any]) -> IO[bytes]:
    file.seek(0)
    if file.file is None:
        raise ValueError("a file without content")
    return file.file


def is_text(file: File[Any]) -> bool:
    """UTF-8, or UTF-16 with its mark, or else one byte a letter; without control characters. Read in parts."""
    return any(all(not CONTROLS.search(part) for part in parts) for parts in (_decoded(file, name) for name in _encodings(file)))


def _encodings(file: File[Any]) -> tuple[str, ...]:
    file.seek(0)
    mark = file.read(2)
    return ("utf-16",) if mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else ("utf-8", "cp1252")


def _decoded(file: File[Any], encoding: str) -> Iterator[str]:
    """Text that the encoding cannot read ends in a null character, which no text holds."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while data := file.read(CHUNK):
            yield decoder.decode(data)
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        yield "\x00"
