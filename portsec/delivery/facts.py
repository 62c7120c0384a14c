"""What is told, as a message outside may say it. Each app tells its part in its `AppConfig.ready()`."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portsec.access.acting import Acting
from portsec.access.tlp import Tlp


@dataclass(frozen=True)
class Facts:
    """Of one object as it stands now. `kind` is the journal's; `what` names it in a sentence ("Severe alert"); `path` is its
    page, below the site's address; `is_open` says whether it still holds."""

    kind: str
    id: UUID
    ref_id: str
    what: str
    headline: str
    text: str
    severity: str
    tlp: str
    sender: str
    path: str
    is_open: bool
    is_exercise: bool = False
    ends_at: datetime | None = None

    @property
    def tells_text(self) -> bool:
        """May a message outside carry the text (domain.md §7)?"""
        return self.tlp in {Tlp.GREEN, Tlp.CLEAR}

    @property
    def tells_headline(self) -> bool:
        """RED sends a link alone."""
        return self.tlp != Tlp.RED


Reader = Callable[[Collection[UUID]], dict[UUID, Facts]]
Answer = Callable[[Acting, UUID, str, str], None]  # acting, object, channel, label of the contact point
_readers: dict[str, Reader] = {}
_answers: dict[str, Answer] = {}


def register_facts(kind: str, reader: Reader, *, answer: Answer | None = None) -> None:
    """`reader` reads many objects at once, as whoever asks may see them; `answer` acknowledges one for an organisation, and
    raises Conflict where nobody waits for it."""
    _readers[kind] = reader
    if answer is not None:
        _answers[kind] = answer


def facts_of(objects: Collection[tuple[str, UUID]]) -> dict[UUID, Facts]:
    """Of objects of several kinds, one query a kind; who is not found is not in it."""
    found: dict[UUID, Facts] = {}
    for kind, reader in _readers.items():
        wanted = {object_id for of_kind, object_id in objects if of_kind == kind}
        if wanted:
            found |= reader(wanted)
    return found


def answer_to(kind: str) -> Answer | None:
    return _answers.get(kind)
