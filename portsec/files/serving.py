"""How a file goes out: under its own type, unable to run anything, shown only where a browser can do so safely."""

from portsec.files.kinds import PDF, SHOWN
from portsec.files.store import open_stored
from portsec.tables import FinishedFile

# A page of its own without scripts, forms, frames or a way to our cookies.
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
SANDBOXED = f"{NOTHING}; sandbox"
# A browser's reader of PDF is itself refused in a sandbox; it runs in a process of its own, and may ask for nothing here.
READER = f"{NOTHING}; style-src 'unsafe-inline'; object-src 'self'"


def file_response(stored_as: str, name: str, media_type: str, *, download: bool = False) -> FinishedFile:
    """The file. Images and PDF are shown, unless `download`; the rest is saved. Raises FileMissing."""
    is_shown = media_type in SHOWN and not download
    response = FinishedFile(open_stored(stored_as), as_attachment=not is_shown, filename=name, content_type=media_type)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = READER if is_shown and media_type == PDF.media_type else SANDBOXED
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
