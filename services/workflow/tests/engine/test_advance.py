"""The engine's rules one by one, on a definition of two steps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from contracts.ai_router import CancelJob, JobCancelled, JobCompleted, JobFailed, SubmitJob
from contracts.enums import Capability
from contracts.workflow import RunCancelled, RunCompleted, RunFailed, RunProgressed, StepCompleted
from workflow.engine.advance import Decision, advance, first_state, may_cancel, may_retry, replay
from workflow.engine.definition import Asking, Definition, Definitions, Retry, Step, UnknownDefinition
from workflow.engine.gates import Gate
from workflow.engine.signals import (
    Answered,
    CancelRequested,
    Faulted,
    Progressed,
    RetryRequested,
    Signal,
    Started,
    Ticked,
)
from workflow.engine.state import Brief, Failure, Phase, Result, Run, UnitStatus
from workflow.engine.waiting import waiting_for

T0 = datetime(2026, 1, 1, tzinfo=UTC)
GATE = Gate(passes_at=8.0, again_from=7.0, attempts=3, warning="Not as good as it should be.")


def submit(run: Run, asking: Asking) -> SubmitJob:
    return SubmitJob(
        job_id=asking.ref,
        run_id=run.id,
        user_id=run.brief.user_id,
        product_line="talkingphoto",
        capability=Capability.IMAGE_GENERATION,
        prefer=asking.prefer,
        exclude=asking.exclude,
        deadline=asking.deadline,
    )


def stop(run: Run, ref: UUID, reason: str) -> CancelJob:
    return CancelJob(job_id=ref, run_id=run.id, reason=reason)


def step(name: str, needs: tuple[str, ...] = (), **changes: Any) -> Step:
    values: dict[str, Any] = {
        "ask": submit,
        "done": JobCompleted,
        "no": JobFailed,
        "stop": stop,
        "stopped": JobCancelled,
        "retry": Retry((60.0, 120.0)),
        **changes,
    }
    return Step(name, f"{name} to be done", (10, 50) if name == "draw" else (50, 90), needs=needs, **values)


def two_steps(**draw: Any) -> Definition:
    return Definition("two", 1, (step("draw", **draw), step("paint", ("draw",))), deadline_s=3600)


class Drive:
    """A run that is told things one by one."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        brief = Brief(UUID(int=1), UUID(int=2), "talkingphoto", "educational", "two", 1, T0, {})
        self.run = Run(brief, first_state(brief, definition))
        self.now = T0
        self.history: list[tuple[Signal, datetime]] = []
        self.tell(Started())

    def tell(self, signal: Signal, after_s: float = 0) -> Decision:
        self.now += timedelta(seconds=after_s)
        decision = advance(self.definition, self.run, signal, self.now)
        self.run = Run(self.run.brief, decision.state)
        if decision.entry is not None:
            self.history.append((signal, self.now))
        self.last = decision
        return decision

    def phase(self) -> Phase:
        return self.run.state.phase

    def ref(self, name: str = "draw") -> UUID:
        return self.run.unit(name).ref

    def done(self, name: str = "draw", **values: Any) -> Decision:
        return self.tell(Answered(JobCompleted.NAME, self.ref(name), **values))

    def no(self, name: str = "draw", *, retryable: bool = True, tried: tuple[str, ...] = ()) -> Decision:
        failure = Failure("down", "It is down.", retryable=retryable, tried=tried)
        return self.tell(Answered(JobFailed.NAME, self.ref(name), failure=failure))


def asked(decision: Decision) -> list[Any]:
    return [command for command, _ in decision.commands]


def kinds(decision: Decision) -> list[Any]:
    return [type(event) for event in decision.events]


def test_steps_follow_each_other_and_the_run_completes() -> None:
    run = Drive(two_steps())
    assert [c.job_id for c in asked(run.last)] == [run.ref("draw")]
    decision = run.done(score=9.0, provider="p", cost=Decimal("0.5"))
    assert kinds(decision) == [StepCompleted], "how the run goes on is told with the step, not beside it"
    assert decision.events[0].standing.progress == 50  # type: ignore[attr-defined]
    assert decision.events[0].standing.step == "paint"  # type: ignore[attr-defined]
    decision = run.done("paint")
    assert len(decision.events) == 2 and kinds(decision)[-1] is RunCompleted
    assert run.run.state.cost == Decimal("0.5")
    assert decision.wake_at is None


