"""Leased work: done at least once, kept by one holder at a time, lanes in order without starving."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any
from unittest.mock import Mock
from uuid import UUID

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from structlog.testing import capture_logs

from chassis import ids
from chassis.clock import ManualClock
from chassis.data.database import Database, LeaseLost
from chassis.data.leased_work import LANES, NewWork, WorkItem
from chassis.messaging.consumer import wait_until
from chassis.observe import context, logs, traces
from chassis.work.workers import WorkPool
from contracts.enums import Priority


async def _add(database: Database, count: int = 1, **settings: Any) -> list[UUID]:
    works = [NewWork(ids.uuid7(), "render", {"n": n}, **settings) for n in range(count)]
    async with database.transaction() as tx:
        for work in works:
            tx.add_work(work)
    return [work.id for work in works]


class Runner:
    """Runs items; finishes each in its own transaction unless told otherwise."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.started: list[WorkItem] = []
        self.cancelled: list[UUID] = []
        self.lost: list[UUID] = []
        self.go = asyncio.Event()
        self.go.set()
        self.error: Exception | None = None
        self.busiest = 0
        self._running = 0

    async def __call__(self, item: WorkItem) -> None:
        self.started.append(item)
        self._running += 1
        self.busiest = max(self.busiest, self._running)
        try:
            await self.go.wait()
            if self.error is not None:
                raise self.error
            async with self.database.transaction() as tx:
                await tx.execute("INSERT INTO effects VALUES ($1)", str(item.id))
                tx.finish_work(item)
        except asyncio.CancelledError:
            self.cancelled.append(item.id)
            raise
        except LeaseLost:
            self.lost.append(item.id)
            raise
        finally:
            self._running -= 1

    @property
    def ids(self) -> list[UUID]:
        return [item.id for item in self.started]


async def test_work_is_done_and_gone(new_service: Any, count: Any, eventually: Any) -> None:
    database = await new_service()
    runner = Runner(database)
    pool = WorkPool(database, "render", runner, concurrency=3, poll_s=30)
    await pool.start()

    added = await _add(database, 10)

    async def done() -> bool:
        return (await count(database, "work"), await count(database, "effects")) == (0, 10)

    await eventually(done)
    assert sorted(runner.ids) == sorted(added)
    assert {item.attempt for item in runner.started} == {1}
    assert sorted(item.payload["n"] for item in runner.started) == list(range(10))
    assert runner.busiest == 3
    await pool.stop()
    assert pool.busy == 0


async def test_work_taken_at_once_brings_its_subject_and_claimed_work_does_not(new_service: Any) -> None:
    database = await new_service()
    subject = object()
    await _add(database, 1, subject=subject)
    runner = Runner(database)
    pool = WorkPool(database, "render", runner, concurrency=3, poll_s=30)
    await pool.start()
    await wait_until(lambda: len(runner.started) == 1, timeout_s=5)
    await wait_until(lambda: pool.busy == 0, timeout_s=5)

    await _add(database, 1, subject=subject)

    await wait_until(lambda: len(runner.started) == 2, timeout_s=5)
    await pool.stop()
    assert [item.subject for item in runner.started] == [None, subject]
    assert [item.payload for item in runner.started] == [{"n": 0}, {"n": 0}]


async def test_other_kinds_and_work_for_later_are_left(new_service: Any, count: Any) -> None:
    clock = ManualClock()
    database = await new_service(clock=clock)
    runner = Runner(database)
    pool = WorkPool(database, "render", runner, poll_s=0.02)
    async with database.transaction() as tx:
        tx.add_work(NewWork(ids.uuid7(), "mail"))
    later = await _add(database, run_after=clock.now() + timedelta(hours=1))
    now = await _add(database)
    await pool.start()
    await wait_until(lambda: runner.ids == now, timeout_s=5)

    clock.advance(timedelta(hours=2))

    await wait_until(lambda: runner.ids == [*now, *later], timeout_s=5)
    await pool.stop()
    assert await count(database, "work") == 1


async def test_high_lanes_go_first_and_every_tenth_claim_takes_the_oldest(new_service: Any) -> None:
    database = await new_service()
    low = await _add(database, 10, lane=LANES[Priority.LOW])
    high = await _add(database, 20, lane=LANES[Priority.HIGH])
    runner = Runner(database)
    pool = WorkPool(database, "render", runner, concurrency=1, poll_s=0.01)
    await pool.start()
    await wait_until(lambda: len(runner.started) == 30, timeout_s=20)
    await pool.stop()

    lanes = ["low" if work_id in low else "high" for work_id in runner.ids]
    assert lanes[0] == "high"
    assert Counter(lanes[:20])["low"] in (1, 2, 3)
    assert set(runner.ids) == {*low, *high}


