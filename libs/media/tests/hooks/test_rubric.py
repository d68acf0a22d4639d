"""What the rubric gives points for, with which words, and what it never does."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from media.ears.activity import Span
from media.hooks.rubric import LONGEST_S, SHORTEST_S, find_hooks
from media.hooks.sentences import Line, sentences
from media.hooks.sound import Sound
from media.types import Word

PLAIN = "The river runs along the old road."


def _lines(*texts: str, each_s: float = 4.0, gap_s: float = 0.2) -> list[Line]:
    return [Line(at * (each_s + gap_s), at * (each_s + gap_s) + each_s, text) for at, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("language", "text", "item", "words"),
    [
        ("en", "Nobody tells you about the engine.", "claim", "Nobody"),
        ("en", "Grandma keeps the truth is out there.", "claim", "the truth"),
        ("en", "Is the engine loud?", "question", "Is the engine loud?"),
        ("en", "Why engines are loud", "question", "Why"),
        ("en", "We sold 1,250 engines.", "number", "1,250"),
        ("en", "We sold a million engines.", "number", "million"),
        ("en", "My boss was terrified of engines.", "emotion", "terrified"),
        ("en", "Look at the engine!", "emotion", "engine!"),
        ("en", "The engine ran, but the car stood.", "contrast", "but"),
        ("en", "The engine ran. It turns out cars need wheels.", "contrast", "turns out"),
        ("en", PLAIN, "stands alone", "The"),
        ("es", "Nadie habla del motor.", "claim", "Nadie"),
        ("fr", "Le moteur tourne, mais la voiture reste.", "contrast", "mais"),
        ("de", "Warum der Motor laut ist", "question", "Warum"),
        ("hi", "क्या इंजन तेज़ है?", "question", "क्या इंजन तेज़ है?"),
        ("ja", "エンジンは5つあります。", "number", "エンジンは5つあります。"),
    ],
)
def test_each_item_cites_its_words(language: str, text: str, item: str, words: str) -> None:
    [hook] = find_hooks(_lines(text), 4.0, language=language)
    found = {one.item: one for one in hook.evidence}
    assert found[item].words == words
    assert hook.start <= found[item].at <= hook.end


@pytest.mark.parametrize("text", ["And then the engine stopped.", "It was loud.", "That's the engine.", "So he left."])
def test_what_leans_on_what_was_before_does_not_stand_alone(text: str) -> None:
    [hook] = find_hooks(_lines(text), 4.0)
    assert "stands alone" not in {one.item for one in hook.evidence}


def test_words_that_only_contain_a_sign_are_none() -> None:
    [hook] = find_hooks(_lines("The button on the neverending stopwatch is tender."), 4.0)
    assert {one.item for one in hook.evidence} == {"stands alone"}


def test_what_comes_first_counts_in_full_and_what_comes_later_half() -> None:
    first, later = (
        find_hooks(_lines(*texts), 9.0, count=1)[0] for texts in (("Nobody knew.", PLAIN), (PLAIN, "Nobody knew."))
    )
    assert [one.points for one in first.evidence if one.item == "claim"] == [2.0]
    assert first.start == 0.0
    assert first.score > later.score - 1.0


def test_the_best_moment_wins_and_its_times_are_those_of_its_sentences() -> None:
    lines = _lines(PLAIN, PLAIN, "Why did nobody see that 3 bridges fell?", "But it got worse.", PLAIN, PLAIN)
    best = find_hooks(lines, 30.0, count=1)[0]
    assert best.start == lines[2].start
    assert best.end >= lines[3].end
    assert best.title == lines[2].text
    assert best.reason.startswith("claim: nobody; question: Why did nobody see")


def test_pauses_count_and_loudness_where_there_is_sound() -> None:
    lines = [Line(0, 4, PLAIN), Line(5, 9, PLAIN), Line(9.1, 13, PLAIN)]
    by_start = {hook.start: {one.item for one in hook.evidence} for hook in find_hooks(lines, 13.0)}
    assert "after a pause" in by_start[5]
    assert "after a pause" not in by_start[0]
    sound = Sound((-30.0,) * 91 + (-24.0,) * 40, (Span(0, 4), Span(5, 9), Span(9.8, 13)), -30.0)
    heard = {hook.start: {one.item for one in hook.evidence} for hook in find_hooks(lines, 13.0, sound=sound)}
    assert "loud" in heard[9.1]
    assert "loud" not in heard[5]
    assert "after a pause" in heard[5]


def test_nothing_is_found_in_nothing() -> None:
    assert find_hooks([], 10.0) == ()
    assert find_hooks(_lines("Short.", each_s=1.0), 1.0) == ()


WORDS = some.sampled_from("nobody knows why 3 engines stopped. but it was loud! have you seen the river? yes.".split())  # noqa: SIM905


@given(
    some.lists(some.tuples(some.floats(0.2, 20), some.floats(0, 3), some.lists(WORDS, min_size=1, max_size=12))),
    some.integers(1, 5),
)
def test_hooks_are_inside_apart_ordered_and_the_same_every_time(
    made: list[tuple[float, float, list[str]]], count: int
) -> None:
    lines, at = [], 0.0
    for seconds, gap, words in made:
        lines.append(Line(at, at + seconds, " ".join(words)))
        at += seconds + gap
    hooks = find_hooks(lines, at, count=count)
    assert hooks == find_hooks(lines, at, count=count)
    assert len(hooks) <= count
    assert [hook.score for hook in hooks] == sorted((hook.score for hook in hooks), reverse=True)
    for hook in hooks:
        assert 0 <= hook.start < hook.end <= at + 1e-6
        assert SHORTEST_S <= hook.end - hook.start <= LONGEST_S
        assert hook.score == pytest.approx(sum(one.points for one in hook.evidence))
        assert 0 <= hook.score <= 10
        assert all(hook.start - 1e-6 <= one.at <= hook.end for one in hook.evidence)
    for one, other in pairwise(sorted(hooks, key=lambda hook: hook.start)):
        assert one.end <= other.start


def test_sentences_keep_known_times_and_share_unknown_ones() -> None:
    known = Line(0, 2, "One two.", (Word("One", 0.1, 0.5), Word("two.", 0.6, 1.9)))
    told = sentences([known, Line(2, 4, "abc abcdef.")])
    assert [word.start for word in told[0].words] == [0.1, 0.6]
    assert [round(word.start, 2) for word in told[1].words] == [2, 2.6]
    assert [one.text for one in sentences([Line(0, 4, "你好。今天很好。")], "zh")] == ["你好。", "今天很好。"]


def test_a_transcript_without_signs_is_parted_by_pauses() -> None:
    assert [one.text for one in sentences([Line(0, 2, "one two"), Line(4, 6, "three")])] == ["one two", "three"]
