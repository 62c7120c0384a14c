"""Telephone numbers: kept as E.164, read in groups."""

import re

_TRUNK_ZERO = re.compile(r"\(\s*0\s*\)")  # +44 (0)20 …: the zero is dialled inside the country only
_PUNCTUATION = re.compile(r"[\s\u00a0\u202f./()\-\u2010-\u2015]")
# ITU-T E.164: country codes of one and of two digits; every other has three.
_ONE_DIGIT = frozenset("17")
_TWO_DIGITS = frozenset(
    str(code)
    for code in (20, 27, *range(30, 35), 36, 39, 40, 41, *range(43, 50), *range(51, 59), *range(60, 67), 81, 82, 84, 86, *range(90, 96), 98)
)


def normalised(written: str) -> str:
    """As it is dialled from abroad, `+46701740605`; what is no number stays one that the field refuses."""
    digits = _PUNCTUATION.sub("", _TRUNK_ZERO.sub("", written))
    return f"+{digits[2:]}" if digits.startswith("00") else digits


def in_groups(phone: str) -> str:
    """As it is read aloud: `+46 701 740 605`."""
    digits = phone.removeprefix("+")
    code = 1 if digits[:1] in _ONE_DIGIT else 2 if digits[:2] in _TWO_DIGITS else 3
    rest = digits[code:]
    groups = [rest[start : start + 3] for start in range(0, len(rest), 3)]
    if len(groups) > 1 and len(groups[-1]) == 1:  # no digit stands alone
        last = groups.pop(-2) + groups.pop()
        groups += [last[:2], last[2:]]
    return f"+{digits[:code]} {' '.join(groups)}"
