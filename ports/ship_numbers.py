"""IMO ship identification numbers: seven digits, the last of which checks the six before it (IMO Resolution A.1117(30))."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

WEIGHTS = range(7, 1, -1)


def normalised(written: str) -> str:
    """`IMO 907 4729` → `9074729`; what is no number stays one that the check refuses."""
    return re.sub(r"[\s\u00a0.-]", "", written).upper().removeprefix("IMO")


def check_digit(six: str) -> str:
    """The digit that belongs after the first six."""
    return str(sum(int(digit) * weight for digit, weight in zip(six, WEIGHTS, strict=True)) % 10)


def check_ship_number(number: str) -> None:
    """Raises ValidationError with what to do."""
    if not re.fullmatch(r"[0-9]{7}", number):
        raise ValidationError(_("An IMO number has seven digits, for example 9074729. Read it from the ship's certificate."), "imo_number")
    wanted = check_digit(number[:6])
    if number[6] != wanted:
        told = _("The last digit of an IMO number checks the others: after %(six)s it would be %(digit)s. Read the number again.")
        raise ValidationError(told % {"six": number[:6], "digit": wanted}, "check_digit")
