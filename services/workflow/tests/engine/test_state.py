"""States are copied, never shared; every field of them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from chassis import ids
from workflow.engine.state import Failure, Phase, Result, RunState, StepState, StepStatus, Unit, dump_state, load_state

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def _state() -> RunState:
    unit = Unit(ids.uuid7(), attempt=2, due=NOW, results=[Result(score=7.5)], chosen=0, avoid=("runway",))
    step = StepState(StepStatus.DONE, NOW, NOW, {"": unit}, avoid=("pika",))
    return RunState(
        NOW,
        Phase.RUNNING,
        sequence=3,
        steps={"enhance": step},
        cost=Decimal("0.5"),
        warnings=["dark"],
        failure=Failure("x", "y"),
        undo_by=NOW,
    )


def test_a_clone_is_equal_and_nothing_done_to_it_shows_in_the_original() -> None:
    state = _state()
    before = dump_state(state)
    clone = state.clone()
    assert clone == state

    clone.sequence += 1
    clone.warnings.append("late")
    clone.steps["generate"] = StepState()
    clone.steps["enhance"].status = StepStatus.FAILED
    clone.steps["enhance"].units["second"] = Unit(ids.uuid7())
    clone.steps["enhance"].units[""].fraction = 1.0
    clone.steps["enhance"].units[""].results.append(Result())

    assert dump_state(state) == before


def test_what_is_stored_is_read_back_to_the_same_state() -> None:
    state = _state()
    assert load_state(dump_state(state)) == state
