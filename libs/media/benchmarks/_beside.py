"""How the media benchmarks measure: ours and its peers in turns, each round told when it is known.

``ratio`` is the median over the rounds. A run whose interquartile range is wider than 15 % of its median is *void*: the
machine was busy, which says nothing about either side. Processor time is that of this process and all below it.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import av
import cv2
import numpy as np
import psutil

VOID_ABOVE = 0.15


@dataclass(frozen=True)
class Spent:
    """Seconds of one measurement: those that count, and of processor time."""

    seconds: float
    cpu: float

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.seconds + other.seconds, self.cpu + other.cpu)


Work = Callable[[], Spent | None]
"""Does a side's work once; returns what of it counts, or None where all does."""


@dataclass(frozen=True)
class Bounds:
    """What a ratio is held against. With ``more`` it is one of speeds (ours over theirs), else one of times.

    With ``every`` the gate holds for the worst round, not for the median. Without ``gate`` there is only the goal.
    ``peer_core`` is for a peer that computes without pause on one core: the least share of that core it must have had.
    Where it had less, others took the processor away, and the run is void.
    """

    gate: float | None
    goal: float
    more: bool = False
    every: bool = False
    peer_core: float = 0.0

    def ratio(self, ours: Spent, peer: Spent) -> float:
        """Of one round."""
        return peer.seconds / ours.seconds if self.more else ours.seconds / peer.seconds

    def verdict(self, ours: list[Spent], peer: list[Spent]) -> str:
        """Of all rounds: ``goal``, ``gate``, ``below gate``, or ``void``."""
        ratios = [self.ratio(*both) for both in zip(ours, peer, strict=True)]
        middle = statistics.median(ratios)
        core = statistics.median(one.cpu / one.seconds for one in peer)
        if spread(ratios) > VOID_ABOVE or core < self.peer_core:
            return "void"
        if not all(self._holds(value, self.gate) for value in (ratios if self.every else [middle])):
            return "below gate"
        return "goal" if self._holds(middle, self.goal) else "gate" if self.gate else "goal missed"

    def _holds(self, ratio: float, bound: float | None) -> bool:
        return bound is None or (ratio >= bound if self.more else ratio <= bound)


def in_turns(
    name: str, sides: Mapping[str, Work], rounds: int, bounds: Mapping[str, Bounds], *, turns: int = 1
) -> tuple[dict[str, object], bool]:
    """Measure every side in each round, after one turn of each that does not count; the first side is ours.

    A round is ``turns`` turns of each, forwards and backwards: the shorter the turns, the more alike is what else the
    machine does meanwhile. ``bounds`` is by peer. Returns what is to be printed by :func:`report`, and whether every
    peer's gate holds.
    """
    spent: dict[str, list[Spent]] = {side: [] for side in sides}
    ours, *_ = sides
    for work in sides.values():
        work()
    for number in range(rounds):
        now = dict.fromkeys(sides, Spent(0.0, 0.0))
        for turn in range(turns):
            for side in list(sides) if (number + turn) % 2 else reversed(list(sides)):
                now[side] += measured(sides[side])
        for side, one in now.items():
            spent[side].append(one)
        ratios = (f"{bounds[peer].ratio(now[ours], now[peer]):.3f} to {peer}" for peer in bounds)
        times = ", ".join(f"{side} {one.seconds:.3f} s" for side, one in now.items())
        say(f"{name}, round {number + 1} of {rounds}: {', '.join(ratios)} ({times}, load {os.getloadavg()[0]:.1f})")
    found: dict[str, object] = {}
    holds = True
    for peer, bound in bounds.items():
        values = [bound.ratio(a, b) for a, b in zip(spent[ours], spent[peer], strict=True)]
        verdict = bound.verdict(spent[ours], spent[peer])
        holds &= verdict != "below gate"
        found[f"beside {peer}"] = {
            "ratio": round(statistics.median(values), 3),
            "verdict": verdict,
            "gate": bound.gate,
            "goal": bound.goal,
            "spread": round(spread(values), 3),
            "ratios": [round(value, 3) for value in values],
            "cpu_ratio": round(
                statistics.median(a.cpu / b.cpu for a, b in zip(spent[ours], spent[peer], strict=True)), 3
            ),
        }
    found["seconds"] = {side: round(statistics.median(one.seconds for one in all_), 4) for side, all_ in spent.items()}
    found["cpu_seconds"] = {side: round(statistics.median(one.cpu for one in all_), 4) for side, all_ in spent.items()}
    return found, holds


def report(name: str, found: Mapping[str, object]) -> None:
    """One JSON line on standard output, with where and when it was measured."""
    print(json.dumps({"benchmark": name} | dict(found) | {"environment": environment()}), flush=True)


def say(line: str) -> None:
    """For who is waiting: a line on standard error."""
    print(line, file=sys.stderr, flush=True)


def measured(work: Work) -> Spent:
    """What ``work`` takes."""
    begun, cpu = time.perf_counter(), cpu_seconds()
    counted = work()
    return counted or Spent(time.perf_counter() - begun, cpu_seconds() - cpu)


def cpu_seconds() -> float:
    """Processor time so far, of this process and every one below it, ended or not."""
    process = psutil.Process()
    total = 0.0
    for one in (process, *process.children(recursive=True)):
        try:
            times = one.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def spread(ratios: list[float]) -> float:
    """The interquartile range as a share of the median."""
    if len(ratios) < 2:
        return 0.0
    low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return (high - low) / middle


def environment() -> dict[str, object]:
    """Revision, versions, load and time."""
    git = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)  # noqa: S607
    return {
        "revision": git.stdout.strip(),
        "python": platform.python_version(),
        "av": av.__version__,
        "cv2": cv2.__version__,
        "numpy": np.__version__,
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
