"""Where a long film is cut: at sentences, nothing lost, nothing said twice; and that the cut film is that piece."""

from __future__ import annotations

import itertools
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.types import RenditionSpec, Word
from media.video.parts import Part, end_at_sentence, split_at_sentences, words_of
from media.video.renditions import render_renditions


def spoken(*sentences: int, word_s: float = 0.4, pause_s: float = 0.5) -> list[Word]:
    """Sentences of so many words, the last word of each with a full stop."""
    words, at = [], 0.2
    for length in sentences:
        for number in range(1, length + 1):
            stop = "." if number == length else ""
            words.append(Word(f"word{stop}", at, at + word_s * 0.9))
            at += word_s
        at += pause_s
    return words


def test_parts_end_in_the_pause_behind_a_sentence_and_are_about_equal() -> None:
    words = spoken(*[10] * 14)
    seconds = words[-1].end + 0.4
    parts = split_at_sentences(words, seconds, 30.0)
    assert [part.inside_sentence for part in parts] == [False] * len(parts)
    assert len(parts) == 3
    assert parts[0].start == 0
    assert parts[-1].end == seconds
    for part, following in itertools.pairwise(parts):
        assert part.end == following.start
        assert words_of(words, part)[-1].text == "word."
        assert words_of(words, part)[-1].end < part.seconds
    assert min(part.seconds for part in parts) > 15


def test_what_is_ended_holds_as_many_sentences_as_fit() -> None:
    words = spoken(*[10] * 14)
    kept = end_at_sentence(words, words[-1].end + 0.4, 30.0)
    assert not kept.inside_sentence
    assert kept.start == 0
    assert 25.5 < kept.end <= 30
    assert len(words_of(words, kept)) == 60


def test_what_fits_is_left_alone() -> None:
    words = spoken(3)
    assert split_at_sentences(words, 2.0, 60.0) == (Part(0.0, 2.0),)
    assert split_at_sentences(words, 2.04, 2.0) == (Part(0.0, 2.04),)
    assert end_at_sentence(words, 2.0, None) == Part(0.0, 2.0)


def test_a_sentence_longer_than_a_part_is_cut_behind_a_clause_or_else_a_word() -> None:
    words = spoken(100)
    first, *_ = split_at_sentences(words, 41.0, 10.0)
    assert first.inside_sentence
    assert not any(word.start < first.end < word.end for word in words)
    assert 9 < first.end <= 10
    clause = [*words[:12], Word("word,", words[12].start, words[12].end), *words[13:]]
    first, *_ = split_at_sentences(clause, 41.0, 10.0)
    assert first.inside_sentence
    assert words_of(clause, first)[-1].text == "word,"


def test_without_words_the_clock_cuts() -> None:
    assert split_at_sentences([], 25.0, 10.0) == (Part(0.0, 10.0, True), Part(10.0, 20.0, True), Part(20.0, 25.0))


@given(
    st.lists(st.integers(1, 30), min_size=1, max_size=30),
    st.floats(0.1, 0.8),
    st.floats(0, 1.5),
    st.floats(1.0, 60.0),
)
def test_nothing_is_lost_and_no_part_is_too_long(
    sentences: list[int], word_s: float, pause_s: float, longest: float
) -> None:
    words = spoken(*sentences, word_s=word_s, pause_s=pause_s)
    seconds = words[-1].end + 0.3
    parts = split_at_sentences(words, seconds, longest)
    assert parts[0].start == 0
    assert parts[-1].end == seconds
    assert all(part.end == following.start for part, following in itertools.pairwise(parts))
    assert all(0 < part.seconds <= longest + 0.06 for part in parts)
    assert [word.text for part in parts for word in words_of(words, part)] == [word.text for word in words]
    kept = end_at_sentence(words, seconds, longest)
    assert kept.end <= longest + 0.06


@pytest.fixture
def counting(tmp_path: Path) -> Path:
    """Six seconds in which each picture's brightness and each second's tone say when it is."""
    path = tmp_path / "counting.mp4"
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=30, options={"crf": "12", "preset": "ultrafast", "g": "60"})
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        audio = container.add_stream("aac", rate=48_000, layout="mono")
        for index in range(180):
            picture = np.full((64, 64, 3), 20 + index, np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(video.encode(None))
        times = np.arange(6 * 48_000) / 48_000
        tone = (0.3 * np.sin(2 * np.pi * (300 + 100 * np.floor(times)) * times)).astype(np.float32)
        for start in range(0, len(tone), 1024):
            frame = av.AudioFrame.from_ndarray(tone[None, start : start + 1024], "fltp", "mono")
            frame.sample_rate, frame.pts = 48_000, start
            container.mux(audio.encode(frame))
        container.mux(audio.encode(None))
    return path


@pytest.mark.parametrize("start", [0.0, 1.0, 2.5, 3.1])
def test_a_piece_shows_and_says_what_the_film_has_there(counting: Path, tmp_path: Path, start: float) -> None:
    spec = RenditionSpec("piece", 64, 64, max_duration=2.0)
    made = render_renditions(counting, [spec], tmp_path, start=start)["piece"]
    assert made.duration == pytest.approx(2.0, abs=0.001)
    with av.open(str(made.path)) as container:
        shades = [int(frame.to_ndarray(format="gray").mean()) for frame in container.decode(video=0)]
    with av.open(str(made.path)) as container:
        sound = np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)[0]
    assert len(shades) == 60
    assert shades[59] - shades[0] == pytest.approx(59, abs=3)
    assert shades[0] == pytest.approx(20 + 30 * start, abs=2)
    second = sound[24_000:40_000]
    heard = np.argmax(np.abs(np.fft.rfft(second * np.hanning(len(second))))) * 48_000 / len(second)
    assert heard == pytest.approx(300 + 100 * np.floor(start + 0.65), abs=12)
