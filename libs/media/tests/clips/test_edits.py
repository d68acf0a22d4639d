"""Edit lists: what they refuse, that every one has its own hash, and that ten edits and ten undos lead back."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from media.clips.edits import EditList, History, Kept
from media.clips.words import without_silence, words_in
from media.errors import BadMedia
from media.types import Word

SOURCE = "f" * 64
WORDS = tuple(Word(f"w{number}", number + 0.1, number + 0.8) for number in range(60))
FIRST = EditList(SOURCE, (Kept(10, 40),))


@some.composite
def edited(draw: some.DrawFn, before: EditList) -> EditList:
    """One change that a person may make."""
    start = draw(some.floats(0, 58))
    end = start + draw(some.floats(0.1, 20))
    try:
        match draw(some.sampled_from(["kept", "cut", "word", "look", "title", "silence"])):
            case "kept":
                return replace(before, kept=(Kept(start, end),))
            case "cut":
                return before.without(start, end)
            case "word":
                return before.saying(draw(some.integers(0, 59)), draw(some.text(max_size=10)))
            case "look":
                return before.looking(
                    aspect=draw(some.sampled_from(["vertical", "square", "wide"])),
                    layout=draw(some.sampled_from(["auto", "single", "split", "blur", "screen"])),
                    captions=draw(some.sampled_from(["karaoke", "plain", "none"])),
                )
            case "title":
                return before.looking(title=draw(some.text(max_size=30)))
            case _:
                return without_silence(before, WORDS, longest_s=0.2)
    except BadMedia:
        return before


@given(some.data())
def test_ten_edits_and_ten_undos_give_the_first_hash(data: some.DataObject) -> None:
    history = History.of(FIRST)
    for _ in range(10):
        history = history.edited(data.draw(edited(history.now)))
        # A process that begins anew knows the same.
        history = History.read(json.loads(json.dumps(history.plain())))
    last = history.now.digest
    undone = history
    for _ in range(10):
        undone = undone.undone()
    assert undone.now.digest == FIRST.digest
    assert undone.now == FIRST
    assert undone.undone() == undone
    for _ in range(11):
        undone = undone.redone()
    assert undone.now.digest == last


@given(some.data())
def test_words_follow_the_edit_list(data: some.DataObject) -> None:
    edit = FIRST
    for _ in range(data.draw(some.integers(0, 6))):
        edit = data.draw(edited(edit))
    texts = dict(edit.rewritten)
    written = words_in(WORDS, edit)
    assert all(one.start <= other.start for one, other in pairwise(written))
    assert all(0 <= word.start <= word.end <= edit.seconds + 0.002 for word in written)
    kept = [
        number
        for number, word in enumerate(WORDS)
        if any(part.start <= (word.start + word.end) / 2 < part.end for part in edit.kept)
        and texts.get(number, word.text).strip()
    ]
    assert [word.text for word in written] == [texts.get(number, WORDS[number].text).strip() for number in kept]


def test_a_new_edit_forgets_what_was_undone() -> None:
    history = History.of(FIRST).edited(FIRST.looking(title="one")).undone().edited(FIRST.looking(title="two"))
    assert history.now.title == "two"
    assert history.redone() == history
    assert [edit.title for edit in history.versions] == ["", "two"]


def test_of_very_many_versions_the_oldest_are_forgotten() -> None:
    history = History.of(FIRST)
    for number in range(150):
        history = history.edited(FIRST.looking(title=str(number)))
    assert (len(history.versions), history.now.title, history.undone().now.title) == (100, "149", "148")


def test_lists_that_make_the_same_clip_have_one_hash_and_others_another() -> None:
    assert EditList(SOURCE, (Kept(10, 40.0001),)).digest == FIRST.digest
    assert FIRST.saying(3, "a").saying(5, "b").digest == FIRST.saying(5, "b").saying(3, "a").digest
    others = [
        replace(FIRST, kept=(Kept(10, 39.9),)),
        FIRST.saying(12, "other"),
        FIRST.looking(aspect="wide"),
        FIRST.looking(layout="split"),
        FIRST.looking(captions="plain"),
        FIRST.looking(title="title"),
        EditList("e" * 64, FIRST.kept),
    ]
    assert len({edit.digest for edit in (FIRST, *others)}) == len(others) + 1
    # The hash is stored beside clips: another program must not tell another one.
    assert FIRST.digest == "d4cbac0e96f537fcc7e26f71e6199e8f0c809c59797e0a69120d2a543c2c5ce2"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kept": ()}, "kept has 0 stretches"),
        ({"kept": (Kept(5, 7), Kept(6, 9))}, "kept: 6.0 s lies before 7.0 s"),
        ({"layout": "round"}, "layout 'round' is none of auto"),
        ({"aspect": "tall"}, "aspect 'tall'"),
        ({"captions": "loud"}, "captions 'loud'"),
        ({"title": "x" * 121}, "title has 121 letters"),
        ({"rewritten": ((-1, "x"),)}, "rewritten"),
        ({"loudness_lufs": 0.0}, "loudness_lufs 0.0"),
    ],
)
def test_what_cannot_be_played_is_refused_by_name(change: dict[str, object], said: str) -> None:
    with pytest.raises(BadMedia, match=said) as refused:
        EditList(**({"source": SOURCE, "kept": (Kept(1, 2),)} | change))  # type: ignore[arg-type]
    assert refused.value.advice


@pytest.mark.parametrize(
    "plain", [{}, {"source": "x", "kept": [[1]]}, {"source": "x", "kept": [[1, 2]], "colour": 1}, {"kept": 7}]
)
def test_what_is_no_edit_list_is_not_read(plain: dict[str, object]) -> None:
    with pytest.raises(BadMedia, match="edit list"):
        EditList.read(plain)


def test_all_of_a_clip_cannot_be_cut_away() -> None:
    with pytest.raises(BadMedia, match="nothing would be left"):
        FIRST.without(5, 45)


def test_a_clip_of_another_film_is_no_version() -> None:
    with pytest.raises(BadMedia, match="another film"):
        History.of(FIRST).edited(EditList("e" * 64, FIRST.kept))


def test_silence_is_shortened_between_words_only() -> None:
    words = (Word("a", 10.0, 11.0), Word("b", 11.2, 12.0), Word("c", 15.0, 16.0), Word("d", 30.0, 31.0))
    made = without_silence(EditList(SOURCE, (Kept(9, 17),)), words, longest_s=0.6)
    assert made.kept == (Kept(9, 12.3), Kept(14.7, 17))
    assert [(word.text, word.start) for word in words_in(words, made)] == [("a", 1.0), ("b", 2.2), ("c", 3.6)]
