"""Captions and hashtags: whole sentences, within the platform's length, the same every time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from export.kits.suggestions import caption, hashtags


def test_a_caption_has_whole_sentences() -> None:
    """What does not fit is left out, not cut."""
    script = "First sentence. Second one! A third that is much longer than the others are?"
    assert caption("Title", script, limit=500) == f"Title\n\n{script}"
    assert caption("Title", script, limit=40) == "Title\n\nFirst sentence. Second one!"
    assert caption("Title", "一つ目。二つ目。", limit=14) == "Title\n\n一つ目。"
    assert caption("", "Only this.", limit=50) == "Only this."


@pytest.mark.parametrize(
    ("title", "script", "limit", "expected"),
    [
        ("Title", "one two three four five six seven", 22, "Title\n\none two three…"),
        ("Title", "one two, three four five six seven.", 17, "Title\n\none two…"),
        ("Title", "一二三四五六七八九十", 12, "Title\n\n一二三四…"),
        ("", "one two three four", 9, "one two…"),
        ("Title", "unspeakablylongwordwithoutend", 15, "Title\n\nunspeak…"),
        ("Title", "word after", 7, "Title"),
    ],
)
def test_a_first_sentence_that_is_too_long_is_begun(title: str, script: str, limit: int, expected: str) -> None:
    """A caption of the title alone would say nothing."""
    assert caption(title, script, limit=limit) == expected


def test_hashtags_are_what_the_video_is_about() -> None:
    """Repeated words and the title's, then those of the type; common words never."""
    script = "This kettle boils fast. Your kettle should boil fast, with less noise and less noise."
    assert hashtags("A better kettle", script, ("product", "demo"), most=5) == (
        "#kettle",
        "#better",
        "#fast",
        "#product",
        "#demo",
    )
    assert hashtags("", "", ("product",), most=3) == ("#product",)
    assert hashtags("今日の話", "今日の話です", ("learn",), most=3)[-1] == "#learn"


@pytest.mark.parametrize(
    ("title", "tags"),
    [
        ("समझदार लोग", ("#समझदार",)),
        ("नमकीन पकवान रसमलाई", ("#नमकीन", "#पकवान", "#रसमलाई")),
        ("भारत सरकार", ("#भारत", "#सरकार")),
        ("क्\u200dषत्रिय", ("#क्\u200dषत्रिय",)),
        ("மழைக்காலம்", ("#மழைக்காலம்",)),
        ("Gru\u0308\u00dfe", ("#grüße",)),
        ("مدرسة", ("#مدرسة",)),
        ("कि\u200d", ()),
    ],
)
def test_hashtags_are_whole_words_in_every_writing(title: str, tags: tuple[str, ...]) -> None:
    """Vowel signs, accents in code points of their own and joiners belong to their word."""
    assert hashtags(title, "", (), most=6) == tags


@given(st.text(max_size=80), st.text(max_size=400), st.integers(0, 300), st.integers(0, 10))
def test_limits_are_kept(title: str, script: str, limit: int, most: int) -> None:
    """For any text."""
    assert len(caption(title, script, limit=limit)) <= limit
    tags = hashtags(title, script, ("one", "two"), most=most)
    assert len(tags) <= most
    assert len(set(tags)) == len(tags)
    assert all(tag.startswith("#") and " " not in tag for tag in tags)
