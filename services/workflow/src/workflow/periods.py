"""How long what is kept, by kind and, where they differ, by product line (FIL-22)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from contracts.product_lines import PRODUCT_LINES

Kind = Literal["deleted", "temporary", "quarantined", "results", "history"]

DAYS: Mapping[Kind, int] = {"deleted": 7, "temporary": 30, "quarantined": 30, "results": 30, "history": 90}
"""Deleted and expired files (CFL-44), temporary uploads (FIL-21), infected ones, results of runs that ended (WFL-44),
what happened to runs."""


class Before(NamedTuple):
    """What is older than ``moment`` is too old; of each of ``lines``, what is older than its own of ``moments``.

    ``latest``: of all of them.
    """

    lines: list[str]
    moments: list[datetime]
    moment: datetime
    latest: datetime


class Periods:
    """Periods as the settings have them; raises ``ValueError`` for a name that is no kind, or no line and kind."""

    def __init__(self, changed: Mapping[str, int]) -> None:
        names = {*DAYS, *(f"{line}.{kind}" for line in PRODUCT_LINES for kind in DAYS if kind != "history")}
        if unknown := sorted(changed.keys() - names):
            raise ValueError(f"{unknown[0]!r} is none of {', '.join(sorted(DAYS))}, or a product line and one of them")
        if negative := sorted(name for name, days in changed.items() if days < 0):
            raise ValueError(f"{negative[0]!r} is less than no time")
        self._days: dict[str, int] = {**{str(kind): days for kind, days in DAYS.items()}, **changed}

    def of(self, kind: Kind, line: str = "") -> timedelta:
        """How long this kind is kept, in this product line."""
        return timedelta(days=self._days.get(f"{line}.{kind}", self._days[kind]))

    def longest(self, kind: Kind) -> timedelta:
        """How long this kind is kept where it is kept longest."""
        return max([self.of(kind), *(self.of(kind, line) for line in PRODUCT_LINES)])

    def before(self, kind: Kind, now: datetime) -> Before:
        """From when on what is of this kind is too old."""
        own = [line for line in PRODUCT_LINES if self.of(kind, line) != self.of(kind)]
        moments = [now - self.of(kind, line) for line in own]
        moment = now - self.of(kind)
        return Before([str(line) for line in own], moments, moment, max([moment, *moments]))

    def words(self, kind: Kind) -> str:
        """For people."""
        own = [f"{line}: {self.of(kind, line).days}" for line in PRODUCT_LINES if self.of(kind, line) != self.of(kind)]
        return f"{self.of(kind).days} days" + (f" ({', '.join(own)})" if own else "")
