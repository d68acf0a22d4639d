"""The queue of answers: batches, second deliveries, a crash before the acknowledgement, runs that are poisoned."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import orjson
import pytest

from chassis import ids
from chassis.bus.port import Acknowledge
from chassis.data.database import Transaction
from chassis.identity.tokens import Identity
from chassis.testing.cancelling import bystander, every_await
from contracts.ai_router import JobCompleted, JobProgressed, SubmitJob
from contracts.billing import EntitlementsChanged
from contracts.enums import Capability, Priority, WorkflowType
from contracts.users import UserRegistered
from contracts.workflow import RunFailed
from workflow.engine.advance import replay
from workflow.engine.definition import Asking, Definition, Definitions, Step
from workflow.engine.signals import load_signal
from workflow.engine.state import Run, load_state
from workflow.runs import repository
from workflow.runs.consumer import Throttle
from workflow.runs.driver import lazily
from workflow.runs.ordering import Order, begin_all

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@contextmanager
def counting_statements() -> Any:
    """Statements that transactions run, as they are run; not those of the background parts of any service."""
    mine = asyncio.current_task()
    seen: list[str] = []
    originals = {name: getattr(Transaction, name) for name in ("fetch", "fetchrow", "execute")}

    def counted(name: str) -> Callable[..., Any]:
        async def call(self: Transaction, statement: str, *arguments: Any) -> Any:
            if asyncio.current_task() is mine:
                seen.append(statement)
            return await originals[name](self, statement, *arguments)

        return call

    for name in originals:
        setattr(Transaction, name, counted(name))
    try:
        yield seen
    finally:
        for name, original in originals.items():
            setattr(Transaction, name, original)


def handler_of(world: Any, queue: str) -> Callable[..., Any]:
    """What the bus calls for a queue, to be called with deliveries of the test's own."""
    found: Callable[..., Any] = world.consumers.by_queue[queue]
    return found


async def snapshot(world: Any) -> list[Any]:
    """Everything that a message may change."""
    async with world.database.connection() as connection:
        return [
            [dict(row) for row in await connection.fetch(f"SELECT * FROM {table} ORDER BY 1, 2")]  # noqa: S608
            for table in ("runs", "run_history", "entitlements", "users")
        ]


async def held_run(world: Any, who: Identity) -> str:
    """A run whose jobs nobody answers."""
    world.others.mute = {SubmitJob}
    run_id: str = (await world.order(who)).json()["id"]
    await world.until(who, run_id, lambda d: d["credits"]["held"] == 1)
    return run_id


def completed(job: SubmitJob, help_: SimpleNamespace) -> JobCompleted:
    role = {"image_enhancement": "image", "audio_generation": "audio", "video_generation": "video"}[job.capability]
    return JobCompleted(
        job_id=job.job_id,
        run_id=job.run_id,
        user_id=job.user_id,
        capability=job.capability,
        provider="first",
        outputs={role: help_.stored(role)},
        score=9.0,
        attempts=1,
        cost=Decimal("0.01"),
        seconds=1.0,
    )


async def test_a_second_delivery_of_any_answer_changes_nothing(
    world: Any, somebody: Identity, help_: SimpleNamespace
) -> None:
    """Every message that a whole run brought comes again, under its old id and under a new one."""
    deliveries: list[Any] = []
    publish = world.publish

    async def recorded(*events: Any) -> None:
        deliveries.extend(help_.as_delivery(event) for event in events)
        await publish(*events)

    world.publish = recorded
    run_id = (await world.order(somebody)).json()["id"]
    await world.ended(somebody, run_id)
    handle = handler_of(world, "workflow.runs")
    assert len(deliveries) >= 8
    before = await snapshot(world)
    for _ in range(2):
        # The first time under ids that the inbox has not seen, the second time under ids that it has.
        verdicts = await handle(deliveries)
        assert all(isinstance(verdict, Acknowledge) for verdict in verdicts)
        assert await snapshot(world) == before


@pytest.mark.parametrize("together", [True, False])
async def test_a_crash_before_the_acknowledgement_repeats_nothing(
    world: Any, somebody: Identity, help_: SimpleNamespace, together: bool
) -> None:
    """The effects are committed, the acknowledgement is lost, the same deliveries come again."""
    await held_run(world, somebody)
    handle = handler_of(world, "workflow.runs")
    deliveries = [help_.as_delivery(completed(job, help_)) for job in world.others.asked(SubmitJob)]
    for _ in range(2):
        for group in [deliveries] if together else [[one] for one in deliveries]:
            assert all(isinstance(verdict, Acknowledge) for verdict in await handle(group))
    asked = [job.capability for job in world.others.asked(SubmitJob)]
    await world.bus.ready()
    run = (await world.call(somebody, "GET", "/api/v1/workflows")).json()["items"][0]
    details = await world.until(somebody, run["id"], lambda d: len(world.others.asked(SubmitJob)) == 3)
    assert sorted(asked)[:2] == [Capability.AUDIO_GENERATION, Capability.IMAGE_ENHANCEMENT]
    assert Decimal(details["actual_cost"]) == Decimal("0.02")


