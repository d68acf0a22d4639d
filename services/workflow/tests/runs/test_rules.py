"""The script of an order: cleaned once, refused early, in time."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.enums import Language
from workflow.products.product import Ahead
from workflow.runs.errors import BadScript
from workflow.runs.rules import begins_in, clean_line, clean_script

LIMIT = 5_000


@pytest.mark.parametrize(
    ("script", "stored"),
    [
        ("  Hello <b>there</b>, 1 < 2.  ", "Hello there, 1 < 2."),
        ("**Save** 20 % \U0001f600", "Save 20 % \U0001f600"),
        ("Cafe\u0301 exam\u200bple\0", "Caf\u00e9 example"),
        ("**<**b>bold", "bold"),
        ("call EVAL (x), see JavaScript: void, exec (", "call EVAL (x), see JavaScript: void, exec ("),
        ("<b>" * 2_000 + "x", "x"),
    ],
)
def test_a_script_is_stored_clean(script: str, stored: str) -> None:
    assert clean_script(script, Language.EN, LIMIT).text == stored


@pytest.mark.parametrize("signs", [8_000, 100_000, 10_000_000])
def test_a_script_of_signs_is_refused_at_once(signs: int) -> None:
    script = "<" * signs
    start = time.process_time()
    with pytest.raises(BadScript, match="characters"):
        clean_script(script, Language.EN, LIMIT)
    assert time.process_time() - start < 0.05


@pytest.mark.parametrize("mark", ["# ", "- ", "> # ", "+ "])
def test_a_script_of_marks_is_cleaned_at_once(mark: str) -> None:
    start = time.process_time()
    assert clean_script(mark * (19_000 // len(mark)) + "a", Language.EN, LIMIT).text == "a"
    assert time.process_time() - start < 0.1


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize(
    "script",
    [
        "\U0001f600",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "...",
        "?! \u2026",
        "\u2605 * \u2605",
        "\u2764\ufe0f\n-",
    ],
)
def test_a_script_without_a_word_is_refused_in_every_language(script: str, language: Language) -> None:
    with pytest.raises(BadScript) as refusal:
        clean_script(script, language, LIMIT)
    assert refusal.value.fields == {"script": "has no word to speak"}
    assert "Write what the photo should say." in str(refusal.value)


def test_a_letter_that_only_the_voice_knows_to_be_silent_is_taken() -> None:
    assert clean_script("\ua7f7", Language.EN, LIMIT).text == "\ua7f7"


@given(st.text(max_size=200), st.sampled_from(Language))
def test_cleaning_again_changes_nothing(script: str, language: Language) -> None:
    try:
        once = clean_script(script, language, LIMIT)
    except BadScript:
        return
    assert clean_script(once.text, language, LIMIT).text == once.text
    once.text.encode()
    assert "\0" not in once.text


@given(st.text(max_size=200))
def test_so_it_is_with_titles(line: str) -> None:
    assert clean_line(clean_line(line)) == clean_line(line)
    clean_line(line).encode()


@pytest.mark.parametrize(
    ("left", "waiting", "expected"),
    [
        ((), 0.0, (0.0, 0.0)),
        ((4.0, 10.0), 0.0, (4.0, 7.0)),
        ((4.0, 10.0), 26.0, (10.0, 20.0)),
        ((30.0,), 0.0, (30, 30)),
    ],
)
def test_when_a_run_begins_lies_between_all_side_by_side_and_one_after_the_other(
    left: tuple[float, ...], waiting: float, expected: tuple[float, float]
) -> None:
    assert begins_in(Ahead(left, waiting), places=4, machines=2) == expected
