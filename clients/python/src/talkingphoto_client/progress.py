"""How far something is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """``share`` from 0 to 1, and what is being done; of an upload, a run or a job."""

    share: float
    step: str
    message: str

    def __str__(self) -> str:
        return f"{self.share:4.0%}  {self.message or self.step}"
