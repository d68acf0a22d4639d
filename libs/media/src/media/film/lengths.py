"""How long each shot is: arithmetic that ends at the ordered minutes, to the frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from media.film.plan import FRAME_RATE


@dataclass(frozen=True, slots=True)
class Span:
    """How short a shot may be, how long it would like to be, and the longest that is not dull; in seconds."""

    least: float
    liked: float
    most: float


def lay(spans: Sequence[Span], frames: int) -> list[int] | None:
    """Whole frames for each, ``frames`` together, as near to what they like as that allows; None where even the least
    is too much. What is more than the most of all is shared out evenly among them."""
    least, liked, most = ([getattr(span, name) for span in spans] for name in ("least", "liked", "most"))
    floors = [frames_of(value) for value in least]
    seconds = frames / FRAME_RATE
    if not spans or sum(floors) > frames:
        return None
    if seconds <= sum(liked):
        wanted = _between(least, liked, seconds)
    elif seconds <= sum(most):
        wanted = _between(liked, most, seconds)
    else:
        factor = seconds / sum(most)
        wanted = [value * factor for value in most]
    made = [max(floor, int(value * FRAME_RATE)) for floor, value in zip(floors, wanted, strict=True)]
    # Rounding: what is missing goes to the longest, what is too much comes from those with the most to give.
    order = sorted(range(len(made)), key=lambda index: floors[index] - made[index])
    missing = frames - sum(made)
    step = 1 if missing > 0 else -1
    while missing:
        for index in order:
            if missing and (step > 0 or made[index] > floors[index]):
                made[index] += step
                missing -= step
    return made


def frames_of(seconds: float) -> int:
    """The frames that hold so many seconds: rounded up, at least one."""
    return max(1, -int(-(seconds - 1e-9) * FRAME_RATE // 1))


def _between(low: Sequence[float], high: Sequence[float], total: float) -> list[float]:
    room = sum(high) - sum(low)
    share = min(1.0, max(0.0, (total - sum(low)) / room)) if room > 0 else 0.0
    return [one + share * (other - one) for one, other in zip(low, high, strict=True)]
