"""Whatever order messages come in, whatever is repeated, lost or late: a run ends, money is even, history replays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis import ids
from contracts.ai_router import JobCompleted, JobFailed
from contracts.billing import CreditsReleased, CreditsReserved
from contracts.enums import Capability
from contracts.message import Command, Event
from contracts.workflow import RunCancelled, RunCompleted, RunEvent, RunFailed, RunProgressed
from workflow.engine.advance import advance, first_state, may_retry, replay
from workflow.engine.definition import Definition
from workflow.engine.forward import UNSETTLED
from workflow.engine.signals import (
    CancelRequested,
    Faulted,
    Progressed,
    RetryRequested,
    Signal,
    Started,
    Ticked,
    UndoRetryRequested,
    dump_signal,
    load_signal,
)
from workflow.engine.state import Brief, Phase, Run, RunState, dump_state, load_state
from workflow.products.talking_photo.definition import VIDEO_GATE, talking_photo
from workflow.products.talking_photo.input import TalkingPhotoInput
from workflow.runs.translation import translate
from workflow.settings import Settings

START = datetime(2026, 1, 1, tzinfo=UTC)
FINAL_EVENTS = (RunCompleted, RunFailed, RunCancelled)


@dataclass
class Simulation:
    """One run among others that answer when the schedule says so."""

    definition: Definition
    brief: Brief
    others: Any
    now: datetime = START
    commands: list[Command] = field(default_factory=list)
    answers: list[Event] = field(default_factory=list)
    history: list[tuple[Signal, datetime]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    lost: set[UUID] = field(default_factory=set)
    wake_at: datetime | None = None
    state: RunState = field(init=False)

    def __post_init__(self) -> None:
        self.state = first_state(self.brief, self.definition)

    @property
    def run(self) -> Run:
        return Run(self.brief, self.state)

    def phase(self) -> Phase:
        return self.state.phase

    def signal(self, signal: Signal) -> None:
        before, progress, round_ = dump_state(self.state), self.state.progress, self.state.round
        decision = advance(self.definition, self.run, signal, self.now)
        assert dump_state(self.state) == before, "advance changed its argument"
        if decision.entry is None:
            assert not decision.commands and not decision.events
            return
        # What is stored is what the next decision starts from.
        self.state = load_state(dump_state(decision.state))
        assert self.state == decision.state
        self.wake_at = decision.wake_at
        if self.state.round == round_:
            assert self.state.progress >= progress
        self.history.append((load_signal(dump_signal(signal)), self.now))
        self.commands += [command for command, _ in decision.commands]
        self.events += decision.events

    def deliver(self, event: Event) -> None:
        meant = translate(event)
        assert meant is not None and meant[0] == self.brief.id
        self.signal(meant[1])

    def answer(self, index: int) -> None:
        """One of the commands on their way arrives and is answered."""
        self.answers += self.others.answer(self.commands.pop(index % len(self.commands)))

    def sleep_until_woken(self) -> None:
        if self.wake_at is not None:
            self.now = max(self.now, self.wake_at)
            self.signal(Ticked())

    def settle(self) -> None:
        """Let everything arrive, and time pass, until nothing moves any more."""
        for _ in range(1_000):
            if self.commands:
                self.answer(0)
            elif self.answers:
                self.deliver(self.answers.pop(0))
            elif self.wake_at is not None:
                self.sleep_until_woken()
            else:
                return
        raise AssertionError(f"still moving: {self.state}")


Simulate = Callable[..., Simulation]


@pytest.fixture(scope="module")
def timing() -> Settings:
    return Settings(env="test", run_deadline_s=3000, undo_tries=5)


@pytest.fixture
def simulate(help_: SimpleNamespace, timing: Settings) -> Simulate:
    definition = talking_photo(timing)
    order = TalkingPhotoInput(
        image=help_.stored("in.jpg", "image/jpeg"),
        script="Hello.",
        language="en",
        voice="neutral",
        duration=3,
        platforms=("instagram", "tiktok", "youtube"),
        quality="balanced",
        enhancement_type="portrait",
        title="Hello",
    ).model_dump(mode="json")

    def make() -> Simulation:
        brief = Brief(
            id=UUID(int=7),
            user_id=UUID(int=8),
            product_line="talkingphoto",
            workflow_type="educational",
            definition=definition.name,
            version=definition.version,
            created_at=START,
            input=order,
        )
        return Simulation(definition, brief, help_.Others())

    return make


def failed(capability: Capability, *, retryable: bool) -> JobFailed:
    return JobFailed(
        job_id=ids.uuid7(),
        run_id=UUID(int=7),
        user_id=UUID(int=8),
        capability=capability,
        failure="transient",
        code="provider_down",
        message="The provider is down.",
        retryable=retryable,
        attempts=1,
        tried=("first",),
        cost=Decimal("0.0010"),
    )


MOVES = {
    "answer": 30,
    "deliver": 30,
    "repeat": 6,
    "late": 6,
    "wait": 3,
    "wake": 3,
    "progress": 4,
    "retry": 4,
    "undo": 1,
    "lose": 1,
}
SCORES = (3.0, 6.9, 7.0, 7.4, 7.5, 7.9, 8.0, 9.5)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_every_schedule_ends_with_even_money_and_a_history_that_replays(simulate: Simulate, seed: int) -> None:
    """A schedule is one integer: whoever finds a bad one can replay it."""
    chance = Random(seed)
    s = simulate()
    s.others.refuse = chance.random() < 0.1
    s.others.scores = {
        "image_enhancement": [chance.choice(SCORES) for _ in range(chance.randrange(4))],
        "video_generation": [chance.choice(SCORES) for _ in range(chance.randrange(3))],
    }
    s.others.fail = {
        capability.value: [
            failed(capability, retryable=chance.random() < 0.8) for _ in range(chance.choice((0, 0, 1, 5)))
        ]
        for capability in (Capability.IMAGE_ENHANCEMENT, Capability.AUDIO_GENERATION, Capability.VIDEO_GENERATION)
    }
    length = chance.randrange(120)
    cancels = {chance.randrange(40) for _ in range(chance.choice((0, 1, 2)))}
    faults = {chance.randrange(60)} if chance.random() < 0.1 else set()
    moves = chance.choices(list(MOVES), list(MOVES.values()), k=length)
    delivered: list[Event] = []
    s.signal(Started())
    for n, move in enumerate(moves):
        if n in cancels:
            s.signal(CancelRequested())
        if n in faults:
            s.signal(Faulted("a planted fault"))
        play(s, move, chance.randrange(1_000), delivered)
    s.settle()

    assert s.phase().final
    assert_money_is_even(s)
    assert_events_are_in_sequence(s)
    assert_attempts_add_up(s)
    assert replay(s.definition, s.brief, s.history) == s.state


def play(s: Simulation, move: str, n: int, delivered: list[Event]) -> None:
    match move:
        case "answer" if s.commands:
            s.answer(n)
        case "deliver" if s.answers:
            event = s.answers.pop(n % len(s.answers))
            delivered.append(event)
            s.deliver(event)
        case "repeat" if s.answers:
            s.deliver(s.answers[n % len(s.answers)])
        case "late" if delivered:
            s.deliver(delivered[n % len(delivered)])
        case "lose" if s.answers:
            lost = s.answers.pop(n % len(s.answers))
            if isinstance(lost, CreditsReserved):
                s.lost.add(lost.reservation_id)
        case "wait":
            s.now += timedelta(seconds=n)
            s.signal(Ticked())
        case "wake":
            s.sleep_until_woken()
        case "progress":
            units = [unit for step in s.state.steps.values() for unit in step.units.values()]
            if units:
                s.signal(Progressed(units[n % len(units)].ref, n / 1_000, "first"))
        case "retry":
            s.signal(RetryRequested())
        case "undo":
            s.signal(UndoRetryRequested())


def assert_money_is_even(s: Simulation) -> None:
    """Each hold ended in exactly one capture or release, and only a completed run whose video passes its gate was paid
    for, once."""
    if not s.run.credits_returned:
        # All answers to the release were lost: an operator asks again, and this time somebody listens.
        s.signal(UndoRetryRequested())
        s.settle()
    # A hold whose only news was lost cannot be known of; the bus loses none, and billing lets holds expire.
    states = [state for ref, state in s.others.holds.items() if state != "held" or ref not in s.lost]
    assert "held" not in states, states
    scores = [result.score for result in s.run.results("generate").values() if result.score is not None]
    if s.phase() is Phase.COMPLETED and all(score >= VIDEO_GATE.passes_at for score in scores):
        assert states.count("captured") == 1, states
    else:
        assert states.count("captured") == 0, states


def assert_attempts_add_up(s: Simulation) -> None:
    """No answer counted twice: a unit has at most one result for each attempt, and the cost is that of the results."""
    for step in s.state.steps.values():
        for unit in step.units.values():
            assert len(unit.results) <= unit.attempt
    if s.state.round == 1:
        results = [r for step in s.state.steps.values() for unit in step.units.values() for r in unit.results]
        assert s.state.cost >= sum((r.cost for r in results), start=Decimal(0))


def assert_events_are_in_sequence(s: Simulation) -> None:
    told = [event for event in s.events if isinstance(event, RunEvent)]
    assert [event.sequence for event in told] == list(range(2, len(told) + 2))
    assert sum(isinstance(event, FINAL_EVENTS) for event in told) == s.state.round
    assert s.state.sequence == len(told) + 1


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_no_run_outlives_its_deadline_when_nobody_answers_any_more(simulate: Simulate, seed: int) -> None:
    """From some moment on every answer is lost but news of progress; the run is final when its deadline has passed."""
    chance = Random(seed)
    s = simulate()
    s.signal(Started())
    heard = chance.randrange(12)
    cancel_at = chance.choice((-1, chance.randrange(40)))
    alive = chance.random() < 0.5
    step_s = chance.uniform(10, 100)
    for n in range(2_000):
        if n == cancel_at:
            s.signal(CancelRequested())
        while heard > 0 and s.commands:
            heard -= 1
            s.answer(0)
        while s.answers:
            s.deliver(s.answers.pop(0))
        if alive:
            for unit in [unit for step in s.state.steps.values() for unit in step.units.values()]:
                s.signal(Progressed(unit.ref, n / 2_000, "first"))
        if s.phase().final:
            break
        s.now += timedelta(seconds=step_s)
        s.signal(Ticked())
    assert s.phase().final
    # The timer looks only every so often, once for each way.
    assert s.state.finished_at is not None
    assert s.state.finished_at <= s.state.ends_by + 2 * timedelta(seconds=step_s)
    if s.phase() is Phase.COMPLETED:
        assert UNSETTLED in s.state.warnings or s.state.steps["capture"].status == "done"
    assert replay(s.definition, s.brief, s.history) == s.state


def test_a_run_can_be_retried_after_any_failure_and_completes(simulate: Simulate) -> None:
    s = simulate()
    s.others.fail = {"video_generation": [failed(Capability.VIDEO_GENERATION, retryable=False)]}
    s.signal(Started())
    s.settle()
    assert s.phase() is Phase.FAILED
    assert may_retry(s.run)
    enhanced = s.state.steps["enhance"]

    s.signal(RetryRequested())
    s.settle()

    assert s.phase() is Phase.COMPLETED
    assert s.state.steps["enhance"] == enhanced, "what was done was done again"
    assert sorted(s.others.holds.values()) == ["captured", "released"]
    assert s.others.commands[-1].NAME == "billing.capture_credits.v1"
    progress = [e.progress for e in s.events if isinstance(e, RunProgressed)]
    assert max(progress) == 100 or s.state.progress == 100


def test_cancelling_before_the_credits_are_confirmed_gives_them_back_first(simulate: Simulate) -> None:
    """The hold may exist although nobody has said so: the run waits for the answer to its release."""
    s = simulate()
    s.signal(Started())
    s.signal(CancelRequested())
    assert [command.NAME for command in s.commands] == ["billing.reserve_credits.v1", "billing.release_credits.v1"]
    assert s.phase() is Phase.CANCELLING
    s.settle()
    assert s.phase() is Phase.CANCELLED
    assert_money_is_even(s)


def test_credits_that_cannot_be_given_back_are_left_to_an_operator_and_can_be_tried_again(simulate: Simulate) -> None:
    s = simulate()
    s.signal(Started())
    s.answer(0)
    s.deliver(s.answers.pop())
    s.signal(CancelRequested())
    while not s.phase().final:
        s.commands.clear()
        s.sleep_until_woken()
    assert s.phase() is Phase.CANCELLED
    assert [s.run.credits_returned, may_retry(s.run)] == [False, False]
    ended = len(s.events)

    s.signal(UndoRetryRequested())
    s.settle()

    assert [s.run.credits_returned, may_retry(s.run)] == [True, True]
    assert len(s.events) == ended, "its end was told a second time"
    assert_money_is_even(s)


@pytest.mark.parametrize(("score", "ends"), [(7.4, "released"), (7.6, "captured")])
def test_a_video_below_its_gate_is_delivered_and_costs_nothing(simulate: Simulate, score: float, ends: str) -> None:
    """The router's verdict decides whether billing is asked for credits or told to give them back."""
    s = simulate()
    s.signal(Started())
    while not s.phase().final:
        if s.commands:
            s.answer(0)
            continue
        answer = s.answers.pop(0)
        s.deliver(answer.model_copy(update={"score": score}) if isinstance(answer, JobCompleted) else answer)
    assert s.phase() is Phase.COMPLETED
    assert list(s.others.holds.values()) == [ends]
    assert s.events[-1].credits == (ends == "captured")  # type: ignore[attr-defined]
    told = "The credits for this video were not charged."
    assert any(told in warning for warning in s.state.warnings) == (ends == "released")


