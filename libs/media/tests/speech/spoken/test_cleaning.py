"""What is kept of a script: by a table, and for any text to a fixed point, in time that grows with the text."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from unicodedata import is_normalized

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.speech.spoken.cleaning import clean, clean_html, visible, without_html

TEXTS = int(os.environ.get("CLEANED_TEXTS", "300"))
"""How many texts are made up for each way of cleaning; ``make chaos`` makes up more."""


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("exam\u200bple", "example"),
        ("\ufeffHi \u2066there\u2069\u00ad", "Hi there"),
        ("a\0b\x1b[1m", "ab[1m"),
        ("a\ud800b\uffff\ufffc", "ab"),
        ("one\r\ntwo\rthree\u2028four\x0bfive\x85six", "one\ntwo\nthree\nfour\nfive\nsix"),
        ("cafe\u0301", "café"),
        ("e\u200b\u0301", "é"),
        ("a\u200db", "ab"),
        ("क्\u200dष", "क्\u200dष"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d👩\u200d👧 ❤\ufe0f 👍🏽", "👩\u200d👩\u200d👧 ❤\ufe0f 👍🏽"),
        (
            "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
            "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        ),
        ("1\ufe0f\u20e3 a\ufe0f", "1\ufe0f\u20e3 a"),
        ("葛\U000e0100 a\U000e0100", "葛\U000e0100 a"),
        ("a\U000e0041\U000e0042b", "ab"),
    ],
)
def test_signs_that_nobody_sees_go_where_no_script_needs_them(text: str, kept: str) -> None:
    assert visible(text) == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("**Bold** word", "Bold word"),
        ("# Title", "Title"),
        ("### Title", "Title"),
        ("* one\n- two\n+ three\n• four", "one\ntwo\nthree\nfour"),
        ("- [ ] do\n- [x] done", "do\ndone"),
        ("1. one", "1. one"),
        ("> quote", "quote"),
        ("> > - **deep**", "deep"),
        ("one\n---\ntwo\n***", "one\ntwo"),
        ("```py\nprint\n```", "print"),
        ("`x`", "`x`"),
        ("_it_ and __bold__ and ***both*** and ~~old~~", "it and bold and both and old"),
        ("これは**重要**です", "これは重要です"),
        ("[text](https://a.b/c) and ![alt](/x.png)", "text and alt"),
        ("[not] (a link)", "[not] (a link)"),
        ("5 * 3 * 2, 2*3*4, snake_case_name, a_b", "5 * 3 * 2, 2*3*4, snake_case_name, a_b"),
        ("#tag is no title", "#tag is no title"),
        ("-5 degrees, 5 - 3", "-5 degrees, 5 - 3"),
        ("| a | b |\n|---|:-:|", "| a | b |"),
        ("**open", "**open"),
        ("****x****", "x"),
    ],
)
def test_the_marks_of_markdown_go_and_its_words_stay(text: str, kept: str) -> None:
    assert clean(text) == kept


@pytest.mark.parametrize(
    ("text", "kept", "removed"),
    [
        ("If x<y and y>z then <bob@example.com>", "If x<y and y>z then <bob@example.com>", ()),
        ("Use <Ctrl>+C, a<b and c>d, 1 < 2 > 0, <3", "Use <Ctrl>+C, a<b and c>d, 1 < 2 > 0, <3", ()),
        ("Hello <b>there</b>, 1 < 2.", "Hello there, 1 < 2.", ("<b>",)),
        ("a<br/>b<BR />c", "abc", ("<br>",)),
        ("hi <script>alert(1)</script>you", "hi you", ("<script>",)),
        ("a<style>p{}</style>b", "ab", ("<style>",)),
        ("<img src=x onerror=alert(1)>", "", ("<img>",)),
        ('<a href="x" target=_blank>l</a>', "l", ("<a>",)),
        ("<p hidden>t</p>", "t", ("<p>",)),
        ("&lt;script&gt;x&lt;/script&gt;y", "y", ("<script>",)),
        ("&amp;amp;lt;b&amp;gt;x", "x", ("<b>",)),
        ("&#60;i&#x3e;x", "x", ("<i>",)),
        ("<scr<b></b>ipt>no</script>ok", "ok", ("<b>", "<script>")),
        ("<&zwj;b>x &<i>lt;b>", "x ", ("<b>", "<i>")),
        ("<!-- no --> yes <!doctype html>", " yes ", ("<!>",)),
        ("R&D, AT&T; x &not &copy; 5 &lt; 6", "R&D, AT&T; x &not © 5 < 6", ()),
        ("exec ('x') and javascript: void", "exec ('x') and javascript: void", ()),
    ],
)
def test_only_html_is_taken_out_and_said(text: str, kept: str, removed: tuple[str, ...]) -> None:
    found = without_html(text)
    assert (found.text, found.removed) == (kept, removed)


PARTS = [
    *"<>&;#*_~[]()!/-`\"'= abpx1|\n\t\r\0",
    *"\u200d\u200c\u0301\u037e\u0338\ufe0f\ud800\u2028क्ष漢👩\U000e0100",
    *[
        "<b>",
        "</b>",
        "<script>",
        "</script>",
        "&lt;",
        "&amp;",
        "&zwj;",
        "&#42;",
        "**",
        "# ",
        "- ",
        "> ",
        "](/a)",
        "---",
    ],
]


@settings(max_examples=TEXTS, deadline=None)
@given(st.lists(st.sampled_from(PARTS), max_size=30).map("".join) | st.text(max_size=40))
@pytest.mark.parametrize(
    "cleaner", [visible, clean, lambda text: without_html(text).text, lambda text: clean_html(text).text]
)
def test_cleaning_again_changes_nothing(cleaner: Callable[[str], str], text: str) -> None:
    once = cleaner(text)
    assert cleaner(once) == once
    assert is_normalized("NFC", once)
    assert "\0" not in once
    once.encode()


@pytest.mark.parametrize(
    "unit",
    [
        "<",
        "<b>",
        "<b ",
        "<b a=",
        '<a b="',
        "<!--",
        "<script>",
        "&",
        "&amp;",
        "&#",
        "&&zwj;zwj;",
        "*",
        "**a ",
        "_a ",
        "[",
        "[x](/",
        "> ",
        "- ",
        "|-",
        "# ",
        "`",
        " ",
        "\u200d",
        "क्\u200d",
        "- # ",
        "> - ",
        "+ [ ] ",
        "[# ](/)",
        "1. ",
    ],
)
@pytest.mark.parametrize("end", ["", "a"])
def test_no_text_takes_longer_than_its_length(unit: str, end: str) -> None:
    text = unit * (100_000 // len(unit)) + end
    start = time.process_time()
    clean_html(text)
    assert time.process_time() - start < 1.0


@pytest.mark.parametrize("marks", ["# # ", "- - - - - - - - - - ", "> # - ", "- # > ## ", "- [x] - [ ] "])
def test_marks_before_a_line_go_however_many_they_are(marks: str) -> None:
    assert clean(f"{marks}One\n{marks}two") == "One\ntwo"
    assert clean(marks * 50 + "One") == "One"


@pytest.mark.parametrize(
    "text", ["<" * 30_000 + "b>" * 30_000, "*<" * 9_000 + "b>*" * 9_000, "<" * 50_000 + ">" * 50_000]
)
def test_no_nesting_takes_longer_than_its_length(text: str) -> None:
    start = time.process_time()
    clean_html(text)
    assert time.process_time() - start < 2.0
