"""A voice that says something else is caught; numbers written differently and small mishearings are no fault."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from media.ears import listening
from media.ears.activity import RATE, Span
from media.judge import speech as judge
from media.judge.speech import OTHER_TEXT, SILENT, UNCLEAR, score_speech
from media.speech.synthesis import write_wav
from media.types import Speech, Word

SCRIPT = "My father bought five pumps, a map and a lamp for the boat."


def test_the_right_words_pass_and_others_do_not(spoken_pumps: Callable[[], Speech]) -> None:
    path = spoken_pumps().path
    right = score_speech(path, SCRIPT.replace("five", "5"))
    assert right is not None
    assert right.value > 9.5
    assert right.reasons == ()
    assert right.measures["wrong_words"] < 0.1
    other = score_speech(path, "The museum opens at ten in the morning and closes at six.")
    assert other is not None
    assert (other.value, other.reasons) == (0.0, (OTHER_TEXT,))


@pytest.mark.parametrize(("script", "heard", "refused"), [("Wow", "whoa", False), ("Wow", SCRIPT, True)])
def test_of_a_word_alone_nobody_can_tell(
    monkeypatch: pytest.MonkeyPatch, job_dir: Path, script: str, heard: str, refused: bool
) -> None:
    write_wav(job_dir / "short.wav", [np.zeros(RATE, np.int16)], RATE)
    passage = listening.Passage(heard, 0, 1, (Word(heard, 0, 1),), 0.9)
    monkeypatch.setattr(judge, "speech", lambda _: (Span(0, 1),))
    monkeypatch.setattr(judge, "hear", lambda *_, **__: listening.Transcript((passage,), "en", 1, ""))
    score = score_speech(job_dir / "short.wav", script)
    assert score is not None
    assert (score.value == 0.0) == refused


def test_silence_is_no_speech(job_dir: Path) -> None:
    write_wav(job_dir / "silent.wav", [np.zeros(RATE, np.int16)], RATE)
    score = score_speech(job_dir / "silent.wav", SCRIPT)
    assert score is not None
    assert (score.value, score.reasons) == (0.0, (SILENT,))


def test_what_the_ears_do_not_understand_is_not_judged(job_dir: Path) -> None:
    assert score_speech(job_dir / "none.wav", "Bonjour", language="fr") is None
    assert score_speech(job_dir / "none.wav", SCRIPT, lexicon={"boat": "ship"}) is None


@pytest.mark.parametrize(
    ("heard", "value", "reasons"),
    [
        (["one two three four", "nine ten eleven", "seventeen eighteen"], 10.0, ()),
        (["one two three four", "the museum opens at ten", "seventeen eighteen"], 0.0, (OTHER_TEXT,)),
        (["won two free for", "nine ten eleven", "seventeen eighteen"], None, (UNCLEAR,)),
    ],
)
def test_of_a_long_recording_three_places_are_heard(
    monkeypatch: pytest.MonkeyPatch, job_dir: Path, heard: list[str], value: float | None, reasons: tuple[str, ...]
) -> None:
    """And the cost does not grow with it."""
    write_wav(job_dir / "long.wav", [np.zeros(90 * RATE, np.int16)], RATE)
    texts = iter(heard)
    monkeypatch.setattr(judge, "speech", lambda _: (Span(0, 90),))

    def hear(_samples: object, **_: object) -> listening.Transcript:
        return listening.Transcript(
            (listening.Passage(text := next(texts), 0, 1, (Word(text, 0, 1),), 1.0),), "en", 20, ""
        )

    monkeypatch.setattr(judge, "hear", hear)
    script = "one two three four five six seven eight nine ten eleven twelve seventeen eighteen"
    score = score_speech(job_dir / "long.wav", script)
    assert score is not None
    assert value is None or score.value == value
    assert score.reasons == reasons
    assert next(texts, None) is None
