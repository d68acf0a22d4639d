"""How every benchmark measures: ours and a peer in turn, the median of the ratios of the rounds, and their spread.

A figure counts when the interquartile range of the ratios is at most 15 % of their median; else the run is void (the
machine was busy), which is neither good nor bad. CPU per operation adds up user and system time of every process
of a side, servers included; on few cores it is the steadiest number. A side that lost or doubled an effect raises
:class:`Wrong`, and the result is 0.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from chassis.run.private_rabbitmq import NoBroker

VOID_ABOVE = 0.15


class Wrong(Exception):
    """A side lost or doubled an effect; its speed is worth nothing."""


@dataclass(frozen=True)
class Sample:
    """One measurement: operations, wall seconds, CPU seconds of all processes of the side."""

    operations: int
    seconds: float
    cpu_seconds: float

    @property
    def rate(self) -> float:
        """Operations per second."""
        return self.operations / self.seconds

    @property
    def cpu_us(self) -> float:
        """CPU microseconds per operation."""
        return self.cpu_seconds / self.operations * 1e6


@dataclass(frozen=True)
class Side:
    """Something to be measured. ``run`` prepares, measures with :func:`measure`, checks and cleans up.

    ``promise``: what a success means on this side, printed beside the figures.
    """

    name: str
    promise: str
    run: Callable[[], Awaitable[Sample]]


@dataclass(frozen=True)
class Result:
    """What is written as one JSON line. ``ratio`` is ours over the peer's, by rate; more is better."""

    name: str
    ratio: float
    spread: float
    """Interquartile range of the ratios, as a fraction of their median."""
    verdict: str
    gate: float
    goal: float
    ratios: list[float]
    ours: dict[str, Any]
    peer: dict[str, Any]
    counters: dict[str, float] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Below the gate, or wrong. A void run has not failed."""
        return self.verdict in ("below gate", "wrong")


class Meter:
    """Wall and CPU time of a stretch of work."""

    def __init__(self, servers: Iterable[int]) -> None:
        self._processes = [psutil.Process(), *(psutil.Process(pid) for pid in servers)]
        self._cpu = self._cpu_now()
        self._wall = time.perf_counter()

    def sample(self, operations: int) -> Sample:
        """What it took since the meter was made."""
        seconds = time.perf_counter() - self._wall
        return Sample(operations, seconds, self._cpu_now() - self._cpu)

    def _cpu_now(self) -> float:
        total = 0.0
        for process in self._processes:
            for one in [process, *process.children(recursive=True)] if process.pid != os.getpid() else [process]:
                try:
                    times = one.cpu_times()
                except psutil.NoSuchProcess:
                    continue
                total += times.user + times.system
        return total


async def compare(
    name: str,
    ours: Side,
    peer: Side,
    *,
    rounds: int,
    gate: float,
    goal: float,
    counters: Callable[[], Mapping[str, float]] = dict,
    most: Mapping[str, float] = MappingProxyType({}),
) -> Result:
    """Measure the sides in turn for ``rounds`` rounds after one round that warms up and does not count.

    A counter above its ``most`` is below the gate, however fast the rest.
    """
    samples: tuple[list[Sample], list[Sample]] = ([], [])
    verdict = ""
    for number in range(-1, rounds):
        order: Sequence[tuple[Side, list[Sample]]] = [(ours, samples[0]), (peer, samples[1])]
        for side, taken in order if number % 2 else reversed(order):
            try:
                sample = await side.run()
            except Wrong as error:
                Console(stderr=True).print(f"[red]{name}: {side.name}: {error}")
                verdict = "wrong"
                break
            if number >= 0:
                taken.append(sample)
        if verdict:
            break
    ratios = [mine.rate / theirs.rate for mine, theirs in zip(*samples, strict=False)]
    ratio, spread = (0.0, 0.0) if verdict else _middle(ratios)
    found = counters()
    verdict = verdict or _verdict(ratio, spread, gate, goal)
    if verdict in ("gate", "goal") and any(found[name] > value for name, value in most.items()):
        verdict = "below gate"
    result = Result(
        name=name,
        ratio=round(ratio, 3),
        spread=round(spread, 3),
        verdict=verdict,
        gate=gate,
        goal=goal,
        ratios=[round(value, 3) for value in ratios],
        ours=_summary(ours, samples[0]),
        peer=_summary(peer, samples[1]),
        counters={key: round(value, 3) for key, value in found.items()},
        environment=_environment(),
    )
    report(result)
    return result


def report(result: Result, *, output: Path | None = None) -> None:
    """Print the table to the terminal and the JSON line to standard output or a file."""
    table = Table(title=f"{result.name}: {result.ratio:.2f} x the peer ({result.verdict})")
    for column in ("side", "operations/s", "CPU us each", "promise"):
        table.add_column(column, justify="right" if column[0] in "oC" else "left")
    for side in (result.ours, result.peer):
        table.add_row(side["name"], f"{side['rate']:,.0f}", f"{side['cpu_us']:.1f}", side["promise"])
    console = Console(stderr=True)
    console.print(table)
    console.print(
        f"rounds {result.ratios}, spread {result.spread:.0%} of the median; gate {result.gate}, goal {result.goal}"
    )
    for key, value in result.counters.items():
        console.print(f"  {key}: {value}")
    line = json.dumps(asdict(result))
    if output is None:
        sys.stdout.write(line + "\n")
    else:
        with output.open("a") as lines:
            lines.write(line + "\n")


def main(benchmark: Callable[[bool], Awaitable[Result]]) -> None:
    """Run a benchmark module: ``--quick`` for the short form. Exit code 1 when it is below its gate or wrong."""
    with in_one_line():
        result = asyncio.run(_run(benchmark, "--quick" in sys.argv[1:]))
    raise SystemExit(1 if result.failed else 0)


@contextmanager
def in_one_line() -> Iterator[None]:
    """End with 1 and a line that says what to do when a server that is measured cannot be had."""
    try:
        yield
    except NoBroker as error:
        raise SystemExit(str(error)) from None


async def _run(benchmark: Callable[[bool], Awaitable[Result]], quick: bool) -> Result:
    return await benchmark(quick)


def _middle(ratios: Sequence[float]) -> tuple[float, float]:
    median = statistics.median(ratios)
    if len(ratios) < 2:
        return median, 0.0
    low, _, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return median, (high - low) / median


def _verdict(ratio: float, spread: float, gate: float, goal: float) -> str:
    if spread > VOID_ABOVE:
        return "void"
    if ratio < gate:
        return "below gate"
    return "goal" if ratio >= goal else "gate"


def _summary(side: Side, samples: Sequence[Sample]) -> dict[str, Any]:
    return {
        "name": side.name,
        "promise": side.promise,
        "rate": round(statistics.median(sample.rate for sample in samples), 1) if samples else 0.0,
        "cpu_us": round(statistics.median(sample.cpu_us for sample in samples), 2) if samples else 0.0,
        "operations": samples[-1].operations if samples else 0,
    }


def _environment() -> dict[str, Any]:
    git = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)  # noqa: S607
    return {
        "revision": git.stdout.strip(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def report_latency(
    name: str,
    ours: Sequence[float],
    peer: Sequence[float],
    *,
    gate: float,
    goal: float,
    counters: Mapping[str, float],
) -> Result:
    """One at a time: medians and 99th percentiles. ``ratio`` is our median over the peer's; less is better."""
    middle, middle_peer = statistics.median(ours), statistics.median(peer)
    ratio = middle / middle_peer
    summaries = [
        {"name": label, "p50_ms": round(statistics.median(times) * 1e3, 2), "p99_ms": round(_p99(times) * 1e3, 2)}
        for label, times in (("ours", ours), ("peer", peer))
    ]
    verdict = "goal" if ratio <= goal else "ok" if ratio <= gate else "below gate"
    result = Result(
        name=name,
        ratio=round(ratio, 3),
        spread=0.0,
        verdict=verdict,
        gate=gate,
        goal=goal,
        ratios=[round(ratio, 3)],
        ours=summaries[0],
        peer=summaries[1],
        counters={key: round(value, 3) for key, value in counters.items()},
        environment=_environment(),
    )
    console = Console(stderr=True)
    console.print(f"{name}: {ratio:.2f} x the peer's median ({verdict}; gate {gate}, goal {goal})")
    for summary in summaries:
        console.print(f"  {summary['name']}: p50 {summary['p50_ms']} ms, p99 {summary['p99_ms']} ms")
    for key, value in result.counters.items():
        console.print(f"  {key}: {value}")
    sys.stdout.write(json.dumps(asdict(result)) + "\n")
    return result


def _p99(times: Sequence[float]) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * 0.99))]
