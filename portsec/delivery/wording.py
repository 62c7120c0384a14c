"""What a message outside says. The label decides how much (domain.md §7): RED a link alone, both AMBERs the headline, GREEN and
CLEAR the text."""

from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from portsec.delivery.answer_links import link_for
from portsec.delivery.models import Purpose
from portsec.delivery.parcel import Item, Parcel


@dataclass(frozen=True)
class Lines:
    """`title` is one line; `body` may be empty; `path` leads to the whole of it, for who signs in."""

    title: str
    body: str
    url: str
    label: str = ""


def lines_of(item: Item) -> Lines:
    facts = item.facts
    if facts is None:
        return Lines(_about_nothing(item), "", link_for(item) or settings.BASE_URL + "/")
    url = settings.BASE_URL + facts.path
    if not facts.tells_headline:
        return Lines(_("Something waits for you in PortSec. Sign in to read it."), "", url, f"TLP:{facts.tlp}")
    body = facts.text if facts.tells_text else ""
    return Lines(f"{_why(item)}{facts.headline}", body, url, f"TLP:{facts.tlp}")


def _about_nothing(item: Item) -> str:
    if item.purpose == Purpose.CHECK:
        return _("Communications check: please confirm that this reaches you.")
    return _("This is a test. It says that messages of PortSec reach you here.")


def _why(item: Item) -> str:
    """What comes before the headline."""
    facts = item.facts
    if facts is None:
        return ""
    words = [_("EXERCISE.")] if facts.is_exercise else []
    if item.purpose == Purpose.CANCEL:
        words.append(_("Cancelled: %(what)s %(ref)s of %(sender)s.") % _names(item))
    elif item.is_for_another and item.delivery is not None:
        words.append(_("%s has not answered.") % item.delivery.recipient.name)
    elif item.purpose == Purpose.ESCALATE:
        words.append(_("No answer yet. %(what)s %(ref)s from %(sender)s.") % _names(item))
    else:
        words.append(_("%(what)s %(ref)s from %(sender)s.") % _names(item))
    return " ".join(words) + " "


def _names(item: Item) -> dict[str, str]:
    facts = item.facts
    return {"what": facts.what, "ref": facts.ref_id, "sender": facts.sender} if facts else {}


def subject_of(parcel: Parcel) -> str:
    """Of a bundle: how many; else the title. A label that hides the headline hides it here, too."""
    if parcel.is_bundle:
        return _("PortSec: %d messages") % len(parcel.items)
    facts = parcel.first.facts
    if facts is not None and not facts.tells_headline:
        return _("PortSec: a message for you")
    lines = lines_of(parcel.first)
    return f"[{lines.label}] {lines.title}" if lines.label else lines.title


def short_text(parcel: Parcel, longest: int = 300) -> str:
    """For a text message or a push: titles only, and the address of the first."""
    lines = [lines_of(item) for item in parcel.items]
    text = " / ".join(one.title for one in lines)
    room = longest - len(lines[0].url) - 1
    return f"{text if len(text) <= room else text[: room - 1] + '…'} {lines[0].url}"


def answer_by(item: Item) -> str:
    """The hour at which an answer is due, on the organisation's clock and in UTC."""
    due = item.answer_due
    if due is None:
        return ""
    here = timezone.localtime(due)
    return f"{due:%H:%M} UTC" if here.utcoffset() == due.utcoffset() else f"{here:%H:%M} ({due:%H:%M} UTC)"