def test_an_answer_counts_once_and_for_its_own_attempt_only() -> None:
    run = Drive(two_steps(gate=GATE))
    first = run.ref()
    run.done(score=7.5, provider="p")
    assert run.ref() != first
    assert run.tell(Answered(JobCompleted.NAME, first, score=9.9)).entry is None
    assert run.tell(Answered(JobCompleted.NAME, UUID(int=99), score=9.9)).entry is None
    assert run.tell(Answered("something.unknown.v1", run.ref())).entry is None
    run.done(score=9.0)
    assert run.tell(Answered(JobFailed.NAME, first, failure=Failure("x", "x"))).entry is None


@pytest.mark.parametrize(
    ("scores", "asks", "chosen", "warned"),
    [
        ([8.0], [(None, ())], 0, False),
        ([7.99, 8.0], [(None, ()), ("p0", ())], 1, False),
        ([6.99, 9.0], [(None, ()), (None, ("p0",))], 1, False),
        ([7.0, 6.0, 7.5], [(None, ()), ("p0", ()), (None, ("p1",))], 2, True),
        ([7.9, 7.0, 7.1], [(None, ()), ("p0", ()), ("p1", ())], 0, True),
        ([1.0, 2.0, 0.0], [(None, ()), (None, ("p0",)), (None, ("p0", "p1"))], 1, True),
    ],
)
def test_the_image_gate(
    scores: list[float], asks: list[tuple[str | None, tuple[str, ...]]], chosen: int, warned: bool
) -> None:
    """WFL-26: passes at 8.0, the same provider down to 7.0, the next one below, the best of three at the end."""
    run = Drive(two_steps(gate=GATE))
    wishes = []
    for n, score in enumerate(scores):
        wishes += [(c.prefer, c.exclude) for c in asked(run.last) if c.job_id == run.ref()]
        run.done(score=score, provider=f"p{n}")
    assert wishes == asks
    assert run.run.unit("draw").chosen == chosen
    assert run.run.state.warnings == ([GATE.warning] if warned else [])
    assert run.run.state.steps["paint"].status == "running"


def test_who_would_only_make_the_same_again_is_not_asked_again() -> None:
    run = Drive(two_steps(gate=GATE))
    run.done(score=7.5, provider="p", repeatable=False)
    assert [(c.prefer, c.exclude) for c in asked(run.last)] == [(None, ("p",))]
    run.no(retryable=False)
    assert run.run.result("draw").score == 7.5
    assert run.run.state.warnings == [GATE.warning]


def test_a_failed_further_attempt_leaves_the_earlier_result_good_enough() -> None:
    run = Drive(two_steps(gate=GATE))
    run.done(score=5.0, provider="p")
    run.no(retryable=False)
    assert run.run.result("draw").score == 5.0
    assert run.run.state.warnings == [GATE.warning]


def test_a_failure_that_may_pass_is_tried_again_after_each_delay_and_then_fails_the_run() -> None:
    run = Drive(two_steps())
    refs = {run.ref()}
    for delay in (60, 120):
        decision = run.no()
        assert decision.wake_at == run.now + timedelta(seconds=delay)
        assert "next try at" in (waiting_for(run.definition, run.run) or "")
        assert run.tell(Ticked(), delay - 1).entry is None
        assert [type(c) for c in asked(run.tell(Ticked(), 1))] == [SubmitJob]
        refs.add(run.ref())
    assert len(refs) == 3
    decision = run.no()
    assert run.phase() is Phase.FAILED
    assert kinds(decision) == [RunFailed]
    assert decision.events[0].code == "down"  # type: ignore[attr-defined]


def test_a_failure_that_stays_fails_at_once() -> None:
    run = Drive(two_steps())
    run.no(retryable=False)
    assert run.phase() is Phase.FAILED


def test_silence_is_answered_with_the_same_command_until_patience_ends() -> None:
    run = Drive(two_steps(within_s=100.0, patience=2))
    ref = run.ref()
    for _ in range(2):
        assert [c.job_id for c in asked(run.tell(Ticked(), 100))] == [ref]
    decision = run.tell(Ticked(), 100)
    assert [type(c) for c in asked(decision)] == [CancelJob]
    assert run.phase() is Phase.FAILED
    assert run.run.state.failure is not None and run.run.state.failure.code == "no_answer"


