"""The benchmarks on a small scale: the shape of their figures, and the rules by which a run calls itself invalid."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from portsec.bench import wire
from portsec.bench.figures import Config, Shot, Storm, table
from portsec.bench.reading import Reader, outcome
from portsec.bench.served import without_ours
from portsec.up.home import CHECKOUT

ONE, OTHER = "0190f0a0-0000-7000-8000-000000000001", "0190f0a0-0000-7000-8000-000000000002"
MS = 1_000_000  # nanoseconds


def came(last: int = 50, **changes: Any) -> dict[str, Any]:
    counts = {"delivered": 2000, "lost": 0, "repeated": 0, "disordered": 0, "strayed": 0, "frame_bytes": 900}
    return {"last": last * MS, "median": last * MS // 2, "client_seconds": 0.02, **counts, **changes}


USED = {"server": 0.03, "redis": 0.001, "postgres": 0.02, "client": 0.02}


def shot(group: str = "product", count: int = 1, **changes: Any) -> Shot:
    return Shot(group, 2000, count, 0, 0, came(**changes), USED, 0)


def measured(*shots: Shot) -> Config:
    return Config(2000, 1, 100, [shot("limit"), shot("limit", 100), shot(), shot(count=100), *shots], [Storm("plain", 900, 0.4, 0)])


def entries(*ids: str) -> bytes:
    text = ",".join(f'{{"entry":"{one}"}}' for one in ids)
    return wire.text_frame(f'{{"type":"entries","entries":[{text}],"cursor":"c{len(ids)}"}}'.encode())


def welcomed() -> Reader:
    reader = Reader()
    assert list(reader.take(1, wire.acceptance(wire.KEY) + wire.text_frame(b'{"type":"hello","cursor":"c0"}'))) == []
    return reader


def manage(*words: str) -> None:
    subprocess.run([sys.executable, str(CHECKOUT / "manage.py"), *words], env=without_ours(), check=True, timeout=600)


def test_a_frame_that_comes_in_pieces_is_read_when_it_is_whole() -> None:
    reader, data = welcomed(), entries(ONE, OTHER)
    for at, piece in enumerate((data[:1], data[1:3], data[3:50], data[50:]), 2):
        assert list(reader.take(at, piece)) == []
    assert reader.came == [(ONE, 5), (OTHER, 5)]
    assert (reader.cursor, reader.welcomed_at) == ("c2", 1)


def test_a_ping_is_answered() -> None:
    assert list(welcomed().take(2, bytes((0x89, 2)) + b"hi")) == [wire.pong_frame(b"hi")]


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_frames_of_every_length_are_read(size: int) -> None:
    framed = wire.text_frame(b"x" * size)
    assert [(kind, len(payload), end) for kind, payload, end in wire.frames(framed * 2)] == [
        (wire.TEXT, size, len(framed)),
        (wire.TEXT, size, 2 * len(framed)),
    ]
    assert list(wire.frames(framed[:-1])) == [] or size == 0


def test_a_refused_handshake_is_no_welcome() -> None:
    reader = Reader()
    list(reader.take(1, b"HTTP/1.1 403 Forbidden\r\n\r\n"))
    assert not reader.is_welcome(greeted=False)


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ((ONE, OTHER), {}),
        ((ONE,), {"lost": 1}),
        ((ONE, OTHER, ONE), {"repeated": 1, "disordered": 1}),
        ((OTHER, ONE), {"disordered": 1}),
    ],
)
def test_what_is_missing_repeated_or_out_of_order_is_counted(sent: tuple[str, ...], found: dict[str, int]) -> None:
    reader = welcomed()
    list(reader.take(7, entries(*sent)))
    told = outcome([(reader, [ONE, OTHER])])
    assert {name: told[name] for name in ("lost", "repeated", "disordered", "strayed")} == {
        "lost": 0, "repeated": 0, "disordered": 0, "strayed": 0, **found
    }  # fmt: skip
    assert told["last"] == (None if "lost" in found else 7)


def test_an_entry_for_others_is_counted() -> None:
    reader = welcomed()
    list(reader.take(7, entries(ONE, OTHER)))
    assert outcome([(reader, [ONE])])["strayed"] == 1


def test_ratios_are_those_of_the_middle() -> None:
    figures = measured(shot(last=75), shot(last=75)).figures()
    assert (figures["last_ratio"], figures["cpu_ratio"], figures["burst_ratio"]) == (1.5, 1.0, 1.0)
    assert figures["storm_ratio"] is None  # the product's storm was not measured
    assert list(table([figures]))


def test_a_run_whose_client_had_no_time_to_wait_is_invalid() -> None:
    assert measured().is_valid
    assert not measured(*[shot("limit", client_seconds=0.049)] * 3).is_valid
    assert not replace(measured(), storms=[Storm("plain", 900, 0.95, 0)]).is_valid


def test_a_client_that_holds_only_the_product_back_flatters_nobody() -> None:
    assert measured(*[shot(client_seconds=0.049)] * 3).is_valid
    assert replace(measured(), storms=[Storm("product", 900, 0.95, 0)]).is_valid


def test_of_a_few_clients_nothing_is_said_about_the_bottleneck() -> None:
    assert replace(measured(*[shot("limit", client_seconds=0.049)] * 3), clients=50).is_valid


def test_a_limit_that_lost_something_is_none() -> None:
    assert not measured(replace(shot("limit"), came={**came(), "last": None})).is_valid
    assert measured(replace(shot(), came={**came(), "last": None, "lost": 3})).figures()["lost"] == 3


@pytest.mark.load
def test_bench_fanout_measures_a_stack_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    manage("bench_fanout", "--clients", "20", "--audiences", "1,3", "--rounds", "1", "--burst", "6", "--json", str(file))
    report = json.loads(file.read_text())
    assert report["valid"]
    assert report["machine"]["versions"]["uvloop"]
    assert [(one["clients"], one["audiences"]) for one in report["results"]] == [(20, 1), (20, 3)]
    # One alert and a burst of six to everybody; with three organisations each alert of the burst leaves one of them out.
    assert [one["delivered"] for one in report["results"]] == [20 * 7, 20 * 5]
    for result in report["results"]:
        assert {name: result[name] for name in ("lost", "repeated", "disordered", "strayed", "dropped_lines")} == dict.fromkeys(
            ("lost", "repeated", "disordered", "strayed", "dropped_lines"), 0
        )
        ratios = ("cpu_ratio", "last_ratio", "median_ratio", "commit_ratio", "burst_ratio", "storm_ratio")
        assert all(result[name] > 0 for name in ratios)
        assert 0 < result["connection_kb"] < 400


@pytest.mark.load
def test_bench_lists_answers_the_rows_of_its_baselines(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    size = ("--records", "3000", "--organisations", "60", "--users", "120")
    manage("bench_lists", *size, "--repeats", "1", "--json", str(file))
    report = json.loads(file.read_text())
    assert report["sees"]["dense"] > 10 * report["sees"]["sparse"] > 0
    lists = [one for one in report["results"] if one["through"] != "action"]
    assert {one["query"] for one in lists} == {
        "first page",
        "filtered page",
        "active page",
        "deep page",
        "capped count",
        "detail",
        "1,000 changes",
    }
    assert len(lists) == 7 * 2 * 2  # dense and sparse, through the queries and over HTTP
    assert all(one["same_rows"] for one in report["results"])
    assert all(one["ms"] > 0 and one["baseline_ms"] > 0 and one["ratio"] > 0 for one in report["results"])
    assert all(one["queries"] <= 3 for one in lists if one["through"] == "queries")


@pytest.mark.load
def test_bench_delivery_tells_everybody_on_both_channels(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    manage("bench_delivery", "--organisations", "12", "--webhooks", "20", "--repeats", "1", "--json", str(file))
    told, webhook, escalated = json.loads(file.read_text())["results"]
    assert told["rows"] == 12 * 3  # a delivery and two dispatches each
    assert told["ratio"] > 0 < webhook["ratio"]
    assert webhook["per_second"] > 0
    assert escalated["rows"] >= 12


@pytest.mark.load
def test_bench_regions_sees_every_page(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    sizes = ("--regions", "3", "--ports", "300", "--agencies", "3", "--people", "310")
    manage("bench_regions", *sizes, "--repeats", "1", "--json", str(file))
    report = json.loads(file.read_text())
    assert {one["status"] for one in report["results"]} == {200}
    assert all(one["queries"] > 0 and one["ratio"] > 0 for one in report["results"])
    assert 0 < report["map_kb"] < 60
