"""The run of `bench_fanout`: the limit and the product side by side, in turns, before the same crowd of clients."""

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import redis

from portsec.bench import machine
from portsec.bench.figures import Config, Shot, Storm
from portsec.bench.hands import Helper
from portsec.bench.served import Served
from portsec.up.listen import listen_on_loopback

CHANNEL = "portsec:bench"
SETTLE = 0.3  # seconds after the last frame: what the product still does for it (marks of delivery) counts
PATIENCE = 60.0  # seconds
STORMS = 5  # at most
Say = Callable[[str], None]


@dataclass
class Run:
    """Everything that takes part: the product, the two servers that it is compared with, the crowd, the stage."""

    served: Served
    bare: Helper
    plain: Helper
    ports: dict[str, int]
    crowd: Helper
    stage: Helper
    redis: "redis.Redis"
    say: Say
    frame_bytes: int = 0
    connection_kb: float = 0.0
    configs: list[Config] = field(default_factory=list)

    def cast(self, clients: Sequence[int], audiences: Sequence[int]) -> None:
        self.say(f"Setting the stage: {max(clients)} people …")
        self.stage.ask("build", clients=max(clients), audiences=list(audiences))
        self._weigh(max(clients), audiences[0])

    def _weigh(self, clients: int, audiences: int) -> None:
        """What a connection costs: the growth of the web process as the first crowd comes, before anything is sent."""
        few = min(20, clients)
        self._meet("product", few, audiences)
        self.frame_bytes = self._shoot_product(few, audiences, 1).frame_bytes
        self.crowd.ask("close", group="product")
        before = machine.resident_bytes(self.served.web)
        self._meet("product", clients, audiences)
        time.sleep(SETTLE)
        self.connection_kb = (machine.resident_bytes(self.served.web) - before) / clients / 1024
        self.crowd.ask("close", group="product")

    def measure(self, clients: int, audiences: int, rounds: int, burst: int) -> Config:
        config = Config(clients, audiences, burst)
        for number in range(min(rounds, STORMS)):
            self.say(f"{clients} clients, {audiences} audiences: storm {number + 1}")
            for group in in_turn(number, "plain", "product"):
                config.storms.append(self._storm(group, clients, audiences))
        self._meet("limit", clients, audiences)
        for number in range(rounds):
            self.say(f"{clients} clients, {audiences} audiences: round {number + 1} of {rounds}")
            for count in (1, burst):
                for group in in_turn(number, "limit", "product"):
                    config.shots.append(self._shoot(group, clients, audiences, count))
        for group in ("limit", "product"):
            self.crowd.ask("close", group=group)
        self.configs.append(config)
        return config

    def _storm(self, group: str, clients: int, audiences: int) -> Storm:
        """All come back at once. The product's stay, as its next storm or the rounds want them."""
        self.crowd.ask("close", group=group)
        met = self._meet(group, clients, audiences)
        if group == "plain":
            self.crowd.ask("close", group=group)
        return Storm(group, met["last_ms"], met["client_share"], clients - met["welcomed"])

    def _meet(self, group: str, clients: int, audiences: int) -> dict[str, Any]:
        sets = [number % audiences for number in range(clients)]
        is_product = group == "product"
        paths = self.stage.ask("tickets", clients=clients, audiences=audiences) if is_product else ["/"] * clients
        met: dict[str, Any] = self.crowd.ask(
            "connect", group=group, port=self.ports[group], sets=sets, paths=paths, greeted=is_product, patience=PATIENCE
        )
        return met

    def _shoot(self, group: str, clients: int, audiences: int, count: int) -> Shot:
        return self._shoot_product(clients, audiences, count) if group == "product" else self._shoot_limit(clients, audiences, count)

    def _shoot_product(self, clients: int, audiences: int, count: int) -> Shot:
        open_lines = self.crowd.ask("arm", group="product")["open"]
        with self._clocked([self.served.web], self.served.postgres) as used:
            told = self.stage.ask("publish", audiences=audiences, count=count)
            came = self.crowd.ask("expect", group="product", entries=told["expected"], patience=PATIENCE)
        return Shot("product", clients, count, told["announced"], told["commit"], came, used, clients - open_lines)

    def _shoot_limit(self, clients: int, audiences: int, count: int) -> Shot:
        """Redis is given the messages in one go, as the product's burst is one commit."""
        open_lines = self.crowd.ask("arm", group="limit")["open"]
        entries = [str(uuid4()) for _number in range(count)]
        pipeline = self.redis.pipeline(transaction=False)
        for entry in entries:
            pipeline.publish(CHANNEL, self._message(entry))
        with self._clocked([self.bare.pid], []) as used:
            begun = time.monotonic_ns()
            pipeline.execute()
            came = self.crowd.ask("expect", group="limit", entries=[entries] * audiences, patience=PATIENCE)
        return Shot("limit", clients, count, begun, begun, came, used, clients - open_lines)

    def _message(self, entry: str) -> str:
        """As many bytes as the product's frame for one alert."""
        bare = json.dumps({"entry": entry, "padding": ""}, separators=(",", ":"))
        return bare.replace('"padding":"', '"padding":"' + "x" * max(0, self.frame_bytes - len(bare)))

    def seconds_of_ours(self) -> float:
        """Processor time so far of everything that takes part."""
        ours = {os.getpid(), *machine.children_of(os.getpid()), self.served.supervisor, *machine.children_of(self.served.supervisor)}
        return machine.cpu_seconds(ours)

    @contextmanager
    def _clocked(self, server: Sequence[int], postgres: Sequence[int]) -> Iterator[dict[str, float]]:
        """Processor seconds that each part has used when the block is left."""
        parts = {"server": server, "redis": self.served.redis, "postgres": postgres, "client": [self.crowd.pid]}
        before = {name: machine.cpu_seconds(processes) for name, processes in parts.items()}
        used: dict[str, float] = {}
        yield used
        time.sleep(SETTLE)
        used.update({name: machine.cpu_seconds(processes) - before[name] for name, processes in parts.items()})


def in_turn(number: int, first: str, second: str) -> tuple[str, str]:
    """Who is measured first changes with each round."""
    return (first, second) if number % 2 == 0 else (second, first)


@contextmanager
def everybody(served: Served, say: Say) -> Iterator[Run]:
    """Starts the helpers, and stops them."""
    address = served.environment["REDIS_URL"]
    with ExitStack() as stack:
        bare, bare_port = stack.enter_context(listening("portsec.bench.bare", address, CHANNEL))
        plain, plain_port = stack.enter_context(listening("portsec.bench.plain"))
        crowd = stack.enter_context(Helper("portsec.bench.crowd"))
        stage = stack.enter_context(Helper("portsec.bench.stage", environment=served.environment))
        ports = {"product": served.port, "limit": bare_port, "plain": plain_port}
        yield Run(served, bare, plain, ports, crowd, stage, redis.Redis.from_url(address), say)


@contextmanager
def listening(module: str, *words: str) -> Iterator[tuple[Helper, int]]:
    """A server on a socket that is open before it starts, so that nobody has to wait for it."""
    listener, *others = listen_on_loopback(0)
    for other in others:
        other.close()
    with listener, Helper(module, str(listener.fileno()), *words, descriptors=(listener.fileno(),)) as helper:
        yield helper, listener.getsockname()[1]
