"""What the style page shows. All of it is fictional; port names are real."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django import forms

PORTS = [
    ("Gdańsk", "PLGDN", 1),
    ("Klaipėda", "LTKLJ", 2),
    ("Liepāja", "LVLPX", 3),
    ("Rīga", "LVRIX", 1),
    ("Tallinn", "EETLL", 1),
    ("Świnoujście", "PLSWI", 1),
]


class SampleForm(forms.Form):
    """One field of each kind, filled so that two are refused."""

    phone = forms.CharField(label="Phone", help_text="With country code, as +48 58 000 00 00")
    name = forms.CharField(label="Name", max_length=80)
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea(attrs={"rows": 2}))
    hours = forms.ChoiceField(label="Hours", choices=[("always", "Round the clock"), ("office", "Office hours")])
    channel = forms.ChoiceField(label="Channel", choices=[("phone", "Phone"), ("vhf", "VHF")], widget=forms.RadioSelect)
    agreed = forms.BooleanField(label="Verified today", required=False, help_text="Due again in 90 days")

    def clean_phone(self) -> str:
        if not str(self.cleaned_data["phone"]).startswith("+"):
            raise forms.ValidationError("Add the country code, as +48.")
        return str(self.cleaned_data["phone"])


def context(now: datetime) -> dict[str, Any]:
    return {
        "levels": levels(),
        "raised": raised(now),
        "rows": [alert(now, *one) for one in ALERTS],
        "form": SampleForm({"phone": "58 000 00 00", "name": "", "hours": "always", "channel": "phone"}),
        "board": board(now),
        "feed": feed(now),
        "waits": waits(),
        "changed": SimpleNamespace(
            before={"severity": "Moderate", "expires_at": None}, after={"severity": "Severe", "expires_at": now.isoformat()}
        ),
        "organisations": [name for name, _unlocode, _level in PORTS],
    }


def levels() -> list[dict[str, Any]]:
    return [
        {"name": name, "code": unlocode[2:], "unlocode": unlocode, "level": level, "url": "#", "is_own": unlocode == "PLGDN"}
        for name, unlocode, level in PORTS
    ]


def raised(now: datetime) -> list[dict[str, Any]]:
    until = now + timedelta(hours=4)
    reason = "unattended vehicle at the ferry check-in"
    return [{"port_name": "Liepāja", "level": 3, "since": now, "until": until, "reason": reason, "set_by": "J. Ozols"}]


ALERTS: list[tuple[str, str, str, str, str, int, int, bool]] = [
    ("1", "Extreme", "RED", "Port of Liepāja", "Unattended vehicle at the ferry check-in", 108, 300, False),
    ("2", "Severe", "AMBER+STRICT", "Port of Klaipėda", "Unlit craft circling the north breakwater", 432, 900, False),
    ("3", "Moderate", "GREEN", "Coast Guard Liaison Centre", "AIS positions unreliable west of Gotland", -964, 3600, False),
    ("4", "Minor", "CLEAR", "Port of Rīga", "Fairway lights under repair", 3000, 3600, False),
    ("5", "Severe", "AMBER", "Baltic Port Security Council", "Radio silence on channel 12", 661, 900, True),
]


def alert(
    now: datetime, number: str, severity: str, tlp: str, sender: str, headline: str, left: int, within: int, is_exercise: bool
) -> dict[str, Any]:
    return {
        "id": f"00000000-0000-7000-8000-00000000000{number}",
        "url": "#",
        "ref_id": f"ALR-2026-011{number}",
        "severity": severity,
        "tlp": tlp,
        "sender_name": sender,
        "published_at": now - timedelta(minutes=5),
        "headline": headline,
        "instruction": "Look over your own quays and report by VHF 16.",
        "is_exercise": is_exercise,
        "left": left,
        "acknowledge_within": within,
        "acknowledge_url": "",
        "state": "active",
        "answer": ("waiting", "late", "acknowledged", "sent", "")[int(number) - 1],
    }


def board(now: datetime) -> dict[str, Any]:
    states = [("Kotka", "failed", "Failed"), ("Visby", "delivered", "Delivered"), ("Turku", "queued", "Queued")]
    states += [("Stockholm", "seen", "Seen"), ("Gdynia", "acknowledged", "Acknowledged")]
    rows = [
        {
            "organisation_name": name,
            "state": state,
            "state_label": label,
            "channel": "dashboard",
            "channel_label": "Dashboard",
            "person": "E. Lindqvist" if state == "seen" else "P. Wrona" if state == "acknowledged" else "",
            "remark": "patrol sent to quay 9" if state == "acknowledged" else "",
            "reason": "The receiver answers 503" if state == "failed" else "",
            "delivered_at": now if state not in {"failed", "queued"} else None,
            "seen_at": now if state in {"seen", "acknowledged"} else None,
            "acknowledged_at": now if state == "acknowledged" else None,
            "is_late": name == "Visby",
            "late_by": 1681,
        }
        for name, state, label in states
    ]
    counts = {"total": 5, "acknowledged": 1, "seen": 1, "delivered": 1, "queued": 1, "failed": 1, "late": 1}
    return {**counts, "rows": rows, "median": 173, "p90": 799, "n": 1}


def feed(now: datetime) -> list[dict[str, Any]]:
    told = [
        ("level", "Port of Liepāja set security level 3: unattended vehicle", False),
        ("check", "Port of Ventspils acknowledged ALR-2026-0117", False),
        ("alert", "Baltic Port Security Council sent ALR-2026-0116: radio silence", True),
    ]
    return [
        {
            "id": str(place),
            "at": now - timedelta(hours=9 * place),
            "icon": icon,
            "summary": text,
            "url": "#",
            "is_exercise": rehearsed,
            "organisation_name": "",
        }
        for place, (icon, text, rehearsed) in enumerate(told)
    ]


def waits() -> list[dict[str, Any]]:
    draft = {"icon": "edit", "title": "Send or discard your draft", "meta": "Unknown diver near quay 5", "badge": "3 h old"}
    call = {"icon": "call", "title": "Call a port that has not answered", "meta": "Visby", "badge": "28:01 late"}
    return [{**draft, "url": "#", "badge_class": "warn"}, {**call, "url": "#", "badge_class": "bad"}]
