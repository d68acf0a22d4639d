"""A recording that somebody else made of a known script gets the times of its words and sounds."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from media.errors import NotUsable
from media.speech.synthesis import synthesise
from media.speech.timed import timed
from media.types import Speech, Word
from media.video.source import read_audio

SCRIPT = "Good morning, and welcome to our little shop. Come in, sit down, and have a cup of coffee with us."


def recorded(folder: Path, *, before_s: float = 0.0) -> tuple[Speech, np.ndarray, int]:
    """What another voice says, so long after the start."""
    made = synthesise(SCRIPT, folder / "theirs.wav", voice="male", speed=0.8)
    found = read_audio(made.path, mono=True)
    assert found is not None
    samples, rate = found[0].reshape(-1), found[1]
    return made, np.concatenate([np.zeros(round(before_s * rate), np.float32), samples]), rate


@pytest.mark.parametrize("before_s", [0.0, 1.3])
def test_without_any_times_words_lie_between_the_first_and_the_last_sound(tmp_path: Path, before_s: float) -> None:
    """Another speed and a late start make no difference; each word is where it is heard, within a fifth of a second."""
    theirs, samples, rate = recorded(tmp_path, before_s=before_s)
    found = timed(SCRIPT, samples, rate, tmp_path / "out.wav", engine="theirs", voice="male")
    assert [word.text for word in found.words] == [word.text for word in theirs.words]
    assert found.duration == pytest.approx(len(samples) / rate)
    assert (found.engine, found.path) == ("theirs", tmp_path / "out.wav")
    for word, heard in zip(found.words, theirs.words, strict=True):
        assert word.start == pytest.approx(heard.start + before_s, abs=0.2)
    assert all(one.start <= other.start for one, other in pairwise(found.phonemes))
    assert all(0 <= one.start <= one.end <= found.duration for one in found.phonemes)


def test_words_are_where_the_vendor_says_and_sounds_within_them(tmp_path: Path) -> None:
    """To the millisecond, however uneven the vendor speaks."""
    _, samples, rate = recorded(tmp_path)
    model = synthesise(SCRIPT, tmp_path / "model.wav")
    told = [Word(word.text, 0.2 + 0.3 * n, 0.2 + 0.3 * n + 0.25) for n, word in enumerate(model.words)]
    found = timed(SCRIPT, samples, rate, tmp_path / "out.wav", heard=told)
    assert [(word.start, word.end) for word in found.words] == [
        (pytest.approx(one.start, abs=0.001), pytest.approx(one.end, abs=0.001)) for one in told
    ]


def test_a_silent_recording_is_refused(tmp_path: Path) -> None:
    """Nothing in it can be timed."""
    with pytest.raises(NotUsable, match="silent"):
        timed(SCRIPT, np.zeros(48_000, np.float32), 48_000, tmp_path / "out.wav")
