"""Captions keep every word, stay readable and never overlap, in every script we speak."""

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.captions.cues import MAX_SECONDS, cues_from_words, to_srt, to_vtt
from media.captions.lines import columns, is_right_to_left
from media.errors import BadMedia
from media.types import Cue, Word


def spoken(text: str, *, seconds: float = 0.3, start: float = 0.0, gap: float = 0.05) -> list[Word]:
    """The words of ``text`` at an even pace."""
    words = []
    for part in text.split():
        words.append(Word(part, start, start + seconds))
        start += seconds + gap
    return words


def test_a_short_sentence_is_one_cue_of_one_line() -> None:
    cues = cues_from_words(spoken("Hello and welcome."))
    assert [cue.text for cue in cues] == ["Hello and welcome."]


def test_a_sentence_end_ends_the_cue() -> None:
    cues = cues_from_words(spoken("This is me. I can talk now!"))
    assert [cue.text for cue in cues] == ["This is me.", "I can talk now!"]


def test_a_pause_ends_the_cue() -> None:
    words = [*spoken("one two"), *spoken("three four", start=3.0)]
    assert [cue.text for cue in cues_from_words(words)] == ["one two", "three four"]


def test_two_lines_are_about_even_and_break_after_the_comma() -> None:
    (cue,) = cues_from_words(spoken("When the morning comes around again, we shall walk to the sea"))
    assert cue.text.split("\n") == ["When the morning comes around again,", "we shall walk to the sea"]


def test_a_short_cue_stays_long_enough_to_read() -> None:
    (cue,) = cues_from_words([Word("Extraordinarily", 1.0, 1.2)])
    assert cue.end - cue.start == pytest.approx(15 / 17)


def test_chinese_breaks_between_characters_within_sixteen() -> None:
    text = "今天天气很好我们一起去公园散步然后再去吃一顿好吃的午饭你觉得怎么样呢"
    cues = cues_from_words([Word(text, 0.0, 9.0)], language="zh")
    assert "".join(cue.text.replace("\n", "") for cue in cues) == text
    assert all(len(line) <= 16 for cue in cues for line in cue.text.split("\n"))


def test_japanese_punctuation_does_not_begin_a_line() -> None:
    text = "私はとても嬉しいです、今日はみんなで海に行きました、とても楽しかったです。"
    cues = cues_from_words([Word(text, 0.0, 8.0)], language="ja")
    assert not [line for cue in cues for line in cue.text.split("\n") if line[0] in "、。"]


def test_korean_keeps_its_spaces() -> None:
    cues = cues_from_words(spoken("안녕하세요 저는 말하는 사진입니다"), language="ko")
    assert " ".join(cue.text.replace("\n", " ") for cue in cues) == "안녕하세요 저는 말하는 사진입니다"


def test_words_out_of_order_are_refused() -> None:
    with pytest.raises(BadMedia):
        cues_from_words([Word("b", 1, 2), Word("a", 0, 1)])


WORDS = st.lists(
    st.tuples(
        st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=14),
        st.floats(0.05, 1.2),
        st.floats(0.0, 1.0),
    ),
    max_size=40,
)


@settings(max_examples=120, deadline=None)
@given(WORDS, st.integers(12, 50), st.integers(1, 3))
def test_every_word_is_shown_once_in_order_and_nothing_overlaps(
    raw: list[tuple[str, float, float]], max_chars: int, max_lines: int
) -> None:
    words, now = [], 0.0
    for text, length, gap in raw:
        words.append(Word(text, now, now + length))
        now += length + gap
    cues = cues_from_words(words, max_chars=max_chars, max_lines=max_lines)

    def letters(texts: list[str]) -> str:
        return re.sub(r"\s", "", "".join(texts))

    assert letters([cue.text for cue in cues]) == letters([word.text for word in words])
    for cue in cues:
        lines = cue.text.split("\n")
        assert len(lines) <= max_lines
        assert all(columns(line) <= max_chars or " " not in line for line in lines)
        assert cue.end - cue.start >= 0
        if len(cue.text.split()) > 1 and max(word.end - word.start for word in words) < 1:
            assert cue.end - cue.start <= MAX_SECONDS + 1e-6
    assert all(a.end <= b.start + 1e-9 for a, b in pairwise(cues))


def test_srt_numbers_and_stamps() -> None:
    text = to_srt([Cue("One\nTwo", 0.5, 2.0), Cue("Three", 3661.25, 3662.0)])
    assert text == ("1\n00:00:00,500 --> 00:00:02,000\nOne\nTwo\n\n2\n01:01:01,250 --> 01:01:02,000\nThree\n")


def test_a_blank_line_or_an_arrow_cannot_end_a_cue() -> None:
    text = to_srt([Cue("a\n\n2\n00:00 --> 00:01\nb", 0, 1)])
    assert text.count("-->") == 1
    assert "\n\n" not in text


def test_vtt_escapes_markup() -> None:
    assert "a &lt;b&gt; &amp; c" in to_vtt([Cue("a <b> & c", 0, 1)])
    assert to_vtt([]).startswith("WEBVTT\n")


def test_right_to_left_lines_are_marked_in_srt_only() -> None:
    cue = Cue("مرحبا بالعالم.", 0, 1)
    assert is_right_to_left(cue.text)
    assert "\u200fمرحبا بالعالم.\u200f" in to_srt([cue])
    assert "\u200f" not in to_vtt([cue])


def test_a_line_that_starts_with_a_foreign_word_is_told_the_direction_of_its_cue() -> None:
    backwards, forwards = Cue("שלום עולם\nWOW!", 0, 1), Cue("Hello,\nשלום!", 0, 1)
    for text in (to_srt([backwards]), to_vtt([backwards])):
        assert "\n\u200fWOW!" in text
    for text in (to_srt([forwards]), to_vtt([forwards])):
        assert "\nHello,\n\u200eשלום!" in text
