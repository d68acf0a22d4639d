"""Moments: between sentences whatever is proposed, none over another, ranked, and words for what is missing."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from libs.media.tools.talks import DIALOGUE, LECTURE, MONOLOGUE, Said, film, speak

from media.errors import BadMedia, NotUsable
from media.hooks import film as moments_of_film
from media.hooks import motion as motion_of_film
from media.hooks.film import find_moments
from media.hooks.moments import Proposal, count_for, settle, shortfall
from media.hooks.motion import moments_by_motion
from media.hooks.sentences import Sentence
from media.types import Word
from media.video.analysis import Changes


@some.composite
def talks(draw: some.DrawFn) -> tuple[Sentence, ...]:
    """Sentences of one to six words, some without any pause between them."""
    at, made = draw(some.floats(0, 2)), []
    for size in draw(some.lists(some.integers(1, 6), min_size=1, max_size=25)):
        words = []
        for _ in range(size):
            end = at + draw(some.floats(0.1, 1.5))
            words.append(Word("word", at, end))
            at = end + draw(some.sampled_from([0.0, 0.0, 0.05]))
        made.append(Sentence(tuple(words)))
        at += draw(some.sampled_from([0.0, 0.1, 0.3, 1.2]))
    return tuple(made)


PROPOSALS = some.lists(
    some.builds(
        lambda start, length, score: Proposal(start, start + length, score, "title", "reason"),
        some.floats(0, 60),
        some.floats(0, 60),
        some.floats(0, 10),
    ),
    max_size=12,
)


@given(talks(), PROPOSALS, some.integers(1, 8))
def test_whatever_is_proposed_no_word_is_cut(
    spoken: tuple[Sentence, ...], proposals: list[Proposal], count: int
) -> None:
    duration = spoken[-1].end + 1
    found = settle(proposals, spoken, duration, count=count, shortest_s=2, longest_s=12)
    assert len(found) <= count
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    for one, other in pairwise(sorted(found, key=lambda one: one.start)):
        assert one.end <= other.start + 1e-3
    starts, ends = [one.start for one in spoken], [one.end for one in spoken]
    for moment in found:
        assert 2 - 1e-3 <= moment.seconds <= 12 + 1e-3
        assert 0 <= moment.start < moment.end <= duration
        assert min(abs(moment.start - start) for start in starts) <= 0.121
        assert min(abs(moment.end - end) for end in ends) <= 0.121
        for sentence in spoken:
            for edge in (moment.start, moment.end):
                assert not sentence.start + 1e-3 < edge < sentence.end - 1e-3


def test_nothing_is_found_where_nobody_speaks() -> None:
    assert settle([Proposal(0, 20, 5, "", "")], (), 60, count=3) == ()


@pytest.mark.parametrize(
    ("duration", "said"), [(20, "the film has 20 s, room for 1 of 3"), (200, "somebody speaks for 12 s, too little")]
)
def test_what_is_missing_is_said(duration: float, said: str) -> None:
    spoken = (Sentence((Word("word", 2.0, 14.0),)),)
    assert shortfall(3, 3, spoken, duration) == ()
    [reason] = shortfall(0, 3, spoken, duration)
    assert reason.startswith(said)


@pytest.mark.parametrize(
    ("found", "said"), [(0, "no stretch of whole"), (1, "only 1 stretch of whole"), (2, "only 2 stretches of whole")]
)
def test_how_many_there_are_is_said_as_people_say_it(found: int, said: str) -> None:
    [reason] = shortfall(found, 3, (Sentence((Word("word", 2.0, 180.0),)),), 200)
    assert reason.startswith(said)


@pytest.mark.parametrize(("duration", "count"), [(20, 1), (600, 5), (3600, 20), (3 * 3600, 20)])
def test_a_long_film_has_more_moments(duration: float, count: int) -> None:
    assert count_for(duration) == count


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, tuple[Word, ...]]]:
    """A spoken film by its name, and the true times of its sentences."""
    scripts: dict[str, list[Said]] = {"monologue": MONOLOGUE, "dialogue": DIALOGUE, "lecture": LECTURE}

    @cache
    def make(name: str) -> tuple[Path, tuple[Word, ...]]:
        folder = tmp_path_factory.mktemp(name)
        samples, talk, _ = speak(scripts[name], folder)
        count = len(samples) * 25 // 48_000
        film(folder / "film.mp4", (np.full((96, 160, 3), 90 + n % 9, np.uint8) for n in range(count)), samples)
        return folder / "film.mp4", talk.sentences

    return make


@pytest.mark.parametrize("name", ["monologue", "dialogue", "lecture"])
def test_of_what_is_spoken_every_boundary_lies_between_sentences(
    told: Callable[[str], tuple[Path, tuple[Word, ...]]], name: str
) -> None:
    path, sentences = told(name)

    found = find_moments(path, count=4, shortest_s=4, longest_s=14)

    assert found.method == "speech"
    assert found.moments
    for moment in found.moments:
        assert moment.reason and moment.title and moment.text
        for edge in (moment.start, moment.end):
            assert not [one.text for one in sentences if one.start < edge < one.end]
    assert len(found.moments) == 4 or found.shortfall_reasons


def test_who_brings_the_words_is_told_how_far_it_is_and_may_stop(
    told: Callable[[str], tuple[Path, tuple[Word, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, said = told("monologue")
    shares: list[float] = []
    find_moments(path, count=1, shortest_s=4, longest_s=14, words=said, progress=shares.append)
    assert shares == sorted(shares) and shares[-1] == 1.0
    assert any(0 < share < 0.31 for share in shares) and any(0.31 < share < 1 for share in shares)

    class Stopped(Exception):
        pass

    def stop(_: float) -> None:
        raise Stopped

    monkeypatch.setattr(moments_of_film, "sound_in", pytest.fail)
    with pytest.raises(Stopped):
        find_moments(path, words=said, progress=stop)


def test_where_nobody_is_known_to_speak_nothing_is_listened_to(
    told: Callable[[str], tuple[Path, tuple[Word, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moments_of_film, "read_voice", pytest.fail)
    found = find_moments(told("monologue")[0], count=1, shortest_s=4, longest_s=14, words=())
    assert (found.method, found.words) == ("motion", ())


def test_a_silent_film_is_judged_by_scenes_and_motion_and_says_so(tmp_path: Path) -> None:
    """Ten seconds each of a still, a running, a still, and a fast changing scene."""
    dice = np.random.default_rng(3)
    grounds = [dice.integers(0, 255, (6, 8, 3), np.uint8).repeat(16, 0).repeat(20, 1) for _ in range(14)]

    def pictures() -> object:
        for number in range(40 * 25):
            part, at = divmod(number, 250)
            if part == 1:
                yield np.roll(grounds[1], 9 * at, axis=1)
            elif part == 3:
                yield np.roll(grounds[4 + at // 25], at, axis=0)
            else:
                yield grounds[part]

    film(tmp_path / "film.mp4", pictures(), np.zeros(40 * 48_000, np.float32))  # type: ignore[arg-type]
    told: list[float] = []

    found = find_moments(tmp_path / "film.mp4", count=2, shortest_s=6, longest_s=12, progress=told.append)

    assert (found.method, found.words) == ("motion", ())
    assert "scenes and motion" in found.note
    assert found.shortfall_reasons == ()
    # The scenes that move; what begins with a cut begins within a fifth of a second of it.
    assert sorted(round(one.start) for one in found.moments) in ([10, 30], [10, 31])
    assert all("motion" in one.reason for one in found.moments)
    assert told == sorted(told) and told[-1] == 1.0


def test_a_long_film_of_many_scenes_is_judged_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three hours with a cut a second; what moves most begins at 5000 s. Looking through the whole film for each of the
    170,000 stretches took minutes."""
    times = np.arange(0, 3 * 3600, 0.2)
    cuts = np.where(np.arange(len(times)) % 5 == 0, 0.9, 0.0)
    motion = np.where((times >= 5000) & (times < 5020), 0.05, 0.02)
    monkeypatch.setattr(motion_of_film, "changes", lambda _film, tell: Changes(times, cuts, motion))
    begun = time.process_time()
    best, *others = moments_by_motion(Path("none.mp4"), 3 * 3600.0, count=5, shortest_s=15, longest_s=90)
    assert time.process_time() - begun < 20
    assert best.start == 5000 and 5015 <= best.end <= 5016
    assert best.reason == "motion: 2.5 times the film's usual; scenes: 16 in 16 s"
    assert len(others) == 4


@pytest.mark.parametrize(
    ("options", "code"), [({"count": 0}, "BAD_COUNT"), ({"count": 21}, "BAD_COUNT"), ({"shortest_s": 99}, "BAD_TIME")]
)
def test_counts_and_lengths_that_cannot_be_are_refused(tmp_path: Path, options: dict[str, int], code: str) -> None:
    with pytest.raises(BadMedia) as refused:
        find_moments(tmp_path / "none.mp4", **options)  # type: ignore[arg-type]
    assert refused.value.code == code
    assert refused.value.advice


def test_a_recording_without_speech_or_picture_has_no_moments(tmp_path: Path) -> None:
    from media.sound.wav import write_wav

    write_wav(tmp_path / "hum.wav", np.zeros((48_000 * 3, 1)), 48_000)
    with pytest.raises(NotUsable) as refused:
        find_moments(tmp_path / "hum.wav")
    assert refused.value.code == "NOTHING_THERE"