async def test_a_lease_that_is_not_renewed_passes_on_and_the_old_holder_is_fenced_off(
    new_service: Any, count: Any, eventually: Any
) -> None:
    clock = ManualClock()
    database = await new_service(clock=clock)
    slow, quick = Runner(database), Runner(database)
    slow.go.clear()
    first = WorkPool(database, "render", slow, lease_s=60, poll_s=0.02)
    await first.start()
    (work_id,) = await _add(database)
    await wait_until(lambda: slow.ids == [work_id], timeout_s=5)

    # The first holder hangs for longer than its lease, without renewing.
    clock.advance(timedelta(seconds=61))
    first._loops[1].cancel()
    first._loops[0].cancel()
    second = WorkPool(database, "render", quick, lease_s=60, poll_s=0.02)
    await second.start()
    await wait_until(lambda: quick.ids == [work_id], timeout_s=5)
    slow.go.set()
    await wait_until(lambda: first.busy == 0, timeout_s=5)

    assert quick.started[0].attempt == 2
    assert slow.lost == [work_id]

    async def once() -> bool:
        return (await count(database, "work"), await count(database, "effects")) == (0, 1)

    await eventually(once)
    await asyncio.gather(first.stop(), second.stop())


async def test_a_lease_is_renewed_while_the_work_goes_on(new_service: Any) -> None:
    database = await new_service()
    runner, thief = Runner(database), Runner(database)
    runner.go.clear()
    pool = WorkPool(database, "render", runner, lease_s=0.6, poll_s=0.05)
    await pool.start()
    (work_id,) = await _add(database)
    await wait_until(lambda: runner.ids == [work_id], timeout_s=5)
    other = WorkPool(database, "render", thief, lease_s=0.6, poll_s=0.05)
    await other.start()

    long_after = asyncio.get_running_loop().time() + 1.8
    await wait_until(lambda: asyncio.get_running_loop().time() > long_after, timeout_s=5)
    assert thief.started == []
    runner.go.set()
    await wait_until(lambda: pool.busy == 0, timeout_s=5)
    assert len(runner.started) == 1
    await asyncio.gather(pool.stop(), other.stop())


async def test_work_whose_row_is_taken_away_is_interrupted(new_service: Any) -> None:
    database = await new_service()
    runner = Runner(database)
    runner.go.clear()
    pool = WorkPool(database, "render", runner, lease_s=0.3, poll_s=0.05)
    await pool.start()
    (work_id,) = await _add(database)
    await wait_until(lambda: runner.ids == [work_id], timeout_s=5)

    async with database.connection() as connection:
        await connection.execute("DELETE FROM work")

    await wait_until(lambda: runner.cancelled == [work_id], timeout_s=5)
    await pool.stop()


async def test_cancelling_interrupts_an_item_that_runs_here(new_service: Any) -> None:
    database = await new_service()
    runner = Runner(database)
    runner.go.clear()
    pool = WorkPool(database, "render", runner, poll_s=30)
    await pool.start()
    one, two = await _add(database, 2)
    await wait_until(lambda: len(runner.started) == 2, timeout_s=5)

    pool.cancel(one)
    pool.cancel(ids.uuid7())

    await wait_until(lambda: runner.cancelled == [one] and pool.busy == 1, timeout_s=5)
    async with database.connection() as connection:
        await connection.execute("DELETE FROM work WHERE id = $1", one)
    runner.go.set()
    await wait_until(lambda: pool.busy == 0, timeout_s=5)
    assert set(runner.ids) == {one, two}
    await pool.stop()


async def test_stopping_gives_unfinished_work_to_others_at_once(new_service: Any) -> None:
    database = await new_service()
    stuck, other = Runner(database), Runner(database)
    stuck.go.clear()
    pool = WorkPool(database, "render", stuck, lease_s=60, poll_s=0.05)
    await pool.start()
    (work_id,) = await _add(database)
    await wait_until(lambda: stuck.ids == [work_id], timeout_s=5)
    await pool.stop(0.05)
    assert stuck.cancelled == [work_id]

    second = WorkPool(database, "render", other, lease_s=60, poll_s=0.05)
    await second.start()
    await wait_until(lambda: other.ids == [work_id], timeout_s=5)
    assert other.started[0].attempt == 2
    await second.stop()


