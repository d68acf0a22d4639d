"""Whatever a definition looks like, and whatever comes in which order: a run ends, what was done is undone where it
has to be, and its history replays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.ai_router import CancelJob, JobCancelled, JobCompleted, JobFailed, SubmitJob
from contracts.billing import (
    CaptureCredits,
    CreditsCaptured,
    CreditsReleased,
    CreditsReserved,
    ReleaseCredits,
    ReservationRefused,
    ReserveCredits,
)
from contracts.enums import Capability, Priority
from contracts.message import Command, Event
from contracts.objects import StoredObject
from contracts.workflow import RunCancelled, RunCompleted, RunEvent, RunFailed
from workflow.engine.advance import advance, first_state, replay
from workflow.engine.definition import Approval, Asking, Definition, Retry, Step, Undo
from workflow.engine.gates import Gate
from workflow.engine.reuse import digest, reusable
from workflow.engine.signals import (
    CancelRequested,
    Decided,
    Faulted,
    Offered,
    RetryRequested,
    Signal,
    Started,
    Ticked,
    UndoRetryRequested,
    dump_signal,
    load_signal,
)
from workflow.engine.state import Brief, Offer, Result, Run, RunState, UndoStatus, UnitStatus, dump_state, load_state
from workflow.runs.translation import translate

START = datetime(2026, 1, 1, tzinfo=UTC)
ME = UUID(int=8)


def _hold(run: Run, asking: Asking) -> Command:
    return ReserveCredits(reservation_id=asking.ref, run_id=run.id, user_id=ME, product_line="talkingphoto", credits=1)


def _release(run: Run, ref: UUID, reason: str) -> Command:
    return ReleaseCredits(reservation_id=ref, run_id=run.id, reason=reason)


def _capture(run: Run, asking: Asking) -> Command:
    return CaptureCredits(reservation_id=asking.ref, run_id=run.id, credits=1)


def _job(run: Run, asking: Asking) -> Command:
    return SubmitJob(
        job_id=asking.ref,
        run_id=run.id,
        user_id=ME,
        product_line="talkingphoto",
        capability=Capability.IMAGE_EDIT,
        parameters={"key": asking.key},
        budget=asking.budget,
        exclude=asking.exclude,
        prefer=asking.prefer,
        deadline=asking.deadline,
    )


def _stop(run: Run, ref: UUID, reason: str) -> Command:
    return CancelJob(job_id=ref, run_id=run.id, reason=reason)


def any_definition(chance: Random) -> Definition:
    """Two to eight steps, each after some of those before: holds, work of one part or several, decisions, nothing."""
    steps: list[Step] = []
    for number in range(chance.randrange(2, 8)):
        name = f"step_{number}"
        needs = tuple(one.name for one in steps if chance.random() < 0.4)
        progress = (number * 10, number * 10 + 10)
        patience = {"within_s": chance.choice((5.0, 60.0)), "patience": chance.randrange(3)}
        match chance.choice(("hold", "work", "work", "parts", "decision", "nothing")):
            case "hold":
                undo = Undo(_release, CreditsReleased, within_s=10.0, tries=5)
                one = Step(
                    name, name, progress, needs, _hold, CreditsReserved, ReservationRefused, undo=undo, **patience
                )
            case "decision":
                wish = Approval(chance.choice((10.0, 500.0)), goes_on=chance.random() < 0.5)
                one = Step(name, name, progress, needs, approval=lambda _, wish=wish: wish)
            case "nothing":
                one = Step(name, name, progress, needs)
            case kind:
                keys = tuple("abc"[: chance.randrange(1, 4)])
                one = Step(
                    name,
                    name,
                    progress,
                    needs,
                    _job,
                    JobCompleted,
                    JobFailed,
                    stop=_stop,
                    stopped=JobCancelled if chance.random() < 0.8 else None,
                    fan_out=(lambda _, keys=keys: keys) if kind == "parts" else None,
                    gate=Gate(8.0, chance.randrange(1, 4), "low", 7.0) if chance.random() < 0.5 else None,
                    optional=chance.random() < 0.3,
                    retry=Retry((5.0,) * chance.randrange(3)),
                    share=Decimal("0.3"),
                    stop_within_s=10.0,
                    **patience,
                )
        steps.append(one)
    holds = [one.name for one in steps if one.undo is not None]
    if holds and chance.random() < 0.7:
        needs = tuple(one.name for one in steps)
        settle = Step(
            "settle", "settle", (95, 100), needs, _capture, CreditsCaptured, optional=True, commits=True,
            shares_ref=holds[0], within_s=30.0,
        )  # fmt: skip
        steps.append(settle)
    return Definition("any", 1, tuple(steps), deadline_s=3_000.0, budget=lambda _: Decimal(2))


class World:
    """Those who answer: an effect is done once, and undone once."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.effects: dict[UUID, str] = {}

    def answer(self, command: Command) -> Event:
        match command:
            case ReserveCredits(reservation_id=ref, run_id=run_id):
                if self.effects.get(ref) == "undone" or (ref not in self.effects and self.chance.random() < 0.1):
                    self.effects.setdefault(ref, "refused")
                if self.effects.setdefault(ref, "done") in ("undone", "refused"):
                    return ReservationRefused(
                        reservation_id=ref, run_id=run_id, user_id=ME, reason="plan_limit", message="No."
                    )
                return CreditsReserved(
                    reservation_id=ref, run_id=run_id, user_id=ME, credits=1, plan="free", budget=Decimal(2),
                    priority=Priority.LOW,
                )  # fmt: skip
            case CaptureCredits(reservation_id=ref, run_id=run_id):
                if self.effects.get(ref) == "done":
                    self.effects[ref] = "settled"
                return CreditsCaptured(reservation_id=ref, run_id=run_id, user_id=ME, credits=1)
            case ReleaseCredits(reservation_id=ref, run_id=run_id):
                if self.effects.get(ref) != "settled":
                    self.effects[ref] = "undone"
                return CreditsReleased(reservation_id=ref, run_id=run_id, user_id=ME, credits=1, reason="x")
            case CancelJob(job_id=ref, run_id=run_id):
                return JobCancelled(job_id=ref, run_id=run_id, cost=Decimal("0.1"))
            case SubmitJob(job_id=ref, run_id=run_id):
                if self.chance.random() < 0.2:
                    return JobFailed(
                        job_id=ref, run_id=run_id, user_id=ME, capability=Capability.IMAGE_EDIT, failure="x", code="x",
                        message="It did not work.", retryable=self.chance.random() < 0.7, attempts=1, cost=Decimal(0),
                    )  # fmt: skip
                return JobCompleted(
                    job_id=ref, run_id=run_id, user_id=ME, capability=Capability.IMAGE_EDIT,
                    provider=self.chance.choice("abc"), outputs={"image": picture(self.chance.randrange(3))},
                    score=self.chance.choice((None, 6.0, 7.5, 9.0)), attempts=1, cost=Decimal("0.1"), seconds=0.1,
                )  # fmt: skip
        raise AssertionError(f"nobody answers {command!r}")


