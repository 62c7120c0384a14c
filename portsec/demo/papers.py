"""What the demo's ports tell of themselves: profiles, yearly volumes, documents. Every figure and every line is made up."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone

from ports.actions import add_document, add_version, keep_profile, record_activity
from ports.models import PortActivity, PortDocument
from portsec.access.acting import acting_for
from portsec.access.audiences import AudienceWish
from portsec.demo.history import ago, person

# Ship calls, tonnes, TEU, passengers of one year in the middle; the years around it differ by a share. None was never reported.
VOLUMES: dict[str, tuple[int | None, ...]] = {
    "plgdn": (3_400, 71_000_000, 2_100_000, 190_000),
    "plgdy": (4_100, 27_000_000, 880_000, 720_000),
    "ltklj": (6_900, 33_000_000, 1_050_000, 330_000),
    "lvrix": (3_200, 19_000_000, 460_000, None),
    "eetll": (7_600, 14_000_000, 240_000, 8_400_000),
    "fihel": (8_800, 15_000_000, 430_000, 9_300_000),
    "segot": (5_700, 37_000_000, 890_000, 1_500_000),
}
SHARES = (0.88, 0.97, 1.0, 1.04, 1.09)  # of the five years that are over, the oldest first
UNREPORTED = {("plgdn", 2, 3), ("plgdy", 1, 2)}  # port, place of the year, place of the figure
PROFILES: dict[str, dict[str, Any]] = {
    "plgdn": {
        "cargo_types": ["container", "liquid_bulk", "ro_ro", "passenger", "naval"],
        "layout_notes": "Gate 3 is manned day and night; gates 1 and 5 from 06:00 to 22:00.\nMuster point: behind the amber tower.",
    },
    "eetll": {"cargo_types": ["ro_ro", "passenger", "cruise"], "layout_notes": "Foot passengers leave by the glass bridge alone."},
    "lvrix": {"cargo_types": ["container", "dry_bulk", "general", "fishing"]},
}
PLAN = (
    "Layout of the amber quay",
    "A fictional drawing of the demo region.",
    "Gate 3: manned day and night.",
    "Muster point: amber tower.",
)
PROCEDURE = (
    "Closing the ferry check-in (demo, fictional)\n\n1. Stop the queue at the barrier.\n2. Call the watch on VHF 14.\n3. Note the hour.\n"
)


def tell() -> None:
    """Before the weeks that follow: the journal numbers what happens as it is written."""
    now = timezone.now()
    for login, values in VOLUMES.items():
        volumes(now, login, values)
    for login, profile in PROFILES.items():
        with ago(now, days=110), acting_for(person(f"pfso.{login}")) as acting:
            keep_profile(acting, **profile)
    documents(now)


def volumes(now: datetime, login: str, values: Sequence[int | None]) -> None:
    with ago(now, days=120), acting_for(person(f"pfso.{login}")) as acting:
        if PortActivity.objects.editable_by(acting).exists():
            return
        for place, share in enumerate(SHARES):
            figures = [of_year(value, share, (login, place, column)) for column, value in enumerate(values)]
            year = now.year - len(SHARES) + place
            named: dict[str, Any] = dict(zip(("ship_calls", "tonnes", "teu", "passengers"), figures, strict=True))
            record_activity(acting, year=year, source="Harbour master's yearly report (fictional)", **named)


def of_year(value: int | None, share: float, place: tuple[str, int, int]) -> int | None:
    return None if value is None or place in UNREPORTED else round(value * share)


def documents(now: datetime) -> None:
    acting = person("pfso.plgdn")
    with ago(now, days=90), acting_for(acting):
        if PortDocument.objects.editable_by(acting).exists():
            return
        first = ContentFile(pdf(PLAN[:3]), name="amber-quay-layout.pdf")
        ports = AudienceWish("region_ports")
        plan = add_document(
            acting, file=first, wish=ports, title="Layout of the amber quay", kind="layout", tlp="AMBER", note="First issue"
        )
        text = ContentFile(PROCEDURE.encode(), name="closing-the-check-in.txt")
        add_document(acting, file=text, wish=AudienceWish("region"), title="Closing the ferry check-in", kind="procedure", tlp="GREEN")
    with ago(now, days=65), acting_for(acting):
        add_version(acting, plan, file=ContentFile(pdf(PLAN), name="amber-quay-layout.pdf"), note="Muster point added")


def pdf(lines: Sequence[str]) -> bytes:
    """A page of plain lines, as PDF 1.4 wants it: objects, where each begins, and where that table is."""
    shown = " ".join(f"({line}) Tj T*" for line in lines)
    content = f"BT /F1 16 Tf 24 TL 60 760 Td {shown} ET".encode("ascii")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    written, begins = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        begins.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % at for at in begins)
    count = len(objects) + 1
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return written + end % (count, table, count, len(written))
