"""What of a part is copied and what is encoded, by the times of its packets alone. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from media.errors import BadMedia


@dataclass(frozen=True, slots=True)
class Entry:
    """A packet of pictures, in the order of the file: when its picture is shown, and whether everything behind it in
    the file is shown behind it and needs nothing before it (``anew``)."""

    pts: int
    anew: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """A part from the picture at ``first`` to before ``end``, of ``frames`` pictures.

    Packets ``copied`` (from, to by number) are taken as they are; before them the pictures up to ``copied_from`` are
    encoded, and behind them those from ``copied_to`` on. Without copied packets everything is encoded.
    """

    first: int
    end: int
    frames: int
    copied: tuple[int, int]
    copied_from: int
    copied_to: int

    @property
    def encoded(self) -> int:
        """How much is encoded, in units of time."""
        return (self.copied_from - self.first) + (self.end - self.copied_to)


def plan(entries: Sequence[Entry], start: int, end: int, last_end: int) -> Plan:
    """The plan for the pictures shown from ``start`` to before ``end``. ``last_end`` is when the last of all ends.

    Copied is the longest run that begins at an entry ``anew`` and ends where all that was decoded is also shown before
    all that comes. Raises ``BadMedia`` where no picture begins between both times.
    """
    shown = sorted(entry.pts for entry in entries if start <= entry.pts < end)
    if not shown:
        raise BadMedia(
            "no picture begins between these times", code="BAD_TIME", advice="Choose a longer part, or a later end."
        )
    first = shown[0]
    after = min((entry.pts for entry in entries if entry.pts >= end), default=last_end)
    begin = next((at for at, entry in enumerate(entries) if entry.anew and entry.pts >= first), len(entries))
    stop, resumed = _run(entries, begin, end, after)
    if stop == begin:
        return Plan(first, after, len(shown), (0, 0), after, after)
    return Plan(first, after, len(shown), (begin, stop), entries[begin].pts, resumed)


def times(plan: Plan, entries: Sequence[Entry]) -> list[tuple[int, int, int]]:
    """For each packet of the part, in the order they are decoded: when it is shown, decoded, and how long it is shown.

    Each is decoded as early as the most reordered one needs it, so that no time goes backwards.
    """
    shown = sorted(entry.pts for entry in entries if plan.first <= entry.pts < plan.end)
    begin, stop = plan.copied
    run = [entry.pts for entry in entries[begin:stop]]
    before = [pts for pts in shown if pts < plan.copied_from]
    order = [*before, *run, *(pts for pts in shown if pts >= plan.copied_to)]
    lead = max(early - pts for early, pts in zip(shown, order, strict=True))
    ends = dict(zip(shown, (*shown[1:], plan.end), strict=True))
    return [(pts, early - lead, ends[pts] - pts) for early, pts in zip(shown, order, strict=True)]


def _run(entries: Sequence[Entry], begin: int, end: int, after: int) -> tuple[int, int]:
    """Behind which entry a run from ``begin`` may end, and when the next picture is shown."""
    coming = [after] * (len(entries) + 1)
    for at in range(len(entries) - 1, begin - 1, -1):
        coming[at] = min(coming[at + 1], entries[at].pts)
    found, latest = (begin, after), min(coming) - 1
    for at in range(begin, len(entries)):
        latest = max(latest, entries[at].pts)
        if latest >= end:
            break
        if latest < coming[at + 1]:
            found = at + 1, coming[at + 1]
    return found
