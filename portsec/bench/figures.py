"""From what was measured to the figures that are reported, and whether they may be trusted."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

# A client that ran, or waited for a processor, in more of the time than this hardly ever waited for the server.
BUSIEST_CLIENT = 0.9
FEWEST_JUDGED = 200  # clients: with fewer the time is that of a few wake-ups, and says nothing of who was the bottleneck

TARGETS = {
    "cpu_ratio": "≤ 2.0 with one audience, ≤ 2.5 with twenty (at 2,000)",
    "last_ratio": "≤ 1.75",
    "commit_ratio": "≤ 2.0",
    "burst_ratio": "≥ 3",
    "storm_ratio": "≤ 1.5",
    "connection_kb": "≤ 40",
}


@dataclass(frozen=True)
class Shot:
    """One alert, or one burst, to everybody: `begun` is the publishing to Redis, `committed` the commit before it."""

    group: str
    clients: int
    count: int
    begun: int
    committed: int
    came: dict[str, Any]
    used: dict[str, float]
    missing: int  # lines that were not open any more

    @property
    def frame_bytes(self) -> int:
        return int(self.came["frame_bytes"])

    @property
    def is_whole(self) -> bool:
        return self.came["last"] is not None

    @property
    def last_ms(self) -> float:
        return float(self.came["last"] - self.begun) / 1e6

    @property
    def median_ms(self) -> float:
        return float(self.came["median"] - self.begun) / 1e6

    @property
    def commit_ms(self) -> float:
        return float(self.came["last"] - self.committed) / 1e6

    @property
    def per_second(self) -> float:
        return float(self.came["delivered"]) / (self.commit_ms / 1e3)

    @property
    def client_share(self) -> float:
        return float(self.came["client_seconds"]) / (self.last_ms / 1e3)

    def cpu_us(self, *parts: str) -> float:
        """Processor time of these parts for each delivery."""
        spent: float = sum(self.used[part] for part in parts)
        delivered: int = max(self.came["delivered"], 1)
        return spent / delivered * 1e6


@dataclass(frozen=True)
class Storm:
    group: str
    last_ms: float | None
    client_share: float | None
    missing: int


@dataclass
class Config:
    """All that was measured with so many clients and audiences."""

    clients: int
    audiences: int
    burst: int
    shots: list[Shot] = field(default_factory=list)
    storms: list[Storm] = field(default_factory=list)

    def of(self, group: str, count: int | None = None) -> list[Shot]:
        return [one for one in self.shots if one.group == group and one.is_whole and count in (None, one.count)]

    def figures(self) -> dict[str, Any]:
        limit, product = self._side("limit", "plain"), self._side("product", "product")
        everything = [one.came for one in self.shots if one.group == "product"]
        return {
            "clients": self.clients,
            "audiences": self.audiences,
            "cpu_ratio": ratio(product["cpu_us"], limit["cpu_us"]),
            "last_ratio": ratio(product["last_ms"], limit["last_ms"]),
            "median_ratio": ratio(product["median_ms"], limit["median_ms"]),
            "commit_ratio": ratio(product["commit_ms"], limit["last_ms"]),
            "burst_ratio": ratio(product["burst_per_second"], limit["burst_per_second"]),
            "burst_cpu_ratio": ratio(product["burst_cpu_us"], limit["burst_cpu_us"]),
            "storm_ratio": ratio(product["storm_ms"], limit["storm_ms"]),
            **{name: sum(came[name] for came in everything) for name in ("delivered", "lost", "repeated", "disordered", "strayed")},
            "dropped_lines": max((one.missing for one in self.shots if one.group == "product"), default=0),
            "limit": limit,
            "product": product,
            "client_share": rounded(max(self._client_shares(), default=None)),
            "valid": self.is_valid,
        }

    def _side(self, group: str, storms: str) -> dict[str, Any]:
        singles, bursts = self.of(group, 1), self.of(group, self.burst) if self.burst > 1 else []
        return {
            "last_ms": middle(singles, lambda one: one.last_ms),
            "median_ms": middle(singles, lambda one: one.median_ms),
            "commit_ms": middle(singles, lambda one: one.commit_ms),
            "cpu_us": middle(singles, lambda one: one.cpu_us("server", "redis")),
            "server_us": middle(singles, lambda one: one.cpu_us("server")),
            "redis_us": middle(singles, lambda one: one.cpu_us("redis")),
            "postgres_us": middle(singles, lambda one: one.cpu_us("postgres")),
            "client_us": middle(singles, lambda one: one.cpu_us("client")),
            "burst_per_second": middle(bursts, lambda one: one.per_second, 0),
            "burst_cpu_us": middle(bursts, lambda one: one.cpu_us("server", "redis")),
            "storm_ms": middle([one for one in self.storms if one.group == storms and one.last_ms], lambda one: one.last_ms or 0.0),
        }

    def _client_shares(self) -> list[float]:
        """The middle share of each kind of measurement of the limit. A client that holds the product back makes the product look
        worse than it is, which flatters nobody; one that holds the limit back makes the product look better."""
        alerts = [[shot.client_share for shot in self.of("limit", count)] for count in {1, self.burst}]
        storms = [storm.client_share or 0.0 for storm in self.storms if storm.group == "plain"]
        return [median(shares) for shares in (*alerts, storms) if shares]

    @property
    def is_valid(self) -> bool:
        """Whether the server was measured, and not the client; and whether the limit itself lost nothing."""
        limit_is_whole = all(one.is_whole and not one.missing for one in self.shots if one.group == "limit")
        is_judged = self.clients >= FEWEST_JUDGED
        return limit_is_whole and not (is_judged and max(self._client_shares(), default=0.0) > BUSIEST_CLIENT)


def middle(measured: Sequence[Any], figure: Callable[[Any], float], digits: int = 2) -> float | None:
    return round(median(figure(one) for one in measured), digits) if measured else None


def ratio(figure: float | None, limit: float | None) -> float | None:
    return round(figure / limit, 2) if figure is not None and limit else None


def rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def table(results: Iterable[dict[str, Any]]) -> Iterable[str]:
    """The report's lines: for each size the limit, the product, and the ratio."""
    head = ("", "last ms", "median ms", "commit ms", "CPU µs", "web", "Redis", "PostgreSQL", "client", "burst/s", "storm ms")
    names = (
        "last_ms",
        "median_ms",
        "commit_ms",
        "cpu_us",
        "server_us",
        "redis_us",
        "postgres_us",
        "client_us",
        "burst_per_second",
        "storm_ms",
    )
    for result in results:
        yield f"\n{result['clients']} clients, {result['audiences']} audiences{'' if result['valid'] else ': INVALID'}"
        yield line(head)
        for side in ("limit", "product"):
            yield line((side, *(result[side][name] for name in names)))
        ratios = {name: result[name] for name in ("last_ratio", "median_ratio", "commit_ratio", "cpu_ratio")}
        yield line(("ratio", *ratios.values(), "", "", "", "", result["burst_ratio"], result["storm_ratio"]))
        yield (
            f"  of {result['delivered']} deliveries lost {result['lost']}, repeated {result['repeated']}, out of order at "
            f"{result['disordered']} clients, to others {result['strayed']}; lines dropped {result['dropped_lines']}; "
            f"before the limit the client was busy {result['client_share']} of the time"
        )


def line(cells: Iterable[Any]) -> str:
    first, *rest = ["–" if cell is None else str(cell) for cell in cells]
    return f"  {first:<8}" + "".join(f"{cell:>11}" for cell in rest)
