"""Gates: a result is measured, and the measure decides whether to try again, with whom, or to settle for the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workflow.engine.state import Result


@dataclass(frozen=True, slots=True)
class Gate:
    """At ``passes_at`` or more a result passes. Below it, but at ``again_from`` or more, the same provider tries again;
    below that, or where it would only make the same again, the next provider does. After ``attempts`` the best result
    is used with ``warning`` (WFL-26, WFL-27).

    ``show_from``: a result of so much can be shown, so that within one attempt nobody else is paid for a better one;
    whether there is another attempt is decided here (AIR-41).
    """

    passes_at: float
    attempts: int
    warning: str
    again_from: float | None = None
    show_from: float = 7.0


@dataclass(frozen=True, slots=True)
class Settled:
    """Use the result at ``index``."""

    index: int
    warning: str | None = None


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Make another attempt: with ``prefer``, and without ``exclude``."""

    prefer: str | None = None
    exclude: tuple[str, ...] = ()


def judge(gate: Gate | None, results: Sequence[Result]) -> Settled | TryAgain:
    """Say what follows from the results so far (at least one). A result without a score passes."""
    last = results[-1]
    if gate is None or last.score is None or last.score >= gate.passes_at:
        return Settled(len(results) - 1)
    if len(results) >= gate.attempts:
        return settle(gate, results)
    if gate.again_from is not None and last.score >= gate.again_from and last.repeatable:
        return TryAgain(prefer=last.provider, exclude=_unfit(gate, results))
    return TryAgain(exclude=_unfit(gate, results))


def settle(gate: Gate | None, results: Sequence[Result]) -> Settled:
    """Take the best result, and say so when it does not pass."""
    index = max(range(len(results)), key=lambda i: (results[i].score is None, results[i].score or 0.0))
    score = results[index].score
    if gate is None or score is None or score >= gate.passes_at:
        return Settled(index)
    return Settled(index, gate.warning)


def _unfit(gate: Gate, results: Sequence[Result]) -> tuple[str, ...]:
    """Providers whose result was not good enough to ask them again, in the order they were tried."""
    floor = gate.again_from if gate.again_from is not None else gate.passes_at
    return tuple(
        dict.fromkeys(
            r.provider
            for r in results
            if r.provider and r.score is not None and r.score < (floor if r.repeatable else gate.passes_at)
        )
    )
