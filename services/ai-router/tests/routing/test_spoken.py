"""Where a speech is parted into clips: without a gap, none too long, behind sentences where that can be (WFL-40)."""

from __future__ import annotations

import json
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ai_router.routing.spoken import SpokenText, Word


def spoken(*said: tuple[str, float, float], seconds: float) -> SpokenText:
    return SpokenText(seconds, tuple(Word(*one) for one in said))


@st.composite
def speeches(draw: st.DrawFn) -> SpokenText:
    at, words = draw(st.floats(0, 0.5)), []
    for _ in range(draw(st.integers(0, 60))):
        end = at + draw(st.floats(0.05, 3.0))
        words.append(Word("word" + draw(st.sampled_from(["", "", "", ",", ".", "?"])), at, end))
        at = end + draw(st.floats(0, 0.8))
    return SpokenText(at + draw(st.floats(0.01, 0.5)), tuple(words))


@given(speeches(), st.integers(4, 30))
def test_parts_are_the_whole_in_pieces_that_fit(speech: SpokenText, longest: int) -> None:
    """No gap, no overlap, none longer than a clip, every word said once and in order."""
    parts = speech.parts(longest)
    assert parts[0].start == 0 and abs(float(parts[-1].end) - speech.seconds) <= 0.0005 + 1e-9
    assert all(one.end == other.start for one, other in pairwise(parts))
    assert all(0 < part.seconds <= longest + 0.001 for part in parts)
    assert len(parts) == 1 or speech.seconds > longest
    assert " ".join(filter(None, map(speech.text, parts))) == " ".join(word.text for word in speech.words)


@given(speeches(), st.integers(4, 30))
def test_a_part_ends_behind_a_sentence_where_one_ends_late_enough(speech: SpokenText, longest: int) -> None:
    """Else behind a clause, else behind a word, and within a word only where that fills most of a clip."""
    cuts = [(one, max((one.end + other.start) / 2, other.start - 0.12)) for one, other in pairwise(speech.words)]
    for part in speech.parts(longest)[:-1]:
        begin = float(part.start)
        late = [(word, at) for word, at in cuts if begin + longest / 3 + 0.001 <= at <= begin + longest - 0.002]
        # Of all: one within a millisecond of late enough may be taken or not.
        last = [word.text[-1] for word, at in cuts if abs(at - float(part.end)) < 0.002]
        if any(word.text[-1] in ".?" for word, _ in late):
            assert last and last[0] in ".?"
        elif any(word.text[-1] == "," for word, _ in late):
            assert last
            assert last[0] in ",.?"
        elif late:
            assert last


def test_a_document_is_read_as_the_speaker_writes_it() -> None:
    """Chinese words stand without spaces."""
    words = [{"text": "你", "start": 0.1, "end": 0.4}, {"text": "好。", "start": 0.4, "end": 0.9}]
    speech = SpokenText.of(json.dumps({"duration": 1.2, "language": "zh", "words": words, "phonemes": []}).encode())
    (part,) = speech.parts(8)
    assert (speech.text(part), float(part.seconds)) == ("你好。", 1.2)


def test_a_word_longer_than_a_clip_is_cut() -> None:
    """Nothing else can be done with it."""
    assert [float(part.seconds) for part in spoken(("hm", 0.0, 10.0), seconds=10.0).parts(4)] == [4.0, 4.0, 2.0]