def test_a_hold_that_expired_before_its_capture_costs_nothing_and_the_video_stays(simulate: Simulate) -> None:
    s = simulate()
    s.signal(Started())
    while "capture" not in s.state.steps:
        s.answer(0) if s.commands else s.deliver(s.answers.pop(0))
    (capture,) = s.commands
    s.commands.clear()
    s.deliver(
        CreditsReleased(
            reservation_id=capture.reservation_id,  # type: ignore[attr-defined]
            run_id=s.brief.id,
            user_id=None,
            credits=1,
            reason="expired",
        )
    )
    assert s.phase() is Phase.COMPLETED
    assert s.events[-1].credits == 0  # type: ignore[attr-defined]
    assert s.state.warnings == ["The credits for this video were not charged. The credits are not held any more."]
    assert replay(s.definition, s.brief, s.history) == s.state


def test_progress_follows_the_pipeline(simulate: Simulate) -> None:
    """WFL-43: approved 10, enhancing 20, enhanced 35, generating 40 to 80, checked 85, kit 95, done 100."""
    s = simulate()
    s.signal(Started())
    seen = [s.state.progress]
    while not s.phase().final:
        for unit in [unit for step in s.state.steps.values() for unit in step.units.values()]:
            s.now += timedelta(seconds=3)
            s.signal(Progressed(unit.ref, 1.0, "first"))
            seen.append(s.state.progress)
        if s.commands:
            s.answer(0)
        if s.answers:
            s.deliver(s.answers.pop(0))
        seen.append(s.state.progress)
    assert seen == sorted(seen)
    assert set(seen) >= {20, 35, 40, 80, 85, 95, 100}
    assert not set(seen) & set(range(81, 85))


def test_credits_held_for_a_round_that_was_given_up_are_given_back_when_the_news_come(simulate: Simulate) -> None:
    """The release overtakes the reservation, another round begins, and only then the first hold is heard of."""
    s = simulate()
    s.signal(Started())
    s.signal(CancelRequested())
    reserve, release = s.commands
    s.commands.clear()
    (released,) = s.others.answer(release)
    (reserved,) = s.others.answer(reserve)
    s.deliver(released)
    s.signal(RetryRequested())
    s.deliver(reserved)
    s.settle()
    assert s.phase() is Phase.COMPLETED
    assert sorted(s.others.holds.values()) == ["captured", "released"]
    assert replay(s.definition, s.brief, s.history) == s.state


def test_a_run_whose_credits_are_being_captured_can_only_be_completed(simulate: Simulate) -> None:
    s = simulate()
    s.signal(Started())
    while "capture" not in s.state.steps:
        s.answer(0) if s.commands else s.deliver(s.answers.pop(0))
    asked = len(s.commands)
    s.signal(CancelRequested())
    s.signal(Faulted("too late"))
    assert s.phase() is Phase.RUNNING
    assert len(s.commands) == asked
    s.settle()
    assert s.phase() is Phase.COMPLETED
    assert_money_is_even(s)
