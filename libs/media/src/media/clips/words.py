"""The one timeline of words: what is said in a film, and through an edit list what is written in a clip. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from media.clips.edits import EditList
from media.types import Word


def words_in(words: Sequence[Word], edit: EditList) -> tuple[Word, ...]:
    """What is written in the clip, in its own seconds. A word belongs where its middle is kept; what an edit wrote
    instead of it keeps its time; a word without text is not written."""
    texts = dict(edit.rewritten)
    made: list[Word] = []
    before = 0.0
    for part in edit.kept:
        shift = before - part.start
        for number, word in enumerate(words):
            text = texts.get(number, word.text).strip()
            if text and part.start <= (word.start + word.end) / 2 < part.end:
                start, end = max(word.start, part.start), min(word.end, part.end)
                made.append(Word(text, round(start + shift, 3), round(end + shift, 3)))
        before += part.seconds
    return tuple(made)


def without_silence(edit: EditList, words: Sequence[Word], *, longest_s: float = 0.6) -> EditList:
    """The same clip with every pause between its words shortened to ``longest_s``. Without words it stays as it is."""
    spoken = sorted((word for word in words), key=lambda word: word.start)
    room = longest_s / 2
    made = edit
    for one, other in pairwise(spoken):
        inside = any(part.start <= one.end and other.start <= part.end for part in edit.kept)
        if inside and other.start - one.end > longest_s:
            made = made.without(one.end + room, other.start - room)
    return made
