"""When opening an alert is on record. A draft has not been told to anybody: its edits and its sending are in the journal."""

from collections.abc import Iterable

from incidents.models import Alert
from portsec.access.acting import Acting
from portsec.journal.models import Reading
from portsec.journal.readings import record_reading, record_readings

Through = Reading.Through


def read_on_page(acting: Acting, alert: Alert) -> None:
    """1 query where the label is RED or AMBER."""
    if alert.state != Alert.State.DRAFT:
        record_reading(acting, alert, alert.tlp, Through.PAGE)


def read_over_api(acting: Acting, alerts: Iterable[Alert], through: str = Through.API) -> None:
    """At most 1 query. `through` is api, or export where they leave in a file."""
    record_readings(acting, [(alert, alert.tlp) for alert in alerts if alert.state != Alert.State.DRAFT], through)
