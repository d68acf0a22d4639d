"""What a process need not make again: the newest things, bounded by what they take and not by their number."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Newest(Generic[T]):
    """Things by their key, at most ``most_bytes`` of them together by ``size``; who was not asked for longest goes."""

    def __init__(self, most_bytes: int, size: Callable[[T], int]) -> None:
        self._most = most_bytes
        self._size = size
        self._known: OrderedDict[bytes, T] = OrderedDict()

    @property
    def held(self) -> int:
        """How many bytes are remembered."""
        return sum(map(self._size, self._known.values()))

    def of(self, key: bytes, make: Callable[[], T]) -> T:
        """What ``key`` stands for, made where it is not known; larger than all may be, it is not remembered."""
        found = self._known[key] if key in self._known else make()
        self._known[key] = found
        self._known.move_to_end(key)
        while self.held > self._most:
            self._known.popitem(last=False)
        return found
