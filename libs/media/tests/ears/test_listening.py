"""What is heard, and when: on a recording whose words and times are known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from media.ears import listening
from media.ears.activity import RATE, Span
from media.ears.listening import languages, listen, windows
from media.errors import BadMedia, NotConfigured, NotUsable
from media.speech.synthesis import write_wav
from media.types import Speech


def test_words_are_heard_when_they_are_said(spoken_pumps: Callable[[], Speech]) -> None:
    spoken = spoken_pumps()
    told: list[float] = []
    heard = listen(spoken.path, progress=told.append)
    assert heard.text.casefold().replace(",", "") == "my father bought five pumps a map and a lamp for the boat."
    assert [word.text.strip(".,").casefold() for word in heard.words] == [
        word.text.strip(".,").casefold() for word in spoken.words
    ]
    apart = [abs(one.start - other.start) for one, other in zip(heard.words, spoken.words, strict=True)]
    assert np.median(apart) < 0.15
    assert max(apart) < 0.4
    assert heard.model == "whisper-tiny.en"
    assert all(passage.sure > 0.5 for passage in heard.passages)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_in_noise_and_silence_nothing_is_made_up(job_dir: Path) -> None:
    noise = np.random.default_rng(3).normal(0, 2000, 2 * RATE).astype(np.int16)
    write_wav(job_dir / "noise.wav", [np.zeros(RATE, np.int16), noise], RATE)
    assert listen(job_dir / "noise.wav").words == ()


def test_what_cannot_be_heard_is_refused(job_dir: Path, write_clip: Callable[..., Path]) -> None:
    with pytest.raises(BadMedia, match="fr") as refused:
        listen(job_dir / "any.wav", language="fr")
    assert refused.value.code == "UNSUPPORTED_LANGUAGE"
    silent = write_clip(job_dir / "silent.mp4", [np.zeros((64, 64, 3), np.uint8)] * 5, sound=None)
    with pytest.raises(NotUsable) as none:
        listen(silent)
    assert none.value.code == "NO_SOUND"


def test_a_folder_that_is_no_whisper_is_the_operators_to_mend(job_dir: Path) -> None:
    assert languages() == {"en"}
    with pytest.raises(NotConfigured, match=r"model\.bin") as missing:
        languages(job_dir)
    assert missing.value.code == "EARS_UNFIT"


def test_a_larger_vocabulary_knows_more_languages(job_dir: Path) -> None:
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (job_dir / name).write_bytes(b"{}")
    (job_dir / "vocabulary.txt").write_text("word\n" * 51_865)
    assert languages(job_dir) is None


@pytest.mark.parametrize(
    ("spoken", "heard"),
    [
        ([], []),
        ([(1, 2), (3, 4)], [(0.8, 4.2)]),
        ([(1, 2), (9, 10)], [(0.8, 2.2), (8.8, 10.2)]),
        ([(0, 200), (201, 260)], [(0, 200.2), (200.8, 260.2)]),
        ([(0, 300)], [(0, 300)]),
    ],
)
def test_windows_end_in_pauses_and_leave_long_ones_out(
    spoken: list[tuple[float, float]], heard: list[tuple[float, float]]
) -> None:
    made = [tuple(window) for window in windows([Span(*span) for span in spoken], 300.0)]
    assert [tuple(round(time, 3) for time in window) for window in made] == heard


def test_windows_are_heard_at_their_own_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a long recording no more than a window is handed over at once, and its words are moved to where they are."""
    lengths: list[int] = []

    class Word:
        word, start, end, probability = " hello", 0.5, 1.0, 0.9

    class Segment:
        text, start, end, words, avg_logprob = " hello", 0.5, 1.0, (Word,), -0.2

    class Network:
        def transcribe(self, samples: NDArray[np.float32], **_: object) -> tuple[list[type], object]:
            lengths.append(len(samples))
            return [Segment], type("About", (), {"language": "en"})

    monkeypatch.setattr(listening, "speech", lambda _: (Span(10, 20), Span(400, 410)))
    monkeypatch.setattr(listening, "_network", lambda _: Network())
    heard = listening.hear(np.zeros(420 * RATE, np.float32))
    # Half a second into what it was given: 0.2 s of silence, and 0.2 s before the speech.
    assert [word.start for word in heard.words] == [10.1, 400.1]
    assert max(lengths) == round(10.6 * RATE)
