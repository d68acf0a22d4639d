"""The moments of a whole film that make good clips: heard and read where somebody speaks, seen where nobody does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from media.ears.activity import pauses
from media.ears.listening import listen
from media.hooks.moments import LEAST_S, MOST_S, Moment, Proposal, count_for, settle, shortfall
from media.hooks.rubric import find_hooks
from media.hooks.sentences import Line, sentences
from media.hooks.sound import sound_of
from media.types import Word
from media.video.source import duration_of, open_media

Method = Literal["speech", "motion"]


@dataclass(frozen=True, slots=True)
class Moments:
    """The best first. ``shortfall_reasons`` says in words why there are fewer than were asked for, empty where there
    are as many. ``words`` is the film's timeline of words, empty where the ``method`` is motion."""

    moments: tuple[Moment, ...]
    shortfall_reasons: tuple[str, ...]
    method: Method
    duration: float
    words: tuple[Word, ...] = ()
    language: str = "en"


def find_moments(
    film: Path,
    *,
    count: int | None = None,
    shortest_s: float = LEAST_S,
    longest_s: float = MOST_S,
    words: Sequence[Word] | None = None,
    language: str | None = None,
    weights: Path | None = None,
    progress: Callable[[float], None] | None = None,
) -> Moments:
    """The ``count`` best moments of ``film`` (None: by its length), none over another, each from the beginning of a
    sentence to the end of one and never inside a word. ``words`` is what is said in it where that is known already,
    else it is listened to. A film in which nobody speaks is judged by its scenes and motion, and the method says so.

    Memory does not grow with the length. ``progress`` may raise to stop.
    """
    with open_media(film) as container:
        duration = duration_of(container)
    if words is None:
        heard = listen(film, language=language, weights=weights, carefully=False, progress=progress)
        words, language = heard.words, heard.language
    language = language or "en"
    count = count or count_for(duration)
    sound = sound_of(film)
    spoken = sentences([Line(word.start, word.end, word.text, (word,)) for word in words], language)
    hooks = find_hooks(
        [Line(word.start, word.end, word.text, (word,)) for word in words],
        duration,
        count=4 * count,
        language=language,
        sound=sound,
    )
    proposals = [Proposal(one.start, one.end, one.score, one.title, one.reason, one.evidence) for one in hooks]
    found = settle(
        proposals,
        spoken,
        duration,
        count=count,
        shortest_s=shortest_s,
        longest_s=longest_s,
        pauses=pauses(sound.spoken),
    )
    short = shortfall(len(found), count, spoken, duration, shortest_s=shortest_s)
    return Moments(found, short, "speech", duration, tuple(words), language)