def test_progress_puts_the_silence_off_and_is_told_every_two_seconds_at_most() -> None:
    run = Drive(two_steps(within_s=100.0))
    assert run.tell(Progressed(run.ref(), 0.5, "p"), 1).entry is None
    decision = run.tell(Progressed(run.ref(), 0.5, "p"), 2)
    assert kinds(decision) == [RunProgressed]
    assert decision.events[0].progress == 30  # type: ignore[attr-defined]
    assert decision.wake_at == run.now + timedelta(seconds=100)
    assert run.tell(Progressed(run.ref(), 0.4, "p"), 10).entry is None
    assert run.tell(Progressed(run.ref(), 0.5, "p"), 10).entry is None


def test_cancel_stops_work_and_waits_for_the_answer() -> None:
    run = Drive(two_steps())
    decision = run.tell(CancelRequested())
    assert [type(c) for c in asked(decision)] == [CancelJob]
    assert run.phase() is Phase.CANCELLING
    assert not may_cancel(run.definition, run.run)
    assert run.tell(CancelRequested()).entry is None
    assert "to stop" in (waiting_for(run.definition, run.run) or "")
    decision = run.tell(Answered(JobCancelled.NAME, run.ref(), cost=Decimal("0.2")))
    assert run.phase() is Phase.CANCELLED
    assert kinds(decision) == [RunCancelled]
    assert run.run.state.cost == Decimal("0.2")


def test_cancel_does_not_wait_forever_for_work_to_stop() -> None:
    run = Drive(two_steps(stop_within_s=20.0))
    run.tell(CancelRequested())
    run.tell(Ticked(), 20)
    assert run.phase() is Phase.CANCELLED
    assert run.done().entry is None


def test_another_round_prefers_others_but_takes_the_same_when_there_is_none() -> None:
    run = Drive(two_steps())
    run.no(retryable=False, tried=("a", "b"))
    assert may_retry(run.run)
    decision = run.tell(RetryRequested())
    assert asked(decision)[0].exclude == ("a", "b")
    decision = run.no(retryable=False)
    assert asked(decision)[0].exclude == ()
    assert run.phase() is Phase.RUNNING


def test_another_round_keeps_what_is_done() -> None:
    run = Drive(two_steps())
    run.done()
    run.no("paint", retryable=False)
    decision = run.tell(RetryRequested())
    assert [c.job_id for c in asked(decision)] == [run.ref("paint")]
    run.done("paint")
    assert run.phase() is Phase.COMPLETED
    assert run.tell(RetryRequested()).entry is None


def test_a_fan_out_goes_on_with_what_worked_and_says_what_did_not() -> None:
    definition = two_steps(fan_out=lambda _: ("x", "y", "z"), optional_warning="No {key}.", retry=Retry(()))
    run = Drive(definition)
    assert len(asked(run.last)) == 3
    units = run.run.state.steps["draw"].units
    for key in ("x", "z"):
        run.tell(Answered(JobCompleted.NAME, units[key].ref))
    run.tell(Answered(JobFailed.NAME, units["y"].ref, failure=Failure("down", "It is down.")))
    assert run.run.state.warnings == ["No y. It is down."]
    assert sorted(run.run.results("draw")) == ["x", "z"]
    assert run.run.state.steps["paint"].status == "running"


def test_a_few_parts_are_named_and_many_are_counted() -> None:
    few, many = (
        Drive(two_steps(fan_out=lambda _, keys=keys: tuple(keys), retry=Retry(()))) for keys in ("xyz", "vwxyz")
    )
    assert str(waiting_for(few.definition, few.run)).count("; ") == 2
    assert str(waiting_for(many.definition, many.run)).endswith("(5 of 5)")
    many.tell(Answered(JobCompleted.NAME, many.run.state.steps["draw"].units["w"].ref))
    assert str(waiting_for(many.definition, many.run)).endswith("(4 of 5)")