def picture(number: int) -> StoredObject:
    return StoredObject(key=f"test/{number}", sha256=f"{number:064}", size=1, mime_type="image/png")


class Life:
    """One run, and everything on its way to it and from it."""

    def __init__(self, definition: Definition, chance: Random) -> None:
        self.definition, self.chance, self.world, self.now = definition, chance, World(chance), START
        self.brief = Brief(UUID(int=7), ME, "talkingphoto", "educational", "any", 1, START, {})
        self.state: RunState = first_state(self.brief, definition)
        self.history: list[tuple[Signal, datetime]] = []
        self.commands: list[Command] = []
        self.answers: list[Event] = []
        self.events: list[Event] = []
        self.wake_at: datetime | None = None

    def tell(self, signal: Signal) -> None:
        decision = advance(self.definition, Run(self.brief, self.state), signal, self.now)
        self.wake_at = decision.wake_at
        if decision.entry is None:
            assert not decision.commands and not decision.events
            return
        self.state = load_state(dump_state(decision.state))
        assert self.state == decision.state, "what is stored is what was decided"
        self.history.append((load_signal(dump_signal(signal)), self.now))
        self.commands += [command for command, _ in decision.commands]
        self.events += decision.events

    def deliver(self, event: Event) -> None:
        meant = translate(event)
        assert meant is not None
        self.tell(meant[1])

    def play(self, move: str, delivered: list[Event]) -> None:
        match move:
            case "answer" if self.commands:
                command = self.commands.pop(self.chance.randrange(len(self.commands)))
                self.answers.append(self.world.answer(command))
            case "deliver" if self.answers:
                delivered.append(self.answers.pop(self.chance.randrange(len(self.answers))))
                self.deliver(delivered[-1])
            case "repeat" if self.answers:
                self.deliver(self.chance.choice(self.answers))
            case "late" if delivered:
                self.deliver(self.chance.choice(delivered))
            case "lose" if self.answers:
                # Its sender is asked again: what is lost for good is for the bus' own tests.
                self.answers.pop(self.chance.randrange(len(self.answers)))
            case "wait":
                self.now += timedelta(seconds=self.chance.randrange(400))
                self.tell(Ticked())
            case "decide":
                self.decide()
            case "cancel":
                self.tell(CancelRequested())
            case "retry":
                self.tell(RetryRequested(waits=self.chance.random() < 0.3))
            case "start":
                self.tell(Started())
            case "fault":
                self.tell(Faulted("planted"))

    def decide(self) -> None:
        approved, waits = self.chance.random() < 0.8, self.chance.random() < 0.3
        for step in self.definition.steps:
            if step.approval is not None:
                self.tell(Decided(step.name, approved=approved, waits=waits))

    def settle(self) -> None:
        for _ in range(3_000):
            if self.commands:
                self.answers.append(self.world.answer(self.commands.pop(0)))
            elif self.answers:
                self.deliver(self.answers.pop(0))
            elif self.state.phase == "waiting" and self.chance.random() < 0.9:
                self.tell(Started())
            elif self.wake_at is not None:
                self.now = max(self.now, self.wake_at)
                self.tell(Ticked())
            else:
                return
        raise AssertionError(f"still moving: {self.state}")