async def test_copies_of_users_and_entitlements_are_the_same_after_a_second_delivery(
    shared: Any, somebody: Identity, help_: SimpleNamespace
) -> None:
    registered = UserRegistered(user_id=somebody.user_id, email="a@b.c", username="a", home_product_line="talkingphoto")
    entitled = EntitlementsChanged(
        user_id=somebody.user_id,
        product_line="talkingphoto",
        plan="free",
        limits={"workflows": 3},
        features={},
        priority=Priority.LOW,
        run_budget=Decimal("0.1"),
        credits_available=3,
        version=1,
    )
    for queue, event in (("workflow.users", registered), ("workflow.entitlements", entitled)):
        handle = handler_of(shared, queue)
        delivery = help_.as_delivery(event, queue)
        await handle([delivery])
        before = await snapshot(shared)
        assert somebody.user_id in {row["user_id"] for rows in before[2:] for row in rows}
        assert all(isinstance(v, Acknowledge) for v in await handle([delivery]))
        assert all(isinstance(v, Acknowledge) for v in await handle([help_.as_delivery(event, queue)]))
        assert await snapshot(shared) == before


async def test_a_batch_for_many_runs_takes_two_statements(start_world: Any, help_: SimpleNamespace) -> None:
    """One to lock and read; states, history and the chassis' bookkeeping are written with the commit."""
    world = await start_world(three_jobs(), max_processing=1000)
    refs = await begin_many(world, 40)
    handle = handler_of(world, "workflow.runs")
    deliveries = [help_.as_delivery(done(run_id, ref)) for run_id, ref in refs.items()]
    with counting_statements() as statements:
        await handle(deliveries)
    assert len(statements) == 1, statements
    async with world.database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM run_history") == 80


async def test_news_of_progress_is_not_even_read_more_often_than_it_is_told(
    start_world: Any, help_: SimpleNamespace
) -> None:
    world = await start_world(three_jobs(), max_processing=1000)
    refs = await begin_many(world, 10)
    handle = handler_of(world, "workflow.runs")
    with counting_statements() as statements:
        for percent in (10, 20, 30):
            await handle([help_.as_delivery(progressed(run_id, ref, percent)) for run_id, ref in refs.items()])
    # Each run has told of its first step just now, so nothing is written either.
    assert len(statements) == 1, statements


async def test_a_poisoned_run_ends_alone_and_its_neighbours_go_on(start_world: Any, help_: SimpleNamespace) -> None:
    """One run's second command cannot be built; it fails with its credits untouched, the others never notice."""
    poisoned: set[UUID] = set()

    def ask(run: Run, asking: Asking) -> SubmitJob:
        if run.id in poisoned and "b" in run.state.steps:
            raise RuntimeError("a planted bug")
        return submit(run, asking)

    world = await start_world(three_jobs(ask), max_processing=1000)
    refs = await begin_many(world, 5)
    poisoned.add(next(iter(refs)))
    handle = handler_of(world, "workflow.runs")
    with counting_statements() as statements:
        await handle([help_.as_delivery(done(run_id, ref)) for run_id, ref in refs.items()])
    assert len(statements) == 1, "the batch was split"
    async with world.database.connection() as connection:
        rows = await connection.fetch("SELECT id, status, state FROM runs")
    assert {row["id"] for row in rows if row["status"] == "failed"} == poisoned
    assert sum(row["status"] == "processing" for row in rows) == 4


