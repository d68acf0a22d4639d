"""What attempts may cost: handed out once, counted once, whenever it is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from contracts.ai_router import CancelJob, JobCancelled, JobCompleted, JobFailed, SubmitJob
from contracts.enums import Capability
from contracts.workflow import RunCancelled
from workflow.engine.advance import Decision, advance, first_state
from workflow.engine.definition import Asking, Definition, Retry, Step
from workflow.engine.gates import Gate
from workflow.engine.signals import Answered, Progressed, RetryRequested, Signal, Started, Ticked
from workflow.engine.state import Brief, Failure, Phase, Run, UnitStatus, dump_state, load_state

T0 = datetime(2026, 1, 1, tzinfo=UTC)
BUDGET = Decimal("2.00")
GATE = Gate(passes_at=8.0, again_from=7.0, attempts=3, warning="Not as good as it should be.")


def submit(run: Run, asking: Asking) -> SubmitJob:
    return SubmitJob(
        job_id=asking.ref,
        user_id=run.brief.user_id,
        product_line="talkingphoto",
        capability=Capability.IMAGE_GENERATION,
        budget=asking.budget,
        minimum_score=asking.minimum_score,
        run_for_s=asking.run_for_s,
        deadline=asking.deadline,
    )


def stop(run: Run, ref: UUID, reason: str) -> CancelJob:
    return CancelJob(job_id=ref, run_id=run.id, reason=reason)


def step(name: str, share: str, needs: tuple[str, ...] = (), gate: Gate | None = None) -> Step:
    return Step(
        name,
        f"{name} to be done",
        (0, 50),
        needs=needs,
        ask=submit,
        done=JobCompleted,
        no=JobFailed,
        stop=stop,
        stopped=JobCancelled,
        gate=gate,
        retry=Retry((60.0,)),
        within_s=100.0,
        patience=2,
        share=Decimal(share),
    )


SIDE_BY_SIDE = Definition(
    "three",
    1,
    (step("draw", "0.5", gate=GATE), step("speak", "0.5"), step("film", "1", ("draw", "speak"), GATE)),
    budget=lambda _: BUDGET,
)


class Drive:
    """A run that is told things one by one."""

    def __init__(self) -> None:
        brief = Brief(UUID(int=1), UUID(int=2), "talkingphoto", "educational", "three", 1, T0, {})
        self.run, self.now = Run(brief, first_state(brief, SIDE_BY_SIDE)), T0
        self.asked: list[SubmitJob] = []
        self.tell(Started())

    def tell(self, signal: Signal, after_s: float = 0) -> Decision:
        self.now += timedelta(seconds=after_s)
        decision = advance(SIDE_BY_SIDE, self.run, signal, self.now)
        self.run = Run(self.run.brief, decision.state)
        self.asked += [command for command, _ in decision.commands if isinstance(command, SubmitJob)]
        return decision

    @property
    def cost(self) -> Decimal:
        return self.run.state.cost


def test_steps_side_by_side_share_what_is_left_and_the_next_has_what_they_left() -> None:
    run = Drive()
    assert [job.budget for job in run.asked] == [Decimal(1), Decimal(1)]
    draw, speak = (job.job_id for job in run.asked)
    run.tell(Answered(JobCompleted.NAME, draw, score=7.5, cost=Decimal("0.9"), provider="p"))
    assert run.asked[-1].budget == Decimal("0.1"), "half of 1.10 is more than what speech does not hold"
    run.tell(Answered(JobCompleted.NAME, speak, cost=Decimal("0.2")))
    run.tell(Answered(JobCompleted.NAME, run.asked[-1].job_id, score=9.0, cost=Decimal("0.1")))
    assert run.asked[-1].budget == Decimal("0.8")


def test_a_command_that_is_repeated_hands_out_no_more() -> None:
    run = Drive()
    run.tell(Ticked(), 100)
    first, again = run.asked[0], run.asked[2]
    assert again == first.model_copy(update={"deadline": run.now + timedelta(seconds=100)})


def test_work_may_run_for_as_long_as_it_is_waited_for() -> None:
    """From its start, and less the time its stop may take; the wait for its start is another clock."""
    assert Drive().asked[0].run_for_s == 270.0


def test_who_makes_it_stops_at_what_can_be_shown() -> None:
    """The gate asks for 8.0; within one attempt nobody else is paid from 7.0 on (AIR-41)."""
    assert Drive().asked[0].minimum_score == 7.0


def test_the_beginning_of_work_puts_its_silence_off() -> None:
    """Also where progress has been told just now, of another step; but it is no progress itself."""
    run = Drive()
    draw, speak = (job.job_id for job in run.asked)
    run.tell(Progressed(draw, 0.5, "p"), 90)
    decision = run.tell(Progressed(speak, 0.0, "veo3"), 1)
    assert decision.events == () and decision.entry is not None
    assert run.run.unit("speak").due == run.now + timedelta(seconds=100)
    assert run.tell(Progressed(speak, 0.0, "veo3"), 10).entry is None
    assert run.tell(Progressed(speak, 0.0, "runway"), 10).entry is not None


def test_what_a_silent_attempt_has_cost_counts_when_it_is_told_and_once() -> None:
    run = Drive()
    draw, speak = (job.job_id for job in run.asked)
    run.tell(Answered(JobCompleted.NAME, speak))
    for _ in range(3):
        run.tell(Ticked(), 100)
    assert run.run.state.phase is Phase.FAILED
    for _ in range(2):
        run.tell(Answered(JobCancelled.NAME, draw, cost=Decimal("0.7")))
    assert run.cost == Decimal("0.7")


def test_what_an_attempt_of_an_earlier_round_has_cost_counts_too() -> None:
    """Until it is told, the new round does not get what the old one may have spent."""
    run = Drive()
    draw, speak = (job.job_id for job in run.asked)
    run.tell(Answered(JobCompleted.NAME, speak))
    for _ in range(3):
        run.tell(Ticked(), 100)
    run.tell(RetryRequested())
    assert run.asked[-1].budget == Decimal(1), "half of what is left, of which the silent one may have half"
    assert load_state(dump_state(run.run.state)) == run.run.state
    for _ in range(2):
        run.tell(Answered(JobCompleted.NAME, draw, cost=Decimal("0.7")))
    assert (run.cost, run.run.state.owed) == (Decimal("0.7"), {})


def test_work_that_its_owner_cancelled_is_not_ordered_again() -> None:
    """The owner removed the job of a run that goes on: the run is cancelled, not tried again three times."""
    run = Drive()
    draw, speak = (job.job_id for job in run.asked)
    decision = run.tell(Answered(JobCancelled.NAME, draw, cost=Decimal("0.1")))
    assert (run.run.state.phase, run.cost) == (Phase.CANCELLING, Decimal("0.1"))
    assert [command.job_id for command, _ in decision.commands] == [speak]  # type: ignore[attr-defined]
    decision = run.tell(Answered(JobCancelled.NAME, speak))
    assert [type(event) for event in decision.events] == [RunCancelled]


_ACTS = st.lists(
    st.tuples(
        st.sampled_from(["done", "no", "late", "tick", "retry"]),
        st.integers(0, 30),
        st.decimals(0, 1, places=4),
        st.floats(6.0, 9.0),
    ),
    max_size=40,
)


@given(_ACTS)
def test_what_is_held_and_what_was_spent_never_exceed_the_budget(acts: list[tuple[str, int, Decimal, float]]) -> None:
    """Whatever answers, in whatever order: no attempt is handed what another may still spend, and the cost of the run
    is the sum of what its attempts have cost."""
    run, told = Drive(), dict[UUID, Decimal]()
    for act, number, part, score in acts:
        job = run.asked[number % len(run.asked)]
        cost = (job.budget * part).quantize(Decimal("0.0001"))
        waits = any(
            unit.ref == job.job_id and unit.status is UnitStatus.ASKED
            for one in run.run.state.steps.values()
            for unit in one.units.values()
        )
        match act:
            case "tick":
                run.tell(Ticked(), 100)
            case "retry":
                run.tell(RetryRequested())
            case "late" if waits:
                pass
            case "no":
                failure = Failure("down", "It is down.", retryable=True)
                told.setdefault(job.job_id, cost)
                run.tell(Answered(JobFailed.NAME, job.job_id, cost=told[job.job_id], failure=failure))
            case _:
                told.setdefault(job.job_id, cost)
                run.tell(Answered(JobCompleted.NAME, job.job_id, score=score, cost=told[job.job_id], provider="p"))
        assert run.cost + run.run.held <= BUDGET
        assert run.cost == sum(told.values())
