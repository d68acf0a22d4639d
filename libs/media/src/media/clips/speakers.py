"""Who speaks: whose lips move while a voice is heard. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

HOLD_S = 1.5
"""Whoever is shown is shown at least that long: a picture that jumps is worse than one interjection unseen."""
_AROUND_S = 0.3
_CHANGE_COSTS = 0.3  # seconds of speech that somebody else must be surer by
_STILL = 0.008
"""Lips that move less than this a look, over their width, are as good as still: the mesh is not surer of them."""


def speaking(openings: NDArray[np.float64], voice: NDArray[np.float64], step_s: float) -> list[int]:
    """For each look the number of the person who is shown, each at least ``HOLD_S`` long.

    ``openings`` are people by looks, not a number where a face is not seen; ``voice`` says how much of each look is
    speech, 0 to 1. Whose lips move most while a voice is heard speaks; while nobody speaks nothing changes.
    """
    people, looks = openings.shape
    if people < 2 or looks == 0:
        return [0] * looks
    sure = voice[None] * (_shares(openings, step_s) - 1 / people) * step_s
    return _held(sure, max(1, round(HOLD_S / step_s)), _CHANGE_COSTS)


def _shares(openings: NDArray[np.float64], step_s: float) -> NDArray[np.float64]:
    """Of all that moves the part that each person's lips have; even where nothing moves."""
    moved = np.abs(np.diff(openings, axis=1, prepend=openings[:, :1]))
    moved = np.maximum(np.nan_to_num(moved) - _STILL, 0.0)
    width = min(2 * max(1, round(_AROUND_S / step_s)) + 1, moved.shape[1])
    kernel = np.ones(width) / width
    smooth = np.stack([np.convolve(one, kernel, mode="same") for one in moved]) + 1e-4
    return np.asarray(smooth / smooth.sum(axis=0, keepdims=True))


def _held(sure: NDArray[np.float64], hold: int, cost: float) -> list[int]:
    """The surest succession of people in which each is held for ``hold`` looks."""
    people, looks = sure.shape
    if looks < 2 * hold:
        return [int(np.argmax(sure.sum(axis=1)))] * looks
    sums = np.concatenate([np.zeros((people, 1)), np.cumsum(sure, axis=1)], axis=1)
    best = np.full((people, looks + 1), -np.inf)
    came: NDArray[np.int64] = np.full((people, looks + 1), -1, np.int64)
    best[:, hold] = sums[:, hold]
    for end in range(hold + 1, looks + 1):
        for one in range(people):
            best[one, end] = best[one, end - 1] + sure[one, end - 1]
            began = end - hold
            if began < hold:
                continue
            others = best[:, began].copy()
            others[one] = -np.inf
            other = int(np.argmax(others))
            changed = others[other] - cost + sums[one, end] - sums[one, began]
            # Of equal ones the later: while nobody speaks whoever spoke last is shown.
            if changed >= best[one, end]:
                best[one, end], came[one, end] = changed, other
    shown = [0] * looks
    one, end = int(np.argmax(best[:, looks])), looks
    while end > 0:
        if came[one, end] >= 0:
            shown[end - hold : end] = [one] * hold
            one, end = int(came[one, end]), end - hold
        elif end == hold:
            shown[:hold] = [one] * hold
            end = 0
        else:
            shown[end - 1] = one
            end -= 1
    return shown


def turns(shown: Sequence[int]) -> list[tuple[int, int, int]]:
    """Runs of the same person: from which look, to before which, who."""
    made: list[tuple[int, int, int]] = []
    for look, who in enumerate(shown):
        if made and made[-1][2] == who:
            made[-1] = made[-1][0], look + 1, who
        else:
            made.append((look, look + 1, who))
    return made
