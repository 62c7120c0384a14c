"""The run of `bench_lists`, in a process with the settings of the benchmark's own database.

`python -m portsec.bench.lists <records> <organisations> <users> <repeats> <where the figures go>`
"""

import gc
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portsec.settings")
django.setup()

from django.conf import settings  # noqa: E402 (the applications can be imported only now)
from django.db import connections  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from portsec.access.acting import acting_for  # noqa: E402
from portsec.bench.changes_of_access import Change, changes  # noqa: E402
from portsec.bench.figures import ratio  # noqa: E402
from portsec.bench.population import Extremes, Size, extremes, fill  # noqa: E402
from portsec.bench.questions import Question, questions  # noqa: E402

BAR = 30  # characters


def main(records: int, organisations: int, users: int, repeats: int, file: Path) -> None:
    size = Size(records, organisations, users)
    begun = time.monotonic()
    fill(size, progress)
    filled = time.monotonic() - begun
    found = extremes(size)
    spare_the_collector()
    results = [*lists(found, repeats), *changed(found, repeats)]
    file.write_text(json.dumps({"filled_in_seconds": round(filled, 1), "sees": found.seen, "results": results}))


def spare_the_collector() -> None:
    """As the web process does (portsec/asgi.py)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


def progress(title: str, part: float) -> None:
    done = round(part * BAR)
    end = "\n" if part in (0.0, 1.0) else ""
    print(f"\r[{'#' * done}{'.' * (BAR - done)}] {part:4.0%} {title}", end=end, flush=True)


def lists(found: Extremes, repeats: int) -> Iterator[dict[str, Any]]:
    for name, acting in (("dense", found.dense), ("sparse", found.sparse)):
        for question in questions(name, acting):
            yield from _asked(question, repeats)


def _asked(question: Question, repeats: int) -> Iterator[dict[str, Any]]:
    """Through the query layer and the SQL by hand in turns, each in a context of its own; then over HTTP."""
    same = _same_rows(question)
    rounds = [(_timed_inside(question, question.ask), _timed_inside(question, question.baseline)) for _round in range(repeats)]
    ours, theirs = (median(times) for times in zip(*rounds, strict=True))
    spent = [(_spent_inside(question, question.ask), _spent_inside(question, question.baseline)) for _round in range(repeats)]
    cpu_ratio = ratio(*(median(times) for times in zip(*spent, strict=True)))
    client = Client(HTTP_HOST=settings.ALLOWED_HOSTS[0])
    client.force_login(question.acting.user)
    over_http = median(_timed(lambda: question.fetch(client)) for _round in range(repeats + 1))
    counts = _count(lambda: _timed_inside(question, question.ask)), _count(lambda: question.fetch(client))
    for through, ms, queries in (("queries", ours, counts[0]), ("http", over_http, counts[1])):
        cpu = cpu_ratio if through == "queries" else None
        yield {**_result(question.name, question.organisation, ms, theirs, queries, cpu), "through": through, "same_rows": same}


def _same_rows(question: Question) -> bool:
    """Also warms both up. The baseline has one row more, where there is another page."""
    with acting_for(question.acting):
        ours, theirs = question.ask(), question.baseline()
    return ours == theirs[: len(ours)] and len(theirs) - len(ours) in (0, 1)


def _timed_inside(question: Question, ask: Callable[[], list[str]]) -> float:
    with acting_for(question.acting):
        return _timed(ask)


def _spent_inside(question: Question, ask: Callable[[], list[str]]) -> float:
    """Milliseconds of processor time, here and in PostgreSQL: what others do on the machine hardly changes them."""
    with acting_for(question.acting):
        begun = _spent()
        ask()
        return _spent() - begun


def _spent() -> float:
    backend = connections["default"].connection.info.backend_pid
    return time.process_time() * 1e3 + int(Path(f"/proc/{backend}/schedstat").read_text().split()[0]) / 1e6


def _timed(act: Callable[[], object]) -> float:
    """Milliseconds."""
    begun = time.perf_counter()
    act()
    return (time.perf_counter() - begun) * 1e3


def _count(act: Callable[[], object]) -> int:
    """Queries of the application's connection; a context of its own makes three of them (BEGIN is not counted)."""
    with CaptureQueriesContext(connections["default"]) as captured:
        act()
    return sum(not one["sql"].startswith(("SELECT set_config", "SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")) for one in captured)


def changed(found: Extremes, repeats: int) -> Iterator[dict[str, Any]]:
    for change in changes(found.dense):
        rounds = [(_prepared(change, change.act), _prepared(change, change.baseline)) for _round in range(repeats + 1)][1:]
        ours, theirs = (median(times) for times in zip(*rounds, strict=True))
        change.prepare()
        yield {**_result(change.name, "dense", ours, theirs, _count(change.act)), "through": "action", "same_rows": True}


def _prepared(change: Change, act: Callable[[], None]) -> float:
    change.prepare()
    return _timed(act)


def _result(query: str, organisation: str, ms: float, baseline_ms: float, queries: int, cpu: float | None = None) -> dict[str, Any]:
    return {
        "query": query,
        "organisation": organisation,
        "ms": round(ms, 2),
        "baseline_ms": round(baseline_ms, 2),
        "ratio": round(ms / baseline_ms, 2),
        "cpu_ratio": cpu,
        "queries": queries,
    }


if __name__ == "__main__":
    *numbers, target = sys.argv[1:]
    main(*map(int, numbers), Path(target))  # type: ignore[call-arg,arg-type]
