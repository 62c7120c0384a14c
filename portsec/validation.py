"""Model validation as actions use it: the rules stand once, on the fields, for pages and programs alike."""

from collections.abc import Iterable, Iterator

from django.core.exceptions import ValidationError
from django.db.models import Model

from portsec.problems import Fault, Refused


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
