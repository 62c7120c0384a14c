"""The form of what goes over the line."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Opcode

from portsec.live.frames import LARGEST, Frame, Sheet, encode_entry
from portsec.live.ring import LiveEntry, Ring

ID = "01a208f9-f245-760a-86be-c8b765a45a00"


def entry_with(summary: str, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "entry": ID,
        "at": "2026-11-23T14:20:00.123456Z",
        "verb": "alert.published",
        "kind": "alert",
        "id": ID,
        "organisation": {"id": ID, "name": "Port of Gdańsk"},
        "audience": ID,
        "summary": summary,
        "url": f"/alerts/{ID}/",
        "row": row,
    }


def live_entry(seq: int, text: str = "{}") -> LiveEntry:
    return LiveEntry(seq, "alert.published", "alert", ID, "owner", "audience", None, text)


@given(st.text(max_size=300), st.dictionaries(st.text("abcdef", min_size=1, max_size=8), st.text(max_size=400) | st.integers(), max_size=8))
def test_it_keeps_every_entry_within_a_kilobyte(summary: str, row: dict[str, Any]) -> None:
    text = encode_entry(entry_with(summary, dict(row)))
    assert len(text.encode()) <= LARGEST
    frame = Sheet().frame([live_entry(1, text)], "x" * 22)
    assert len(frame.event["text"].encode()) <= 1024
    assert json.loads(frame.event["text"])["entries"][0]["id"] == ID


def test_it_leaves_a_short_entry_as_it_is() -> None:
    entry = entry_with("Port of Gdańsk sent ALR-2026-0001", {"ref_id": "ALR-2026-0001", "headline": "Unlit craft"})
    assert json.loads(encode_entry(dict(entry))) == entry


def test_it_shortens_the_longest_texts_and_nothing_that_a_program_reads() -> None:
    row = {"ref_id": "ALR-2026-0001", "alert": ID, "published_at": "2026-11-23T14:20:00Z", "headline": "ł" * 160, "instruction": "ż" * 180}
    shown = json.loads(encode_entry(entry_with("ó" * 200, dict(row))))
    assert {name: shown["row"][name] for name in ("ref_id", "alert", "published_at")} == {
        name: row[name] for name in ("ref_id", "alert", "published_at")
    }
    for text, whole in ((shown["row"]["instruction"], "ż"), (shown["summary"], "ó")):
        assert text.endswith("…")
        assert set(text[:-1]) == {whole}


def test_it_writes_the_same_text_as_an_event_and_on_the_wire() -> None:
    for text in ("x", "ł" * 100, "x" * 70_000):
        frame = Frame(text)
        assert frame.event == {"type": "websocket.send", "text": text}
        assert frame.wire.endswith(text.encode())
        assert frame.wire[0] == 0x80 | Opcode.TEXT
        assert frame.wire[1] < 0x80  # a server masks nothing


def test_it_joins_the_same_entries_once_for_every_organisation() -> None:
    sheet, entries = Sheet(), [live_entry(1, '{"a":1}'), live_entry(2, '{"b":2}')]
    one, other = sheet.frame(entries, "cursor-of-one"), sheet.frame(entries, "cursor-of-other")
    assert json.loads(one.event["text"]) == {"type": "entries", "entries": [{"a": 1}, {"b": 2}], "cursor": "cursor-of-one"}
    assert json.loads(other.event["text"])["cursor"] == "cursor-of-other"
    assert len(sheet._opened) == 1


def test_it_holds_the_newest_entries_without_a_hole() -> None:
    ring = Ring(length=10)
    ring.begin_at(100)
    assert (ring.start, ring.end, ring.after(100)) == (100, 100, [])
    trimmed = [ring.append([live_entry(seq)]) for seq in range(101, 151)]
    assert (ring.end, trimmed.count(True)) == (150, 4)
    assert 10 <= ring.end - ring.start < 20
    assert [entry.seq for entry in ring.after(145)] == [146, 147, 148, 149, 150]
    assert [entry.seq for entry in ring.after(ring.start)] == list(range(ring.start + 1, 151))
    assert ring.after(150) == []
