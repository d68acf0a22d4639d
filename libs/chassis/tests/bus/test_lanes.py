"""Lanes: high before normal before low, and nobody starves."""

from __future__ import annotations

from collections import Counter, deque

from hypothesis import given
from hypothesis import strategies as st

from chassis.bus.lanes import FAIR_EVERY, order, take


def test_the_highest_lane_is_asked_first() -> None:
    assert order(0, 3) == [0, 1, 2]
    assert order(0, 1) == [0]


def test_every_tenth_slot_asks_the_lower_lanes_first_each_in_its_turn() -> None:
    assert order(FAIR_EVERY - 1, 3) == [1, 2, 0]
    assert order(2 * FAIR_EVERY - 1, 3) == [2, 1, 0]
    assert order(3 * FAIR_EVERY - 1, 3) == [1, 2, 0]


def test_a_full_high_lane_leaves_one_slot_in_ten_to_the_lower_ones() -> None:
    lanes = [deque(["high"] * 1000), deque(["normal"] * 1000), deque(["low"] * 1000)]

    taken = Counter(take(lanes, 200, 0))

    assert taken == {"high": 180, "normal": 10, "low": 10}


def test_the_share_holds_over_small_batches() -> None:
    lanes = [deque(["high"] * 1000), deque[str](), deque(["low"] * 1000)]
    taken: Counter[str] = Counter()
    for turn in range(100):
        taken.update(take(lanes, 1, turn))

    assert taken == {"high": 90, "low": 10}


def test_lower_lanes_get_every_slot_that_higher_ones_do_not_need() -> None:
    lanes = [deque(["high"]), deque(["normal"] * 2), deque(["low"] * 9)]

    assert take(lanes, 10, 0) == ["high", "normal", "normal", *["low"] * 7]


@given(st.lists(st.integers(0, 30), min_size=1, max_size=3), st.integers(0, 50), st.integers(0, 1000))
def test_nothing_is_lost_doubled_or_left_while_there_is_room(sizes: list[int], most: int, turn: int) -> None:
    lanes = [deque((lane, n) for n in range(size)) for lane, size in enumerate(sizes)]

    taken = take(lanes, most, turn)

    assert len(taken) == min(most, sum(sizes))
    left = [item for lane in lanes for item in lane]
    assert sorted(taken + left) == [(lane, n) for lane, size in enumerate(sizes) for n in range(size)]
    for lane in range(len(sizes)):
        assert [n for where, n in taken if where == lane] == list(range(sum(where == lane for where, _ in taken)))
