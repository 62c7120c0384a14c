"""Asks the web server how it, the worker and beat are."""

import json
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException


@dataclass
class Probe:
    port: int
    host: str  # one that the settings allow

    def is_healthy(self) -> bool:
        status, _ = self._get("/healthz")
        return status == 200

    def reports(self, part: str) -> bool:
        """The answer is 503 as long as any part is missing, and names each."""
        status, body = self._get("/readyz")
        return status in (200, 503) and bool(json.loads(body).get(part))

    def _get(self, path: str) -> tuple[int, bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path, headers={"Host": self.host})
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, HTTPException):
            return 0, b""
        finally:
            connection.close()
