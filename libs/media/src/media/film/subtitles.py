"""Subtitles of a shot and of the film. As files: :func:`media.captions.cues.to_srt` and ``to_vtt``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from media.captions.cues import GAP_SECONDS, cues_from_words
from media.film.plan import FilmPlan, Shot
from media.film.speech import words_in_shot
from media.types import Cue, Speech


def shot_cues(shot: Shot, narration: Speech, *, language: str) -> tuple[Cue, ...]:
    """What is written while ``shot`` is seen, in its own time; no cue outlasts the shot. The words are the script's."""
    cues = cues_from_words(words_in_shot(shot, narration), language=language)
    last = max(0.0, shot.length_s - GAP_SECONDS)
    return tuple(replace(cue, end=min(cue.end, last)) for cue in cues if cue.start < last)


def film_cues(plan: FilmPlan, cues: Mapping[str, Sequence[Cue]]) -> tuple[Cue, ...]:
    """The cues of all shots, by id, in the time of the film."""
    return tuple(
        Cue(cue.text, start + cue.start, start + cue.end)
        for id, start in plan.starts().items()
        for cue in cues.get(id, ())
    )
