"""What counts as the same words, and what as others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from media.ears.agreement import compare, distance, found_in, said


def test_numbers_and_signs_written_differently_are_no_fault() -> None:
    assert compare("We sold 1,250 cups, 20% more.", "we sold 1250 cups 20 percent more").letters > 0.97
    assert compare("It costs $12.", "It costs twelve dollars").wrong == 0
    assert compare("Mount Everest is 8,849 meters high.", "mount everest is 8849 meters high").wrong == 0


def test_spelling_costs_letters_and_another_text_nearly_all_of_them() -> None:
    assert compare("We build a birdhouse.", "We build a bird house").letters == 1.0
    assert compare("Bryan and Katherine met.", "Brian and Catherine met").letters > 0.85
    assert compare("Bees visit two million flowers.", "Turn left after the old bridge.").letters < 0.4
    assert compare("Bees visit two million flowers.", "").letters == 0.0


@pytest.mark.parametrize(
    ("one", "other", "steps"), [("", "", 0), ("abc", "", 3), ("kitten", "sitting", 3), ("flaw", "lawn", 2)]
)
def test_distances_that_textbooks_give(one: str, other: str, steps: int) -> None:
    assert distance(one, other) == distance(other, one) == steps


@given(some.text("abc", max_size=12), some.text("abc", max_size=12), some.text("abc", max_size=12))
def test_a_distance_is_one(one: str, other: str, third: str) -> None:
    assert distance(one, one) == 0
    assert abs(len(one) - len(other)) <= distance(one, other) <= max(len(one), len(other))
    assert distance(one, third) <= distance(one, other) + distance(other, third)


@given(some.lists(some.sampled_from(["pump", "map", "lamp", "boat"]), min_size=3, max_size=12), some.data())
def test_a_stretch_of_a_script_is_found_in_it(words: list[str], data: some.DataObject) -> None:
    first = data.draw(some.integers(0, len(words) - 1))
    last = data.draw(some.integers(first + 1, len(words)))
    assert found_in(" ".join(words), " ".join(words[first:last])) == 1.0


def test_nothing_heard_is_found_nowhere() -> None:
    assert found_in("My father bought five pumps.", "") == 0.0


def test_chinese_and_japanese_are_compared_by_letters() -> None:
    assert said("你好世界", "zh") == ["你", "好", "世", "界"]