async def test_a_run_that_cannot_even_be_undone_is_parked_and_goes_on_when_it_is_released(
    start_world: Any, help_: SimpleNamespace
) -> None:
    """Its stored state cannot be read: it waits for a person, and an operator lets it go on once it is repaired."""
    world = await start_world(three_jobs(), max_processing=1000)
    refs = await begin_many(world, 3)
    victim, ref = next(iter(refs.items()))
    async with world.database.connection() as connection:
        intact = await connection.fetchval("SELECT state::text FROM runs WHERE id = $1", victim)
        await connection.execute("""UPDATE runs SET state = '{"steps": 1}' WHERE id = $1""", victim)
    handle = handler_of(world, "workflow.runs")

    verdicts = await handle([help_.as_delivery(done(run_id, at)) for run_id, at in refs.items()])

    assert all(isinstance(verdict, Acknowledge) for verdict in verdicts)
    async with world.database.connection() as connection:
        rows = {row["id"]: row for row in await connection.fetch("SELECT * FROM runs")}
        assert rows[victim]["status"] == "failed"
        assert "ValidationError" in rows[victim]["parked_reason"]
        assert [rows[run_id]["status"] for run_id in refs if run_id != victim] == ["processing"] * 2
        await connection.execute("UPDATE runs SET state = $2 WHERE id = $1", victim, intact)
    told = await world.wait_for(lambda: [e for e in world.published if isinstance(e, RunFailed)])
    assert [(e.run_id, e.code) for e in told] == [(victim, "parked")]
    operator = help_.an_identity(role="admin")
    assert (await world.call(operator, "POST", f"/api/v1/workflows/{victim}/unpark")).status_code == 202
    await handle([help_.as_delivery(done(victim, ref))])
    async with world.database.connection() as connection:
        assert await connection.fetchval("SELECT status FROM runs WHERE id = $1", victim) == "processing"
        number = await connection.fetchval("SELECT count(*) FROM run_history WHERE run_id = $1", victim)
    assert number >= 2


async def test_an_answer_for_a_run_that_is_not_known_is_taken_and_changes_nothing(
    shared: Any, help_: SimpleNamespace
) -> None:
    handle = handler_of(shared, "workflow.runs")
    before = await snapshot(shared)
    verdicts = await handle([help_.as_delivery(done(ids.uuid7(), ids.uuid7()))])
    assert isinstance(verdicts[0], Acknowledge)
    assert await snapshot(shared) == before


async def test_messages_of_one_run_in_one_batch_follow_each_other(start_world: Any, help_: SimpleNamespace) -> None:
    world = await start_world(three_jobs(), max_processing=1000)
    ((run_id, ref),) = (await begin_many(world, 1)).items()
    refs = [ref, ids.derived(run_id, "b", "", 1, 1), ids.derived(run_id, "c", "", 1, 1)]
    handle = handler_of(world, "workflow.runs")
    await handle([help_.as_delivery(done(run_id, one)) for one in refs])
    async with world.database.connection() as connection:
        assert await connection.fetchval("SELECT status FROM runs WHERE id = $1", run_id) == "completed"
        assert await connection.fetchval("SELECT wake_at FROM runs WHERE id = $1", run_id) is None


async def test_a_neighbour_keeps_its_step_wherever_a_run_was_cancelled(
    start_world: Any, help_: SimpleNamespace
) -> None:
    """At every await of beginning a run and of handling its answer; what others see is what counts."""
    world = await start_world(three_jobs(), max_processing=100_000)
    handle = handler_of(world, "workflow.runs")

    async def one_step() -> UUID:
        ((run_id, ref),) = (await begin_many(world, 1)).items()
        await handle([help_.as_delivery(done(run_id, ref))])
        return run_id

    async with bystander(world.database) as others:
        cancelled = 0
        async for _ in every_await(one_step):
            cancelled += 1
            run_id = await one_step()
            seen = await others.fetchval("SELECT count(*) FROM run_history WHERE run_id = $1", run_id)
            assert seen == 2, f"after {cancelled} cancellations"
        assert cancelled > 10
        numbers = await others.fetch("SELECT run_id FROM run_history GROUP BY run_id HAVING count(*) <> max(number)")
        assert numbers == []


async def test_a_stored_history_replays_to_the_stored_state(world: Any, somebody: Identity) -> None:
    world.others.scores = {"image_enhancement": [7.5, 6.0], "video_generation": [7.0]}
    run_id = UUID((await world.order(somebody)).json()["id"])
    await world.ended(somebody, str(run_id))
    async with world.database.transaction() as tx:
        row = (await repository.lock(tx, [run_id]))[0]
        entries = await tx.fetch(
            "SELECT signal::text AS signal, at FROM run_history WHERE run_id = $1 ORDER BY number", run_id
        )
    definition = world.definitions.of(row.brief.definition, row.brief.version)
    replayed = replay(definition, row.brief, [(load_signal(e["signal"]), e["at"]) for e in entries])
    assert replayed == load_state(row.state)


