"""Whether a recording says its script, as far as the ears of this installation understand it.

A recording of half a minute is listened to as a whole and compared as a whole, so that what is missing counts. Of a
longer one the beginning, the middle and the end are listened to, and what they say is looked for in the script: the
cost does not grow with the length, and nothing depends on times that a vendor did not tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from media.ears.activity import RATE, speech
from media.ears.agreement import compare, found_in
from media.ears.listening import hear, languages
from media.errors import NotUsable
from media.types import Score
from media.video.source import read_audio

_ELSE, _ELSE_OF_A_STRETCH = 0.38, 0.5
"""Shares of letters under which a recording says something else: of all its letters, and of those of a stretch, which
are looked for anywhere. Other texts agree in at most 0.32, a voice that is hard to understand with its own script in
0.44 and more (the table of decision 24)."""
_FEW_LETTERS = 16
"""Of fewer letters nobody can tell: a lone "Wow" is heard as "Whoa"."""
_HARD = 0.75
_SURE = 0.55
"""Ears that are less sure of what they heard (names, another language) do not say that it is something else."""
_WHOLE_S, _EXCERPT_S = 30.0, 20.0

OTHER_TEXT = "it does not say what the script says"
SILENT = "nobody speaks in it"
UNCLEAR = "it is hard to understand"


def score_speech(
    recording: Path,
    script: str,
    *,
    language: str = "en",
    lexicon: Mapping[str, str] | None = None,
    weights: Path | None = None,
) -> Score | None:
    """How much of ``script`` is heard in ``recording``, 0 to 10. None where it cannot be told: the ears do not
    understand the language, or a ``lexicon`` has words pronounced in another way than they are written.

    It is 0 where nobody speaks or something else is said. Measures: ``heard`` (share of letters), ``speaking`` (share
    of the time) and, of a recording that was heard whole, ``wrong_words`` (share). Raises as
    :func:`media.ears.listening.listen`.
    """
    known = languages(weights)
    if lexicon or (known is not None and language not in known):
        return None
    found = read_audio(recording, rate=RATE, mono=True)
    if found is None or not len(found[0]):
        raise NotUsable("there is no sound", code="NO_SOUND")
    samples = found[0].reshape(-1)
    speaking = sum(span.seconds for span in speech(samples)) / (len(samples) / RATE)
    measures = {"speaking": round(speaking, 3)}
    if not speaking:
        return Score(0.0, measures | {"heard": 0.0}, (SILENT,))
    told = [hear(excerpt, language=language, weights=weights, carefully=False) for excerpt in _excerpts(samples)]
    if len(told) == 1:
        agreed = compare(script, told[0].text, language)
        heard, least = agreed.letters, _ELSE if agreed.longest >= _FEW_LETTERS else 0.0
        measures["wrong_words"] = round(agreed.wrong / max(1, agreed.words), 3)
    else:
        heard, least = min(found_in(script, one.text, language) for one in told), _ELSE_OF_A_STRETCH
    measures["heard"] = round(heard, 3)
    if heard < least and sum(one.sure for one in told) / len(told) >= _SURE:
        return Score(0.0, measures, (OTHER_TEXT,))
    return Score(round(10 * heard, 2), measures, (UNCLEAR,) if heard < _HARD else ())


def _excerpts(samples: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    if len(samples) <= _WHOLE_S * RATE:
        return [samples]
    size = round(_EXCERPT_S * RATE)
    return [samples[begun : begun + size] for begun in (0, (len(samples) - size) // 2, len(samples) - size)]