MOVES = {
    "answer": 30, "deliver": 30, "repeat": 6, "late": 6, "lose": 2, "wait": 4, "decide": 6, "cancel": 1, "retry": 2,
    "start": 3, "fault": 1,
}  # fmt: skip


def offers(life: Life) -> dict[str, dict[str, Offer]]:
    """Results of an earlier run for some parts; those that are certain, and those that hold for the same content."""
    found: dict[str, dict[str, Offer]] = {}
    run = Run(life.brief, life.state)
    for step in life.definition.steps:
        for key in step.keys(run) if reusable(step) else ():
            if life.chance.random() < 0.4:
                known = life.chance.choice(("", digest(step, run, key), "other content"))
                result = Result({"image": picture(9)}, score=9.0, cost=Decimal("5"))
                found.setdefault(step.name, {})[key] = Offer(known, result)
    return found


@settings(max_examples=400, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_every_run_of_any_definition_ends_and_replays_and_undoes_what_it_has_done(seed: int) -> None:
    """Definition and schedule are one integer: whoever finds a bad one can replay it."""
    chance = Random(seed)
    life = Life(any_definition(chance), chance)
    if chance.random() < 0.3:
        life.tell(Offered(offers(life)))
    life.tell(Started(at_once=chance.random() < 0.5))
    delivered: list[Event] = []
    for move in chance.choices(list(MOVES), list(MOVES.values()), k=chance.randrange(120)):
        life.play(move, delivered)
    life.settle()
    # What an operator would do where every answer to an undo was lost.
    for _ in range(3):
        if not Run(life.brief, life.state).credits_returned:
            life.tell(UndoRetryRequested())
            life.settle()

    assert life.state.phase.final
    assert replay(life.definition, life.brief, life.history) == life.state
    assert_undone(life)
    assert_told(life.events, life.state)
    assert all(
        unit.result.cost == 0
        for step in life.state.steps.values()
        for unit in step.units.values()
        if unit.reused and unit.result is not None
    ), "what was there is free"


def assert_undone(life: Life) -> None:
    """Of a run that has its result nothing is undone; of any other everything that was done."""
    completed = life.state.phase == "completed"
    mine = {
        unit.ref
        for step in life.definition.steps
        if step.undo is not None and (state := life.state.steps.get(step.name)) is not None
        for unit in state.units.values()
        if unit.status is UnitStatus.DONE
    }
    if completed:
        assert all(life.world.effects[ref] in ("done", "settled") for ref in mine)
    else:
        assert not [ref for ref in mine if life.world.effects[ref] == "done"]
        assert all(step.undo in (UndoStatus.NONE, UndoStatus.DONE) for step in life.state.steps.values())
    # Of earlier rounds nothing is left behind, nor of what was answered too late.
    assert not [ref for ref, effect in life.world.effects.items() if effect == "done" and ref not in mine]


def assert_told(events: Sequence[Event], state: RunState) -> None:
    told = [event for event in events if isinstance(event, RunEvent)]
    assert [event.sequence for event in told] == list(range(2, len(told) + 2))
    ends = [event for event in told if isinstance(event, RunCompleted | RunFailed | RunCancelled)]
    assert len(ends) == state.round
