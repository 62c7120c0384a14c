"""What a Declaration of Security shares out: the duties of the model form (ISPS Code, part B, appendix 1), in our own words.

A declaration keeps its shares as `{"duty": {"by": "facility", "note": "…"}}`; a duty that is not there has not been decided.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portsec.access.text import no_control_characters, one_line
from portsec.problems import Fault

REFERENCE = "ISPS Code B, appendix 1"
LONGEST_NOTE = 200
MOST_ADDED = 10


class By(models.TextChoices):
    """Who takes a measure."""

    FACILITY = "facility", gettext_lazy("The facility")
    OTHER = "other", gettext_lazy("The other side")
    BOTH = "both", gettext_lazy("Both")
    NOBODY = "none", gettext_lazy("Not applicable")


@dataclass(frozen=True)
class Duty:
    """`usual` is what a new form proposes; the officer decides."""

    code: str
    label: Any
    usual: By


DUTIES = (
    Duty("duties", gettext_lazy("See that every security duty is carried out"), By.BOTH),
    Duty("restricted_areas", gettext_lazy("Watch restricted areas, so that only those authorised enter"), By.BOTH),
    Duty("access_facility", gettext_lazy("Control access to the facility"), By.FACILITY),
    Duty("access_other", gettext_lazy("Control access to the ship or the other facility"), By.OTHER),
    Duty("monitor_facility", gettext_lazy("Watch the facility, with berths and the water around"), By.FACILITY),
    Duty("monitor_other", gettext_lazy("Watch the ship or the other facility, with what surrounds it"), By.OTHER),
    Duty("cargo", gettext_lazy("Supervise the handling of cargo"), By.BOTH),
    Duty("stores", gettext_lazy("Supervise the delivery of ship's stores"), By.BOTH),
    Duty("baggage", gettext_lazy("Supervise the handling of unaccompanied baggage"), By.BOTH),
    Duty("persons", gettext_lazy("Control the embarkation of persons and their effects"), By.BOTH),
    Duty("communication", gettext_lazy("Keep security communication between both sides ready at all times"), By.BOTH),
)
CODES = tuple(duty.code for duty in DUTIES)


@dataclass(frozen=True)
class Share:
    """A duty as a page shows it: `by` is empty where nobody has decided."""

    label: str
    by: str
    note: str
    code: str = ""

    @property
    def facility(self) -> bool:
        return self.by in (By.FACILITY, By.BOTH)

    @property
    def other(self) -> bool:
        return self.by in (By.OTHER, By.BOTH)

    @property
    def nobody(self) -> bool:
        return self.by == By.NOBODY


def usual() -> dict[str, dict[str, str]]:
    return {duty.code: {"by": str(duty.usual), "note": ""} for duty in DUTIES}


def shares(measures: Mapping[str, Any], additional: list[dict[str, str]]) -> list[Share]:
    """Every duty of the catalogue in its order, then what the parties have added."""
    found = [(duty, measures.get(duty.code, {})) for duty in DUTIES]
    listed = [Share(str(duty.label), said.get("by", ""), said.get("note", ""), duty.code) for duty, said in found]
    return [*listed, *(Share(one["text"], one["by"], "") for one in additional)]


def faults_of(measures: Any, additional: Any) -> list[Fault]:
    """What is wrong with the shares as they were sent; what is missing is asked only by `missing`."""
    if not isinstance(measures, dict):
        return [Fault("measures", _("Send an object: each duty with who takes it, as {cargo: {by: both}}."), "not_an_object")]
    unknown = [Fault(f"measures/{code}", _("No such duty. Known are: %s.") % ", ".join(CODES), "unknown_duty")
               for code in measures if code not in CODES]  # fmt: skip
    known = [fault for code in CODES if code in measures for fault in _share_faults(f"measures/{code}", measures[code], {"by", "note"})]
    return [*unknown, *known, *_added_faults(additional)]


def missing(measures: Mapping[str, Any]) -> list[Fault]:
    """A request says of every duty who takes it: what nobody was given, nobody does."""
    told = _("Say who takes this: %s.")
    return [Fault(f"measures/{duty.code}", told % duty.label, "required") for duty in DUTIES if duty.code not in measures]


def _share_faults(path: str, share: Any, fields: set[str]) -> list[Fault]:
    if not isinstance(share, dict) or set(share) - fields or share.get("by") not in By.values:
        return [Fault(path, _("Say who takes it: %s.") % ", ".join(By.values), "invalid_choice")]
    return _text_faults(path, share.get("note", ""), LONGEST_NOTE)


def _added_faults(additional: Any) -> list[Fault]:
    if not isinstance(additional, list) or len(additional) > MOST_ADDED:
        return [Fault("additional", _("Add at most %d measures of your own.") % MOST_ADDED, "too_many")]
    faults = []
    for place, one in enumerate(additional):
        path = f"additional/{place}"
        faults += _share_faults(path, one, {"by", "text"})
        if isinstance(one, dict):
            faults += _text_faults(path, one.get("text", ""), LONGEST_NOTE, wanted=True)
    return faults


def _text_faults(path: str, text: Any, longest: int, *, wanted: bool = False) -> list[Fault]:
    if not isinstance(text, str) or len(text) > longest:
        return [Fault(path, _("Write at most %d characters.") % longest, "max_length")]
    try:
        for rule in (no_control_characters, one_line):
            rule(text)
    except ValidationError as error:
        return [Fault(path, error.messages[0], error.code or "invalid")]
    if wanted and not text.strip():
        return [Fault(path, _("Describe the measure, or leave the line out."), "required")]
    return []