async def test_the_history_cannot_be_changed(shared: Any, somebody: Identity) -> None:
    run_id = (await shared.order(somebody)).json()["id"]
    await shared.ended(somebody, run_id)
    async with shared.database.connection() as connection:
        with pytest.raises(Exception, match="append-only"):
            await connection.execute("UPDATE run_history SET number = number + 1000 WHERE run_id = $1", run_id)
        steps = await connection.fetch("SELECT * FROM workflow_steps WHERE workflow_id = $1", run_id)
    assert {row["name"]: row["status"] for row in steps}["generate"] == "done"
    assert next(row for row in steps if row["name"] == "enhance")["score"] == Decimal("9.00")


async def test_a_nul_in_a_state_is_refused_and_what_only_looks_like_one_is_not(shared: Any, somebody: Identity) -> None:
    run_id = UUID((await shared.order(somebody)).json()["id"])
    await shared.ended(somebody, str(run_id))
    async with shared.database.connection() as connection:
        state = await connection.fetchval("SELECT state FROM runs WHERE id = $1", run_id)

        async def warn(warning: str) -> None:
            stored = orjson.dumps(state | {"warnings": [warning]}).decode()
            await connection.execute("UPDATE runs SET state = $2::text::json WHERE id = $1", run_id, stored)

        await warn("\\u0000")
        with pytest.raises(Exception, match="Unicode escape"):
            await warn("\x00")
        assert await connection.fetch("SELECT * FROM workflow_steps WHERE workflow_id = $1", run_id)


def test_a_throttle_lets_news_through_every_two_seconds_for_each_job() -> None:
    throttle = Throttle(size=2)
    a, b, c = ids.uuid7(), ids.uuid7(), ids.uuid7()
    assert throttle.admits(a, NOW)
    assert not throttle.admits(a, NOW + timedelta(seconds=1.9))
    assert throttle.admits(b, NOW)
    assert throttle.admits(a, NOW + timedelta(seconds=2))
    assert throttle.admits(c, NOW) and throttle.admits(b, NOW), "the oldest is forgotten"
    assert throttle.admits(c, NOW - timedelta(seconds=5)), "a clock that was set back must not silence anybody"


@pytest.mark.parametrize(
    ("stored", "due", "kept"),
    [
        (None, 5, 5),
        (5, None, None),
        (5, 9, 5),
        (9, 5, 5),
        (-1, 9, 9),
        (0, 9, 9),
    ],
)
def test_a_stored_time_stays_while_it_is_early_enough(stored: int | None, due: int | None, kept: int | None) -> None:
    def at(seconds: int | None) -> datetime | None:
        return None if seconds is None else NOW + timedelta(seconds=seconds)

    assert lazily(at(stored), at(due), NOW) == at(kept)


def submit(run: Run, asking: Asking) -> SubmitJob:
    return SubmitJob(
        job_id=asking.ref,
        run_id=run.id,
        user_id=run.brief.user_id,
        product_line="talkingphoto",
        capability=Capability.IMAGE_GENERATION,
        deadline=asking.deadline,
    )


def three_jobs(ask: Callable[[Run, Asking], SubmitJob] = submit) -> Definitions:
    """Three jobs one after the other, without money."""
    common: dict[str, Any] = {"ask": ask, "done": JobCompleted}
    steps = (
        Step("a", "the first", (0, 30), **common),
        Step("b", "the second", (30, 60), needs=("a",), **common),
        Step("c", "the third", (60, 100), needs=("b",), **common),
    )
    return Definitions({"educational": Definition("three_jobs", 1, steps)})


async def begin_many(world: Any, count: int) -> dict[UUID, UUID]:
    """Runs of three jobs, with the id of the job that each of them waits for."""
    world.others.mute = {SubmitJob}
    definition = world.definitions.current["educational"]
    async with world.database.transaction() as tx:
        orders = {ids.uuid7(): Order(ids.uuid7(), "talkingphoto", WorkflowType.EDUCATIONAL, {}) for _ in range(count)}
        begin_all(tx, definition, orders)
    return {run_id: ids.derived(run_id, "a", "", 1, 1) for run_id in orders}


def done(run_id: UUID, job_id: UUID) -> JobCompleted:
    return JobCompleted(
        job_id=job_id,
        run_id=run_id,
        user_id=ids.uuid7(),
        capability=Capability.IMAGE_GENERATION,
        provider="p",
        outputs={},
        attempts=1,
        cost=Decimal(0),
        seconds=0.0,
    )


def progressed(run_id: UUID, job_id: UUID, percent: int) -> JobProgressed:
    return JobProgressed(
        job_id=job_id,
        run_id=run_id,
        capability=Capability.IMAGE_GENERATION,
        provider="p",
        progress=percent,
        message="on it",
    )
