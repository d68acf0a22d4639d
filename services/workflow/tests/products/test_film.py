"""What a film costs: begun minutes, whole."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.film.plan import FRAME_RATE
from workflow.paces.models import Pace
from workflow.products.film.definition import film
from workflow.products.film.rules import credits_of, estimate
from workflow.settings import Settings


@given(st.lists(st.integers(1, 400), min_size=1, max_size=300))
def test_credits_follow_the_frames_and_not_how_their_seconds_add_up(frames: list[int]) -> None:
    minutes = -(-Fraction(sum(frames), FRAME_RATE * 60) // 1)
    assert credits_of(sum(each / FRAME_RATE for each in frames)) == 3 * minutes


@pytest.mark.parametrize(("seconds", "credits"), [(0, 0), (1, 3), (60, 3), (60 + 1 / 30, 6), (119.9, 6), (2400, 120)])
def test_begun_minutes_count_whole(seconds: float, credits: int) -> None:
    assert credits_of(seconds) == credits


def test_a_plan_may_ask_another_price() -> None:
    assert credits_of(61, 2) == 4


def test_each_shot_costs_what_a_shot_has_cost() -> None:
    settings = Settings.model_construct()
    paces = {"speak": Pace(1.0, 0.25), "shots": Pace(1.0, 1.5), "join": Pace(1.0, 0.01)}
    costs = {
        shots: estimate(settings, film(settings), paces, 60.0, shots, None, {"speak", "shots", "join"}).cost
        for shots in (1, 12)
    }
    assert costs == {1: Decimal("2.3500"), 12: Decimal("21.6000")}