def test_a_fan_out_of_which_nothing_worked_fails_the_run() -> None:
    run = Drive(two_steps(fan_out=lambda _: ("x", "y"), retry=Retry(())))
    for unit in list(run.run.state.steps["draw"].units.values()):
        run.tell(Answered(JobFailed.NAME, unit.ref, failure=Failure("down", "It is down.")))
    assert run.phase() is Phase.FAILED


def test_another_round_of_a_fan_out_asks_only_for_what_is_missing() -> None:
    run = Drive(two_steps(fan_out=lambda _: ("x", "y"), retry=Retry(())))
    units = run.run.state.steps["draw"].units
    run.tell(Answered(JobCompleted.NAME, units["x"].ref))
    run.tell(CancelRequested())
    run.tell(Answered(JobCancelled.NAME, units["y"].ref))
    decision = run.tell(RetryRequested())
    assert len(asked(decision)) == 1
    assert run.run.state.steps["draw"].units["x"].status is UnitStatus.DONE


def test_an_optional_step_that_fails_leaves_a_warning() -> None:
    run = Drive(two_steps(optional=True, optional_warning="No drawing.", retry=Retry(())))
    run.no(retryable=False)
    assert run.run.state.steps["draw"].status == "skipped"
    run.done("paint")
    assert run.phase() is Phase.COMPLETED
    assert run.run.state.warnings == ["No drawing. It is down."]


def test_a_run_without_time_left_fails() -> None:
    run = Drive(two_steps(within_s=10_000.0))
    run.tell(Ticked(), 3600 - 30)
    assert run.run.state.failure is not None and run.run.state.failure.code == "deadline_exceeded"
    run.tell(Ticked(), 30)
    assert run.phase() is Phase.FAILED


def test_a_run_that_finds_no_place_ends_too() -> None:
    definition = two_steps()
    brief = Brief(UUID(int=1), UUID(int=2), "talkingphoto", "educational", "two", 1, T0, {})
    waiting = Run(brief, first_state(brief, definition))
    assert advance(definition, waiting, Ticked(), T0 + timedelta(seconds=3599)).entry is None
    decision = advance(definition, waiting, Ticked(), T0 + timedelta(seconds=3600))
    assert decision.state.phase is Phase.FAILED
    assert decision.state.failure is not None and decision.state.failure.code == "no_place"


def test_cancelling_a_run_that_waits_for_a_place_ends_it_at_once() -> None:
    definition = two_steps()
    brief = Brief(UUID(int=1), UUID(int=2), "talkingphoto", "educational", "two", 1, T0, {})
    decision = advance(definition, Run(brief, first_state(brief, definition)), CancelRequested(), T0)
    assert decision.state.phase is Phase.CANCELLED
    assert not decision.commands


def test_a_fault_of_ours_ends_the_run_and_tells_no_secrets() -> None:
    run = Drive(two_steps(stop=None))
    decision = run.tell(Faulted("KeyError: 'x'"))
    assert decision.events[-1].message.startswith("Something failed on our side")  # type: ignore[attr-defined]
    assert run.phase() is Phase.FAILED


def test_the_history_replays_to_the_same_state() -> None:
    run = Drive(two_steps(gate=GATE))
    run.done(score=7.5, provider="p")
    run.no()
    run.tell(Ticked(), 60)
    run.done("paint")
    assert replay(run.definition, run.run.brief, run.history) == run.run.state


def test_a_run_keeps_the_version_it_began_with() -> None:
    old, new = two_steps(), replace(two_steps(), version=2)
    definitions = Definitions({"educational": new}, former=[old])
    assert definitions.of("two", 1) is old
    assert definitions.of("two", 2) is new
    with pytest.raises(UnknownDefinition):
        definitions.of("two", 3)


@pytest.mark.parametrize(
    ("steps", "deadline_s"),
    [
        ((step("a"), step("a")), 100.0),
        ((step("a", ("b",)), step("b")), 100.0),
        ((step("a"),), 30.0),
    ],
)
def test_a_definition_that_cannot_work_is_refused(steps: tuple[Step, ...], deadline_s: float) -> None:
    with pytest.raises(ValueError, match="two"):
        Definition("two", 1, steps, deadline_s=deadline_s)


def test_a_result_without_a_score_passes() -> None:
    run = Drive(two_steps(gate=GATE))
    run.done()
    assert run.run.result("draw") == Result()
