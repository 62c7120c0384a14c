"""What changed inside a long text or a list, part by part, so that a reader need not compare two paragraphs by eye."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from portsec.face import wording

LONG = 60  # characters; below, before and after stand beside each other
MOST_WORDS = 6_000  # comparing takes time with the square of it
KEPT = 6  # words that stay on each side of a change; what lies further off is left out
SHORT_MATCH = 0.3  # less in common than this is a new text


@dataclass(frozen=True)
class Part:
    """`kind` is same, removed or added."""

    kind: str
    text: str


def parts(before: Any, after: Any) -> list[Part]:
    """The parts of two long texts or two lists; nothing where they are better shown whole."""
    if isinstance(before, list) and isinstance(after, list) and before and after:
        return [Part(kind, ", ".join(items)) for kind, items in _runs(_items(before), _items(after))]
    if not (isinstance(before, str) and isinstance(after, str)) or min(len(before), len(after)) < LONG:
        return []
    return _of_texts(_words(before), _words(after))


def _of_texts(old: list[str], new: list[str]) -> list[Part]:
    if len(old) + len(new) > MOST_WORDS or SequenceMatcher(None, old, new, autojunk=False).ratio() < SHORT_MATCH:
        return []
    runs = list(_runs(old, new))
    return [Part(kind, _shown(kind, words, place, len(runs))) for place, (kind, words) in enumerate(runs)]


def _shown(kind: str, words: list[str], place: int, runs: int) -> str:
    return _shortened(words, place, runs) if kind == "same" else "".join(words)


def _runs(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    for _tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if old[a:b] == new[c:d]:
            yield "same", list(old[a:b])
            continue
        if b > a:
            yield "removed", list(old[a:b])
        if d > c:
            yield "added", list(new[c:d])


def _shortened(words: list[str], place: int, runs: int) -> str:
    head, tail = (0 if place == 0 else KEPT), (0 if place == runs - 1 else KEPT)
    if len(words) <= head + tail + KEPT:
        return "".join(words)
    return f"{''.join(words[:head])}… {''.join(words[len(words) - tail :])}"


def _words(text: str) -> list[str]:
    """Each word with the white space behind it, so that joined they are the text again."""
    return re.findall(r"\s*\S+\s*", text)


def _items(kept: list[Any]) -> list[str]:
    return [wording.value(one) for one in kept]
