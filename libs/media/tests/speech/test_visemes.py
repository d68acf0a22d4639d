"""Mouth shapes: what must close closes, neighbours melt into each other, loudness opens, silence rests."""

from __future__ import annotations

import numpy as np
import pytest

from media.speech.visemes import VISEMES, MouthTrack, mouth_track
from media.types import Phoneme

RATE = 30.0


def spoken(*sounds: tuple[str, float], start: float = 0.5) -> tuple[Phoneme, ...]:
    """Phonemes one after another from ``start``, each ``(ipa, seconds)``; an empty ipa is a pause."""
    made, at = [], start
    for ipa, seconds in sounds:
        if ipa:
            made.append(Phoneme(ipa, at, at + seconds))
        at += seconds
    return tuple(made)


def tracked(phonemes: tuple[Phoneme, ...], seconds: float = 3.0, loudness: float = 1.0) -> MouthTrack:
    return mouth_track(phonemes, np.full(round(seconds * RATE), loudness, np.float32), RATE)


def at(values: np.ndarray[tuple[int], np.dtype[np.float32]], time: float) -> float:
    return float(values[int(time * RATE)])


@pytest.mark.parametrize("closed", ["m", "b", "p"])
@pytest.mark.parametrize("length", [0.02, 0.033, 0.06, 0.12])
def test_bilabials_close_the_lips_however_short_and_loud(closed: str, length: float) -> None:
    """Wherever the sound falls between two frames, one frame shows the lips sealed."""
    for shift in np.linspace(0, 1 / RATE, 5):
        sounds = spoken(("ɑː", 0.2), (closed, length), ("ɑː", 0.2), start=0.5 + float(shift))
        track = tracked(sounds)
        times = (np.arange(len(track)) + 0.5) / RATE
        during = (times > sounds[1].start - 1 / RATE) & (times < sounds[1].end + 1 / RATE)
        assert track.open[during].min() < 0.02
        assert track.press[during].max() > 0.95
        assert track.open.max() > 0.4


def test_labiodentals_bring_the_lower_lip_to_the_teeth() -> None:
    track = tracked(spoken(("ɑ", 0.2), ("f", 0.1), ("ɑ", 0.2)))
    assert at(track.tuck, 0.75) > 0.9
    assert at(track.open, 0.75) < 0.2
    assert at(track.press, 0.75) == 0


def test_vowels_have_their_shapes() -> None:
    open_a, close_i, round_u = (tracked(spoken((vowel, 0.4))) for vowel in ("ɑ", "i", "u"))
    assert at(open_a.open, 0.7) > 2 * at(close_i.open, 0.7)
    assert at(close_i.wide, 0.7) > 0.5
    assert at(round_u.wide, 0.7) < -0.6


def test_rounding_starts_before_the_vowel() -> None:
    """In "stew" the lips are round while the s is still heard, in "stee" they are not."""
    stew = tracked(spoken(("s", 0.12), ("t", 0.06), ("uː", 0.25)))
    stee = tracked(spoken(("s", 0.12), ("t", 0.06), ("iː", 0.25)))
    assert at(stew.wide, 0.6) < at(stee.wide, 0.6) - 0.1
    assert at(stew.wide, 0.66) < -0.3


def test_loudness_opens_the_mouth() -> None:
    phonemes = spoken(("ɑ", 0.4))
    loud, soft = tracked(phonemes, loudness=1.0), tracked(phonemes, loudness=0.2)
    assert at(loud.open, 0.7) > 2 * at(soft.open, 0.7) > 0


def test_silence_closes_and_long_silence_rests() -> None:
    phonemes = spoken(("ɑ", 0.3), ("", 0.4), ("ɑ", 0.3), ("", 2.0), ("ɑ", 0.3))
    times = (np.arange(150) + 0.5) / RATE
    heard = np.any([(times > sound.start) & (times < sound.end) for sound in phonemes], axis=0)
    track = mouth_track(phonemes, heard.astype(np.float32), RATE)
    assert at(track.open, 1.0) < 0.1
    assert at(track.rest, 1.0) < 0.1
    assert at(track.rest, 2.4) > 0.9
    assert at(track.rest, 0.02) > 0.9
    assert at(track.rest, 4.98) > 0.9
    assert at(track.rest, 0.65) < 0.01


def test_diphthongs_and_affricates_pass_through_their_parts() -> None:
    glide = tracked(spoken(("aɪ", 0.4)))
    assert at(glide.open, 0.58) > at(glide.open, 0.84) + 0.15
    assert at(glide.wide, 0.84) > at(glide.wide, 0.58)
    assert "ʃ" in VISEMES
    assert "t" in VISEMES


def test_stress_and_length_marks_and_unknown_letters_do_no_harm() -> None:
    marked = tracked(spoken(("ˈɑː", 0.3)))
    plain = tracked(spoken(("ɑ", 0.3)))
    np.testing.assert_allclose(marked.open, plain.open)
    assert at(tracked(spoken(("§", 0.3))).open, 0.65) > 0.1


def test_movement_is_smooth() -> None:
    """Nothing jumps but the contact of the lips themselves, which takes about one frame."""
    track = tracked(spoken(("b", 0.06), ("ɑ", 0.15), ("b", 0.06), ("ɑ", 0.15), ("f", 0.1), ("u", 0.2), ("i", 0.2)))
    for curve in (track.open, track.wide, track.tongue, track.jaw, track.rest):
        assert np.abs(np.diff(curve)).max() < 0.65
        assert np.isfinite(curve).all()


def test_an_empty_track_is_empty() -> None:
    assert len(mouth_track((), np.zeros(0, np.float32), RATE)) == 0
    still = tracked(())
    assert still.open.max() == 0
    assert still.rest.min() > 0.99
