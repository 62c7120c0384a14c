"""How a file comes in: to the disk as it arrives, and never more of it than is taken."""

from tempfile import NamedTemporaryFile
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from portsec.files.store import incoming


class Incoming(TemporaryUploadedFile):
    """A file on its way, in the store's own folder. It is gone when it is closed."""

    def __init__(self, name: str | None, content_type: str | None, charset: str | None, extra: dict[str, Any] | None) -> None:
        file = NamedTemporaryFile(suffix=".upload", dir=incoming())  # noqa: SIM115 (open for as long as the request)
        UploadedFile.__init__(self, file, name, content_type, 0, charset, extra)


class LimitedUploadHandler(FileUploadHandler):
    """Keeps one file on disk. One that is too large is not kept: its size is told, and it is closed, so that none reads a part."""

    file: Incoming
    received: int

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.file = Incoming(self.file_name, self.content_type, self.charset, self.content_type_extra)
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.received += len(raw_data)
        if self.received <= settings.LARGEST_FILE:
            self.file.write(raw_data)

    def file_complete(self, file_size: int) -> Incoming:
        self.file.seek(0)
        self.file.size = self.received
        if self.received > settings.LARGEST_FILE:
            self.file.close()
        return self.file

    def upload_interrupted(self) -> None:
        if hasattr(self, "file"):
            self.file.close()
