"""The moments of a whole film that make good clips: heard and read where somebody speaks, seen where nobody does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from media.ears.activity import RATE
from media.ears.edges import sharpened
from media.ears.listening import LONGEST_S, hear
from media.errors import BadMedia, NotUsable
from media.hooks.moments import LEAST_S, MOST_COUNT, MOST_S, ROOM_S, Moment, Proposal, count_for, settle, shortfall
from media.hooks.motion import moments_by_motion
from media.hooks.rubric import find_hooks
from media.hooks.sentences import Line, sentences
from media.hooks.sound import Sound, sound_in
from media.types import Word
from media.video.source import duration_of, open_media, read_voice

Method = Literal["speech", "motion"]

_LEAST_SPEECH_S, _LEAST_SHARE = 2.0, 0.02
"""Less speech than both is none: a call from the street does not make a film a talk."""
_BEHIND_S = 0.25
"""Where the sound says when the last word has faded, so much of the pause behind it is kept: it ends softly."""
_READ, _WATCHED, _HEARD = 0.03, 0.1, 0.95
"""The shares of the work up to which the sound is read, voices are found in it, and what they say is written down."""
_READ_ALONE = 0.3
"""The first of them where it is known what is said."""
_TOO_LITTLE = "hardly anybody speaks in it: its moments were chosen by scenes and motion"


@dataclass(frozen=True, slots=True)
class Moments:
    """The best first. ``shortfall_reasons`` says in words why there are fewer than were asked for, empty where there
    are as many. ``words`` is the film's timeline of words, empty where the ``method`` is motion; the
    ``note`` then says so."""

    moments: tuple[Moment, ...]
    shortfall_reasons: tuple[str, ...]
    method: Method
    duration: float
    words: tuple[Word, ...] = ()
    language: str = "en"
    note: str = ""


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
    none where nobody speaks; None: it is listened to. A film in which nobody speaks is judged by its scenes and motion,
    and the method says so.

    Memory grows by two megabytes a minute. ``progress`` may raise to stop.

    Raises ``BadMedia`` (``BAD_COUNT``, ``BAD_TIME``) for a count or lengths that cannot be, ``NotUsable`` where there
    is neither speech nor a picture, and as ``open_media`` and ``listen``.
    """
    if count is not None and not 1 <= count <= MOST_COUNT:
        raise BadMedia(f"count {count} is not from 1 to {MOST_COUNT}", code="BAD_COUNT", advice="Ask for fewer clips.")
    if not 0 < shortest_s <= longest_s:
        raise BadMedia(
            f"clips cannot be {shortest_s} to {longest_s} s long", code="BAD_TIME", advice="Choose a longer longest."
        )
    tell = progress or (lambda _share: None)
    with open_media(film) as container:
        duration = duration_of(container)
    wanted = _Wanted(count or count_for(duration), shortest_s, longest_s)
    if words is not None and not words:
        return _by_motion(film, duration, wanted, _between(tell, 0.0, 1.0, duration))
    read, watched, done = (_READ, _WATCHED, _WATCHED) if words is None else (_READ_ALONE, _HEARD, _HEARD)
    samples = read_voice(film, rate=RATE, seconds=LONGEST_S, tell=_between(tell, 0.0, read, duration))
    sound = None
    if samples is not None and len(samples):
        sound = sound_in(samples, _between(tell, read, watched, duration))
        if words is None and _speaks(sound, duration):
            done = _HEARD
            heard = hear(
                samples,
                spoken=sound.spoken,
                language=language,
                weights=weights,
                carefully=False,
                progress=_between(tell, watched, done, 1.0),
            )
            words, language = heard.words, heard.language
        words = words and sharpened(words, samples, sound.spoken)
    if not words:
        return _by_motion(film, duration, wanted, _between(tell, done, 1.0, duration))
    found = _by_speech(words, sound, duration, wanted, language or "en")
    tell(1.0)
    return found


def _between(tell: Callable[[float], None], begin: float, end: float, whole: float) -> Callable[[float], None]:
    """Tells how much is done, while what is told grows from 0 to ``whole`` between two shares of the work."""
    return lambda done: tell(begin + (end - begin) * min(1.0, done / max(whole, 1e-3)))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """How many moments, and how long."""

    count: int
    shortest_s: float
    longest_s: float


def _speaks(sound: Sound, duration: float) -> bool:
    said = sum(span.seconds for span in sound.spoken)
    return said >= _LEAST_SPEECH_S and said >= _LEAST_SHARE * duration


def _by_speech(words: Sequence[Word], sound: Sound | None, duration: float, wanted: _Wanted, language: str) -> Moments:
    lines = [Line(word.start, word.end, word.text, (word,)) for word in words]
    spoken = sentences(lines, language)
    hooks = find_hooks(
        lines,
        duration,
        # Some are lost when they are moved between sentences.
        count=2 * wanted.count,
        language=language,
        sound=sound,
        shortest_s=wanted.shortest_s,
        longest_s=wanted.longest_s,
    )
    found = settle(
        (Proposal(one.start, one.end, one.score, one.title, one.reason, one.evidence) for one in hooks),
        spoken,
        duration,
        count=wanted.count,
        shortest_s=wanted.shortest_s,
        longest_s=wanted.longest_s,
        behind_s=_BEHIND_S if sound is not None else ROOM_S,
    )
    short = shortfall(len(found), wanted.count, spoken, duration, shortest_s=wanted.shortest_s)
    return Moments(found, short, "speech", duration, tuple(words), language)


def _by_motion(film: Path, duration: float, wanted: _Wanted, tell: Callable[[float], None]) -> Moments:
    try:
        found = moments_by_motion(
            film,
            duration,
            count=wanted.count,
            shortest_s=wanted.shortest_s,
            longest_s=wanted.longest_s,
            tell=tell,
        )
    except NotUsable as nothing:
        raise NotUsable(
            "nobody speaks in it, and there is no picture", code="NOTHING_THERE", advice="Choose a film with either."
        ) from nothing
    tell(duration)
    short = shortfall(len(found), wanted.count, None, duration, shortest_s=wanted.shortest_s)
    return Moments(found, short, "motion", duration, note=_TOO_LITTLE)
