"""Sound of hours: what is held of it at once does not grow with it."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from media.film.sound import during
from media.sound.ducking import at_samples, gains
from media.video import encode_audio
from media.video.encode_audio import AudioTrack, encode_blocks

RATE = 48_000
HOURS = np.random.default_rng(7).random(3 * 360_000) > 0.5
"""In which hundredths of three hours somebody speaks."""


def peak(made: Callable[[], Any]) -> int:
    """Bytes that making it held at once."""
    tracemalloc.start()
    try:
        made()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_piece_is_marked_by_its_own_hundredths() -> None:
    start = 1_000 * 480
    for last in (start + 10, start + 480, start + 10 * RATE - 7):
        found = during(HOURS, start, last)
        assert np.array_equal(found, np.repeat(HOURS[1_000 : 1_000 + 1_001], 480)[: last - start])
    assert peak(lambda: during(HOURS, start, start + RATE)) < 200_000
    assert len(during(HOURS[:10], 4_800 - 480, 4_800 - 3)) == 477, "the last one may be short"


@pytest.mark.parametrize("seconds", [0.03, 5.0])
def test_a_pieces_gain_is_the_same_as_the_wholes(seconds: float) -> None:
    gain = gains(HOURS[: round(seconds * 100)], -9.0)
    count = round(seconds * RATE)
    whole = np.interp(np.arange(count), (np.arange(len(gain)) + 0.5) * 480, gain).astype(np.float32)
    edges = [0, count // 3, count // 3 + 1, count // 2, count]
    pieces = [at_samples(gain, RATE, first, last) for first, last in pairwise(edges)]
    assert np.array_equal(np.concatenate(pieces), whole)


def test_a_piece_of_hours_is_made_without_their_axis() -> None:
    gain = HOURS.astype(np.float64)
    assert peak(lambda: at_samples(gain, RATE, RATE * 3_600, RATE * 3_600 + 4_800)) < 400_000


def test_no_more_than_the_best_encoding_and_the_present_one_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    alive: list[int] = [0]
    most: list[int] = []
    loudness = iter([-20.0, -15.0, -17.0])

    class Encoded(bytes):
        def __del__(self) -> None:
            alive[0] -= 1

    def encoded(*_: Any) -> bytes:
        alive[0] += 1
        most.append(alive[0])
        return Encoded(b"aac")

    monkeypatch.setattr(encode_audio, "_encoded", encoded)
    monkeypatch.setattr(encode_audio, "_measured", lambda data, s: AudioTrack(data, next(loudness), -3.0, s))
    track = encode_blocks(lambda *_: [], RATE, 2, 1.0, target_lufs=-14.0)
    assert track.loudness_lufs == -15.0, "the nearest of the three"
    assert most == [1, 2, 2]
