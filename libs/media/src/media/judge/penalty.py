"""A measure and what it costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Penalty:
    """Points lost to one measure: none at ``fine``, ``most`` at ``awful`` and beyond; ``reason`` is for a person."""

    measure: str
    fine: float
    awful: float
    most: float
    reason: str

    def of(self, value: float) -> float:
        """The points that ``value`` costs."""
        return self.most * float(np.clip((value - self.fine) / (self.awful - self.fine), 0, 1))
