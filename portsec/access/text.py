"""What every text that people send to each other must be free of."""

import re

from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

# C0 and C1 controls but tab and line breaks, and the marks that turn text around so that it reads as something else.
_UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

no_control_characters = RegexValidator(
    _UNSAFE,
    _("This text holds a control character. Type it again, or paste it as plain text."),
    code="control_character",
    inverse_match=True,
)
one_line = RegexValidator(
    r"[\r\n\t\u2028\u2029]", _("This is one line: remove the line break or tab."), code="line_break", inverse_match=True
)


def with_plain_breaks(text: str) -> str:
    """Browsers send CR LF from a text field; kept is LF."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
