"""What a talking photo is expected to take: its critical path, at the paces that were learned, behind those ahead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.enums import Language, Platform, Quality, Voice
from contracts.objects import StoredObject
from workflow.composition import default_definitions
from workflow.engine.state import Brief, Result, Run, RunState, StepState, StepStatus, Unit, UnitStatus
from workflow.engine.timing import Shape, critical_s, step_left_s
from workflow.engine.waiting import seconds_left
from workflow.paces.models import Pace
from workflow.products.product import Ahead, Estimate
from workflow.products.talking_photo.definition import GENERATE, KIT, RENDITION, SPEAK, talking_photo
from workflow.products.talking_photo.input import TalkingPhotoInput
from workflow.products.talking_photo.rules import estimate
from workflow.settings import Settings

SETTINGS = Settings(_env_file=None, env="test", database_url="postgresql://x/x")  # type: ignore[call-arg]
DEFINITION = talking_photo(SETTINGS)
OTHERS_S = 4 * Shape().fixed_s
"""Checking, reserving, capturing; and whatever is left."""


def expected(film_s: float, *, platforms: int = 1, paces: Any = None, budget: Decimal | None = None) -> Estimate:
    return estimate(SETTINGS, DEFINITION, paces or {}, film_s, platforms, budget)


def test_steps_side_by_side_count_once() -> None:
    """Of photo and speech the longer one; each platform on its own."""
    path = SPEAK.seconds(60) + GENERATE.seconds(60) + RENDITION.seconds(60, 3) + KIT.seconds(60)
    assert expected(60, platforms=3).seconds == pytest.approx(path, abs=OTHERS_S)


@given(st.floats(1, 180), st.floats(0.05, 20))
def test_a_slower_provider_makes_it_longer_by_as_much(film_s: float, pace: float) -> None:
    """Only its own step."""
    usual, slow = expected(film_s), expected(film_s, paces={"generate": Pace(pace)})
    assert slow.seconds - usual.seconds == pytest.approx(GENERATE.seconds(film_s) * (pace - 1), abs=0.2)


def test_cost_grows_with_the_film_and_stays_within_the_plan() -> None:
    """Once for the photo, for each second of the film (BIL-66)."""
    paces = {"enhance": Pace(cost=0.039), "generate": Pace(cost=0.15)}
    assert expected(10, paces=paces).cost == Decimal("1.5390")
    assert expected(60, paces=paces, budget=Decimal(2)).cost == Decimal("2.0000")


def test_who_is_ahead_takes_a_share_of_the_machines() -> None:
    """Of a long run that is being made a short one waits as long as it takes itself, at most; where there is no place
    all of them come first."""
    alone = Estimate(Decimal(0), 1, 10.0)
    assert alone.behind(Ahead(), 50, 1).seconds == 10.0
    assert alone.behind(Ahead([300.0]), 50, 1).seconds == 20.0
    assert alone.behind(Ahead([4.0, 300.0]), 50, 2).seconds == 17.0
    assert alone.behind(Ahead([4.0, 300.0], 96.0), 2, 2).seconds == 210.0


def test_the_critical_path_of_steps() -> None:
    """In the order of what they need."""
    seconds = {step.name: 1.0 for step in DEFINITION.steps if step.approval is None}
    assert critical_s(DEFINITION.steps, seconds) == 7.0
    assert critical_s(DEFINITION.steps, {**seconds, "enhance": 5.0, "speak": 3.0}) == 11.0


def test_what_is_left_of_a_step() -> None:
    """All of it, what is expected less what has gone by, then by how far it is; nothing of what has ended."""
    begun = datetime(2026, 3, 1, tzinfo=UTC)
    unit = Unit(ref=UUID(int=1), status=UnitStatus.ASKED)
    state = StepState(StepStatus.RUNNING, begun, units={"": unit})
    assert step_left_s(None, 20.0, begun) == 20.0
    assert step_left_s(state, 20.0, begun + timedelta(seconds=5)) == 15.0
    assert step_left_s(state, 20.0, begun + timedelta(seconds=60)) == 2.0
    unit.fraction = 0.25
    assert step_left_s(state, 20.0, begun + timedelta(seconds=10)) == 30.0
    state.finished_at = begun + timedelta(seconds=40)
    assert step_left_s(state, 20.0, begun + timedelta(seconds=60)) == 0.0


def test_the_time_left_is_what_was_expected_of_the_steps_to_come() -> None:
    """Of a film of twenty seconds that is being spoken; in proportion where it turns out longer."""
    begun = datetime(2026, 3, 1, tzinfo=UTC)
    image = StoredObject(key="images/a.jpg", sha256="0" * 64, size=1, mime_type="image/jpeg")
    order = TalkingPhotoInput(
        image=image, script="x", language=Language.EN, voice=Voice.MALE, duration=10, platforms=(Platform.TIKTOK,),
        quality=Quality.BALANCED, enhancement_type="portrait", title="x", film_s=20.0, paces={"generate": 2.0},
    )  # fmt: skip
    brief = Brief(
        UUID(int=1),
        UUID(int=2),
        "talkingphoto",
        "educational",
        "talking_photo",
        1,
        begun,
        order.model_dump(mode="json"),
    )
    done = StepState(StepStatus.DONE, begun, begun)
    state = RunState(ends_by=begun, started_at=begun, steps={"check": done, "reserve": done, "enhance": done})
    run = Run(brief, state)
    to_come = GENERATE.seconds(20) * 2 + RENDITION.seconds(20) + KIT.seconds(20)
    assert seconds_left(DEFINITION, run, begun) == pytest.approx(SPEAK.seconds(20) + to_come, abs=OTHERS_S)
    unit = Unit(ref=UUID(int=3), status=UnitStatus.DONE, results=[Result(data={"duration": 40.0})], chosen=0)
    state.steps["speak"] = StepState(StepStatus.DONE, begun, begun, units={"": unit})
    to_come = GENERATE.seconds(40) * 2 + RENDITION.seconds(40) + KIT.seconds(40)
    assert seconds_left(DEFINITION, run, begun) == pytest.approx(to_come, abs=OTHERS_S)


def test_runs_that_began_before_their_owners_could_be_asked_go_on_as_they_began() -> None:
    offered = default_definitions(SETTINGS)
    before, now = offered.of("talking_photo", 1), offered.of("talking_photo", 2)
    assert offered.current["educational"] is now
    asks = {"after_enhance", "before_generate"}
    assert [step.name for step in now.steps if step.name not in asks] == [step.name for step in before.steps]
    assert before.by_name["generate"].needs == ("enhance", "speak")
    assert set(now.by_name["generate"].needs) == {"enhance", "speak", *asks}
