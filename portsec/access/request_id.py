"""The request's id, which answers, log lines and journal entries share."""

import logging
from contextvars import ContextVar

_request_id: ContextVar[str] = ContextVar("portsec_request_id", default="-")


def current_request_id() -> str:
    return _request_id.get()


def set_request_id(value: str) -> None:
    _request_id.set(value)


class RequestIdFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id()
        return True