async def test_stopping_waits_for_work_within_the_grace(new_service: Any, count: Any) -> None:
    database = await new_service()
    runner = Runner(database)
    runner.go.clear()
    pool = WorkPool(database, "render", runner, poll_s=0.05)
    await pool.start()
    await _add(database)
    await wait_until(lambda: len(runner.started) == 1, timeout_s=5)
    stopping = asyncio.create_task(pool.stop(5))
    await asyncio.wait({stopping}, timeout=0.1)
    assert not stopping.done()

    runner.go.set()
    await stopping

    assert runner.cancelled == []
    assert await count(database, "work") == 0


async def test_failed_work_is_tried_again_later_and_later(new_service: Any, eventually: Any) -> None:
    clock = ManualClock()
    database = await new_service(clock=clock)
    runner = Runner(database)
    runner.error = RuntimeError("no")
    pool = WorkPool(database, "render", runner, retry_s=10, poll_s=0.02)
    await pool.start()
    await _add(database)
    waits: list[float] = []
    for attempt in (1, 2, 3):
        await wait_until(lambda: len(runner.started) == attempt and pool.busy == 0, timeout_s=5)  # noqa: B023
        async with database.connection() as connection:
            run_after = await connection.fetchval("SELECT run_after FROM work")
        waits.append((run_after - clock.now()).total_seconds())
        clock.advance(run_after - clock.now() - timedelta(seconds=1))
        held_until = asyncio.get_running_loop().time() + 0.1
        await wait_until(lambda: asyncio.get_running_loop().time() > held_until, timeout_s=1)  # noqa: B023
        assert len(runner.started) == attempt
        clock.advance(timedelta(seconds=2))

    assert waits == [10, 20, 40]
    await wait_until(lambda: len(runner.started) == 4, timeout_s=5)
    assert [item.attempt for item in runner.started] == [1, 2, 3, 4]
    await pool.stop()


async def test_a_process_alone_takes_over_leases_of_the_one_before_it(new_service: Any) -> None:
    database = await new_service()
    added = await _add(database, 5)
    async with database.connection() as connection:
        await connection.execute(
            "UPDATE work SET lease_token = gen_random_uuid(), lease_until = now() + interval '1 hour', attempts = 1"
        )
    runner = Runner(database)
    pool = WorkPool(database, "render", runner, concurrency=2, poll_s=0.02, alone=True)
    await pool.start()

    await wait_until(lambda: sorted(runner.ids) == sorted(added), timeout_s=5)
    assert {item.attempt for item in runner.started} == {2}
    await pool.stop()


