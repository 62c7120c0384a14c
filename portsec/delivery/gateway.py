"""How the operator describes a gateway for text messages: headers, and a body of JSON. Needs no settings: they check it with this."""

import json
from collections.abc import Iterator

MARKS = ("{to}", "{text}")


def read_headers(written: str) -> dict[str, str]:
    """Raises ValueError with words for the operator, without the value, which may be a password."""
    try:
        found = json.loads(written)
    except ValueError as error:
        raise ValueError('write a JSON object of headers, as {"Authorization": "Bearer …"}.') from error
    if not isinstance(found, dict) or not all(isinstance(value, str) and value.isprintable() for value in (*found.values(), *found)):
        raise ValueError('write a JSON object of headers, each one line of text, as {"Authorization": "Bearer …"}.')
    return found


def read_body(written: str) -> str:
    """The template as it is, once it is known that it can be filled in. Raises ValueError with words for the operator."""
    try:
        texts = list(_texts(json.loads(written)))
    except ValueError as error:
        raise ValueError(f'not JSON ({error}). Write an object, as {{"to": "{{to}}", "text": "{{text}}"}}.') from error
    if missing := [mark for mark in MARKS if not any(mark in text for text in texts)]:
        raise ValueError(f"{' and '.join(missing)} must stand inside a text of the JSON, where number and message are filled in.")
    return written


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
