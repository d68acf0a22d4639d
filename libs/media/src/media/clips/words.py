"""The one timeline of words: what is said in a film, and through an edit list what is written in a clip. Pure."""

from __future__ import annotations

from collections.abc import Sequence

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
