"""Which lane a consumer takes its next message from (CON-09)."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

FAIR_EVERY = 10
"""One of so many slots takes the lower lanes first, so that they do not starve."""


def order(turn: int, lanes: int) -> list[int]:
    """The order in which lanes are asked for slot number ``turn``; lane 0 is the highest.

    The slot that is for the lower lanes goes to each of them in turn.
    """
    if lanes == 1 or turn % FAIR_EVERY != FAIR_EVERY - 1:
        return list(range(lanes))
    lower = list(range(1, lanes))
    first = turn // FAIR_EVERY % len(lower)
    return [*lower[first:], *lower[:first], 0]


def take(lanes: Sequence[deque[T]], most: int, turn: int) -> list[T]:
    """Remove up to ``most`` items from the lanes, beginning with slot number ``turn``."""
    if len(lanes) == 1:
        only = lanes[0]
        return [only.popleft() for _ in range(min(most, len(only)))]
    taken: list[T] = []
    for slot in range(turn, turn + most):
        waiting = next((lanes[index] for index in order(slot, len(lanes)) if lanes[index]), None)
        if waiting is None:
            break
        taken.append(waiting.popleft())
    return taken
