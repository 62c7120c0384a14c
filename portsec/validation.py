"""Model validation as actions use it: the rules stand once, on the fields, for pages and programs alike."""

from collections.abc import Iterable, Iterator

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _

from portsec.access.text import no_control_characters, one_line
from portsec.problems import Fault, Refused

FORMULA = ("=", "+", "-", "@")


def plain_line(field: str, text: str) -> str:
    """One line of plain text, its spaces tidied, that no spreadsheet would run when it is exported. Raises Refused naming `field`."""
    text = text.strip(" ")
    for check in (no_control_characters, one_line):
        try:
            check(text)
        except ValidationError as error:
            raise Refused(*(Fault(field, message, error.code or "invalid") for message in error.messages)) from error
    if text.startswith(FORMULA):
        said = _("“%(text)s” begins with %(sign)s, which a spreadsheet takes for a formula. Write it without.")
        raise Refused(Fault(field, said % {"text": text[:40], "sign": text[0]}, "formula"))
    return " ".join(text.split())


def check_fields(instance: Model, *, exclude: Iterable[str] = ()) -> None:
    """Raises Refused with one Fault per message of the model's own field rules. Asks no database."""
    try:
        instance.clean_fields(exclude=set(exclude))
    except ValidationError as error:
        raise Refused(*_faults(error)) from error


def _faults(error: ValidationError) -> Iterator[Fault]:
    for field, problems in error.error_dict.items():
        for problem in problems:
            yield from (Fault(field, message, problem.code or "invalid") for message in problem.messages)
