"""From bytes to text: what was uploaded as CSV may be anything, and is often written in an old code page."""

from charset_normalizer import CharsetMatch, from_bytes
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portsec.problems import Fault, Refused

MOST_BYTES = 4_000_000
SAMPLE = 64_000
MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
OLD_PAGES = ("cp1252", "cp1250", "cp1257", "cp1251", "cp1253", "cp1254")
ENCODINGS = {
    "": gettext_lazy("As found in the file"),
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "cp1252": gettext_lazy("Windows-1252, Western Europe"),
    "cp1250": gettext_lazy("Windows-1250, Central Europe"),
    "cp1257": gettext_lazy("Windows-1257, the Baltic"),
    "cp1251": gettext_lazy("Windows-1251, Cyrillic"),
    "cp1253": gettext_lazy("Windows-1253, Greek"),
    "cp1254": gettext_lazy("Windows-1254, Turkish"),
}
# How files begin that are no text at all, and what each is.
SIGNATURES = (
    (b"PK\x03\x04", gettext_lazy("an Excel workbook or another packed file")),
    (b"\xd0\xcf\x11\xe0", gettext_lazy("an old Excel workbook")),
    (b"\x89PNG", gettext_lazy("an image")),
    (b"\xff\xd8\xff", gettext_lazy("an image")),
    (b"GIF8", gettext_lazy("an image")),
    (b"%PDF", gettext_lazy("a PDF")),
    (b"\x1f\x8b", gettext_lazy("a packed file")),
)
MANY = 0.02  # of control characters: text has none, but a stray one is told with its line


def check_size(size: int) -> None:
    """Before anything is read. Raises Refused naming `file`."""
    if size > MOST_BYTES:
        text = _("This file holds %(found)d kB; %(most)d kB are read at most. Cut out the ports of your region, or split it.")
        raise Refused(Fault("file", text % {"found": size // 1000, "most": MOST_BYTES // 1000}, "too_large"))


def read_text(data: bytes, encoding: str = "") -> tuple[str, str]:
    """The text and the name of the encoding in which it was read: `encoding`, or the one that the file itself shows.

    Raises Refused naming `file`, or `encoding` where the chosen one does not fit.
    """
    check_size(len(data))
    _check_kind(data)
    if encoding:
        return _decode(data, "utf-8-sig" if encoding == "utf-8" else encoding, "encoding"), encoding
    chosen = _marked(data) or _wide(data) or _guessed(data)
    if not chosen.startswith("utf-16"):
        _check_is_text(data[:SAMPLE])
    text = _decode(data, chosen, "file")
    return text, {"utf-8-sig": "utf-8", "utf-16-le": "utf-16", "utf-16-be": "utf-16"}.get(chosen, chosen)


def _check_kind(data: bytes) -> None:
    if not data.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise Refused(Fault("file", _("This file is empty. Choose one with a line of column names and a line for each port."), "empty"))
    kind = next((kind for mark, kind in SIGNATURES if data.startswith(mark)), None)
    if kind is not None:
        text = _("This is %s, not CSV. Open it, save it as “CSV UTF-8”, and choose that file.")
        raise Refused(Fault("file", text % kind, "not_csv"))


def _marked(data: bytes) -> str:
    return next((name for mark, name in MARKS if data.startswith(mark)), "")


def _wide(data: bytes) -> str:
    """UTF-16 without its mark: in a western text every second byte is zero."""
    head = data[:4000]
    zeros = [head[start::2].count(0) / max(1, len(head) // 2) for start in (0, 1)]
    if zeros[1] > 0.4 > 0.1 > zeros[0]:
        return "utf-16-le"
    return "utf-16-be" if zeros[0] > 0.4 > 0.1 > zeros[1] else ""


def _guessed(data: bytes) -> str:
    """UTF-8 where it can be: another code page almost never happens to be valid UTF-8. Then the likeliest of the old pages."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        matches = from_bytes(_lines_beyond_ascii(data)[:SAMPLE], cp_isolation=list(OLD_PAGES))
        return min(matches, key=_oddity).encoding if matches else OLD_PAGES[0]
    return "utf-8"


def _oddity(match: CharsetMatch) -> tuple[float, int, int]:
    """Names are made of letters: a page that makes signs of them is less likely. Of equals Western Europe's, as the commonest."""
    signs = sum(1 for letter in str(match) if letter > "\x7f" and not letter.isalpha())
    return match.chaos, signs, OLD_PAGES.index(match.encoding)


def _lines_beyond_ascii(data: bytes) -> bytes:
    """Those that say anything about the code page; a long file may hold one foreign letter, at its end."""
    return b"\n".join(line for line in data.splitlines() if not line.isascii())


def _decode(data: bytes, encoding: str, field: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        text = _("Byte %(position)d cannot be read as %(encoding)s. Choose another encoding, or save the file as “CSV UTF-8”.")
        raise Refused(Fault(field, text % {"position": error.start + 1, "encoding": encoding.upper()}, "encoding")) from error


def _check_is_text(head: bytes) -> None:
    strange = sum(1 for byte in head if byte < 32 and byte not in b"\t\r\n")
    if strange > MANY * len(head):
        raise Refused(Fault("file", _("This is no text. Save the table as “CSV UTF-8”, and choose that file."), "not_csv"))
