"""Where somebody speaks: the rule on planted likelihoods, the network on a voice with noise and music around it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from hypothesis import given
from hypothesis import strategies as some

from media.ears.activity import FRAME_S, RATE, Span, pauses, spans, speech
from media.video.source import read_audio


def _spans(pattern: str) -> list[tuple[int, int]]:
    """``#`` is speech, ``.`` is none, ``-`` is undecided; spans in frames."""
    likely = [{"#": 0.9, ".": 0.1, "-": 0.4}[mark] for mark in pattern]
    found = spans(likely, len(likely) * FRAME_S)
    return [(round(span.start / FRAME_S), round(span.end / FRAME_S)) for span in found]


def test_speech_begins_when_it_is_likely_and_ends_when_it_is_not() -> None:
    assert _spans("....#####......") == [(4, 9)]
    assert _spans("....##-##--....") == [(4, 11)]
    assert _spans("----.........") == []


def test_a_tongue_is_no_speech_and_a_seal_no_pause() -> None:
    assert _spans("....##.........") == []
    assert _spans("..####..####...") == [(2, 12)]
    assert _spans("..####.....####") == [(2, 6), (11, 15)]


@given(some.lists(some.floats(0, 1), max_size=200))
def test_spans_are_in_order_apart_and_inside(likely: list[float]) -> None:
    seconds = len(likely) * FRAME_S
    found = tuple(spans(likely, seconds))
    assert all(0 <= span.start < span.end <= seconds for span in found)
    assert all(pause.seconds >= 0.1 - 1e-9 for pause in pauses(found))


def test_pauses_are_what_is_between() -> None:
    spoken = (Span(0.0, 1.0), Span(1.2, 2.0), Span(3.0, 4.0))
    assert pauses(spoken, least_s=0.5) == (Span(2.0, 3.0),)


def test_a_voice_is_known_from_noise_music_and_silence(spoken_pumps: Callable[[], object]) -> None:
    """Loudness would take all of these for speech."""
    dice = np.random.default_rng(1)
    time = np.arange(2 * RATE) / RATE
    noise = (0.2 * dice.standard_normal(2 * RATE)).astype(np.float32)
    chord = sum(0.1 * np.sin(2 * np.pi * pitch * time) for pitch in (220, 277, 330)).astype(np.float32)
    found = read_audio(spoken_pumps().path, rate=RATE, mono=True)  # type: ignore[attr-defined]
    assert found is not None
    voice = found[0].reshape(-1)
    assert speech(noise) == speech(chord) == speech(np.zeros(RATE, np.float32)) == speech(np.zeros(0, np.float32)) == ()
    spoken = speech(np.concatenate([noise, voice, chord]))
    assert abs(spoken[0].start - 2.1) < 0.25
    assert abs(spoken[-1].end - (2 + len(voice) / RATE)) < 0.5