@pytest.mark.parametrize("failure", [ConnectionRefusedError("no database"), KeyError("ours")], ids=repr)
async def test_a_claim_that_fails_only_delays_the_work(
    new_service: Any, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    database = await new_service()
    runner = Runner(database)
    pool = WorkPool(database, "render", runner, lease_s=0.3, poll_s=0.02)
    away, connection = Mock(side_effect=failure), database.connection
    monkeypatch.setattr(database, "connection", away)
    await pool.start()
    try:
        await wait_until(lambda: away.call_count >= 3, timeout_s=5)
        monkeypatch.setattr(database, "connection", connection)

        (work_id,) = await _add(database)
        await wait_until(lambda: runner.ids == [work_id], timeout_s=5)
    finally:
        await pool.stop()


@pytest.mark.parametrize("failure", [ConnectionRefusedError("no database"), KeyError("ours")], ids=repr)
async def test_leases_are_renewed_after_a_renewal_that_failed(
    new_service: Any, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    database = await new_service()
    runner = Runner(database)
    runner.go.clear()
    pool = WorkPool(database, "render", runner, concurrency=1, lease_s=0.3, poll_s=0.02)
    await pool.start()
    try:
        (work_id,) = await _add(database)
        await wait_until(lambda: runner.ids == [work_id], timeout_s=5)
        away, connection = Mock(side_effect=failure), database.connection
        # There is no room, so nobody claims: whoever asks for a connection renews.
        monkeypatch.setattr(database, "connection", away)
        await wait_until(lambda: away.call_count >= 2, timeout_s=5)
        monkeypatch.setattr(database, "connection", connection)

        async with database.connection() as direct:
            await direct.execute("DELETE FROM work")
        await wait_until(lambda: runner.cancelled == [work_id], timeout_s=5)
    finally:
        await pool.stop()


async def test_new_work_is_begun_without_a_claim_but_never_before_older_work(new_service: Any, eventually: Any) -> None:
    database = await new_service()
    runner = Runner(database)
    runner.go.clear()
    pool = WorkPool(database, "render", runner, concurrency=2, poll_s=30)
    await pool.start()
    await wait_until(lambda: pool.reserve(0) == 0 and not pool._behind, timeout_s=5)
    claims = pool._claims

    first = await _add(database, 2)
    assert pool.busy == 2
    await wait_until(lambda: sorted(runner.ids) == sorted(first), timeout_s=5)
    assert pool._claims == claims

    # No room: it has to be claimed, and while it waits nothing newer is taken either.
    waiting = await _add(database, 3)
    await wait_until(lambda: pool._behind, timeout_s=5)
    assert pool.reserve(1) == 0
    runner.go.set()
    await wait_until(lambda: sorted(runner.ids) == sorted(first + waiting), timeout_s=5)
    assert pool._claims > claims
    await pool.stop()


async def test_new_work_is_begun_while_a_claim_is_under_way_that_nothing_is_known_to_wait_for(
    new_service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await new_service()
    runner = Runner(database)
    runner.go.clear()
    pool = WorkPool(database, "render", runner, concurrency=4, poll_s=30)
    await pool.start()
    await wait_until(lambda: not pool._behind, timeout_s=5)
    asked: list[int] = []
    answer = asyncio.Event()
    claim = pool._claim

    async def slowly(room: int) -> list[WorkItem]:
        asked.append(room)
        await answer.wait()
        return await claim(room)

    monkeypatch.setattr(pool, "_claim", slowly)
    pool.wake()
    await wait_until(lambda: bool(asked), timeout_s=5)
    added = await _add(database, 3)
    assert asked == [2]
    # Two places are kept for what the claim may bring, so one of the three has to be claimed.
    assert pool.busy == 2
    answer.set()
    await wait_until(lambda: sorted(runner.ids) == sorted(added), timeout_s=5)
    runner.go.set()
    await pool.stop()


async def test_each_attempt_is_a_span_in_the_trace_of_what_caused_the_work(
    new_service: Any, spans: InMemorySpanExporter
) -> None:
    """Whoever carries it out, and also after a restart; nothing of the handler that added it comes along."""
    database = await new_service()
    seen: list[str | None] = []

    async def run(item: WorkItem) -> None:
        seen.append(context.current().traceparent)
        if len(seen) == 1:
            raise ValueError("not now")
        async with database.transaction() as tx:
            tx.finish_work(item)

    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    async with database.transaction() as tx:
        tx.add_work(NewWork(ids.uuid7(), "render", {"context": context.Context(traceparent=parent).known()}))
    pool = WorkPool(database, "render", run, poll_s=0.01, retry_s=0.01)
    await pool.start()
    await wait_until(lambda: len(seen) == 2 and pool.busy == 0, timeout_s=10)
    with traces.start_span_from(parent, "handler"):
        async with database.transaction() as tx:
            tx.add_work(NewWork(ids.uuid7(), "render"))
    await wait_until(lambda: len(seen) == 3 and pool.busy == 0, timeout_s=10)
    await pool.stop()

    failed, done = [span for span in spans.get_finished_spans() if span.name == "work render"]
    assert [traces.traceparent_of(trace.NonRecordingSpan(span.context)) for span in (failed, done)] == seen[:2]
    assert {f"{span.parent.span_id:016x}" for span in (failed, done) if span.parent} == {parent[36:52]}
    assert [(span.attributes or {})["talkingphoto.attempt"] for span in (failed, done)] == [1, 2]
    assert (failed.status.status_code, done.status.status_code) == (StatusCode.ERROR, StatusCode.UNSET)
    assert seen[2] is None


async def test_work_says_in_the_log_when_it_begins_and_how_it_ends(new_service: Any) -> None:
    database = await new_service()
    cause = context.Context(correlation_id="c-1", user_id=ids.uuid7(), run_id=str(ids.uuid7()))
    runner = Runner(database)
    pool = WorkPool(database, "render", runner, poll_s=0.02)
    with capture_logs(processors=[logs._Identify("export")]) as lines:
        async with database.transaction() as tx:
            tx.add_work(NewWork(ids.uuid7(), "render", {"context": cause.known()}))
        await pool.start()
        await wait_until(lambda: any(line["event"] == "work.ended" for line in lines), timeout_s=5)
        runner.error = RuntimeError("no ink")
        await _add(database)
        await wait_until(lambda: any(line["event"] == "work.failed" for line in lines), timeout_s=5)
        await pool.stop()
    told = [line for line in lines if line["event"].startswith("work.")]
    assert [line["event"] for line in told] == ["work.begun", "work.ended", "work.begun", "work.failed"]
    assert {(line["request_id"], line["run_id"], line["user_id"]) for line in told[:2]} == {
        ("c-1", cause.run_id, cause.user_id)
    }
    assert "run_id" not in told[2]
    assert all(line["ms"] >= 0 for line in told if line["event"] != "work.begun")
