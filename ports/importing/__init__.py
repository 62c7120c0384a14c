"""From a file of ports to what could be brought into a region. Nothing here writes."""

from ports.importing.lines import Line, Reading, read_lines
from ports.importing.plan import Known, New, Plan, RefusedLine, make_plan
from ports.importing.text import MOST_BYTES, read_text

__all__ = ["MOST_BYTES", "Known", "Line", "New", "Plan", "Reading", "RefusedLine", "make_plan", "read_lines", "read_text"]
