"""Timers are rows: what is due is claimed and advanced, and what is not is left alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from chassis.bus.messages import COMMANDS, Delivery, command_key
from chassis.bus.port import ACKNOWLEDGE, Binding, QueueSpec, Verdict
from chassis.clock import ManualClock
from chassis.identity.tokens import Identity
from contracts.ai_router import SubmitJob
from contracts.billing import ReleaseCredits, ReserveCredits
from contracts.enums import Priority
from workflow.runs import repository

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"


async def test_a_timer_that_comes_too_early_only_corrects_the_time(start_world: Any, somebody: Identity) -> None:
    world = await start_world(timer_poll_s=60)
    world.others.mute = {SubmitJob}
    run_id = (await world.order(somebody)).json()["id"]
    await world.until(somebody, run_id, lambda d: d["credits"]["held"] == 1)
    timer = world.service.background[0]
    async with world.database.connection() as connection:
        await connection.execute("UPDATE runs SET wake_at = now() - interval '1 second' WHERE id = $1", run_id)
        before = await connection.fetchval("SELECT count(*) FROM run_history WHERE run_id = $1", run_id)
    assert await timer.run_once() == 1
    assert await timer.run_once() == 0
    async with world.database.connection() as connection:
        assert await connection.fetchval("SELECT wake_at > now() FROM runs WHERE id = $1", run_id)
        assert await connection.fetchval("SELECT count(*) FROM run_history WHERE run_id = $1", run_id) == before


async def test_two_timers_advance_each_run_once(start_world: Any, somebody: Identity) -> None:
    """Both claim at the same moment; a run is asked for again once."""
    world = await start_world(timer_poll_s=60, step_within_s=40)
    world.others.mute = {ReserveCredits}
    for _ in range(5):
        await world.order(somebody)
    await world.wait_for(lambda: len(world.others.asked(ReserveCredits)) == 5)
    timer = world.service.background[0]

    world.database.clock = ManualClock(datetime.now(UTC) + timedelta(seconds=41))
    counts = await asyncio.gather(timer.run_once(), timer.run_once(), timer.run_once())
    assert sum(counts) == 5
    await world.wait_for(lambda: len(world.others.asked(ReserveCredits)) == 10)
    asked = [command.reservation_id for command in world.others.asked(ReserveCredits)]
    assert len(set(asked)) == 5, "asking again must repeat the id"


async def test_one_bad_look_does_not_end_the_timer(
    start_world: Any, somebody: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every run's deadline hangs on it: after an error that nobody expected it looks again."""
    world = await start_world(timer_poll_s=0.05, step_within_s=0.1)
    world.others.mute = {ReserveCredits}
    lock_due = repository.lock_due
    looks = 0

    async def fails_twice(*arguments: Any) -> Any:
        nonlocal looks
        looks += 1
        if looks <= 2:
            raise KeyError("ours")
        return await lock_due(*arguments)

    monkeypatch.setattr(repository, "lock_due", fails_twice)
    with capture_logs() as logs:
        await world.order(somebody)
        await world.wait_for(lambda: len(world.others.asked(ReserveCredits)) >= 2)
    failed = [line["part"] for line in logs if line["event"] == "periodic.failed"]
    assert failed == ["workflow timer"] * 2


async def test_a_run_that_nobody_answers_ends_by_itself(start_world: Any, somebody: Identity) -> None:
    """Billing is mute: silence, release, more silence; the run fails and says that a person has to look."""
    world = await start_world(
        step_within_s=0.1, step_patience=1, undo_within_s=0.1, undo_tries=2, stop_within_s=0.1, run_deadline_s=3
    )
    world.others.mute = {ReserveCredits, ReleaseCredits}
    run_id = (await world.order(somebody)).json()["id"]
    run = await world.ended(somebody, run_id)
    assert (run["status"], run["error"]["code"]) == ("failed", "no_answer")
    assert run["credits"]["returned"] is False
    assert (await world.call(somebody, "POST", f"/api/v1/workflows/{run_id}/retry")).status_code == 409
    async with world.database.connection() as connection:
        took = await connection.fetchval("SELECT finished_at - created_at FROM runs WHERE id = $1", UUID(run_id))
    assert took < timedelta(seconds=3)


async def test_an_operator_has_the_credits_given_back_after_all(
    start_world: Any, somebody: Identity, help_: Any
) -> None:
    world = await start_world(step_within_s=5, undo_within_s=0.1, undo_tries=1)
    world.others.mute = {ReleaseCredits, SubmitJob}
    run_id = (await world.order(somebody)).json()["id"]
    await world.until(somebody, run_id, lambda d: d["credits"]["held"] == 1)
    await world.call(somebody, "POST", f"/api/v1/workflows/{run_id}/cancel")
    run = await world.ended(somebody, run_id)
    assert run["credits"] == {"held": 1, "captured": 0, "returned": False}
    world.others.mute = set()
    operator = help_.an_identity(role="admin")
    assert (await world.call(operator, "POST", f"/api/v1/workflows/{run_id}/undo")).status_code == 202
    run = await world.until(somebody, run_id, lambda d: d["credits"]["returned"])
    assert run["status"] == "cancelled"
    assert list(world.others.holds.values()) == ["released"]
    assert (await world.call(operator, "POST", f"/api/v1/workflows/{run_id}/undo")).status_code == 409


async def test_what_time_sets_off_belongs_to_the_trace_of_the_request(start_world: Any, somebody: Identity) -> None:
    """Also after a restart: nothing of the request is left but the run's row."""
    world = await start_world(timer_poll_s=60, step_within_s=40)
    world.others.mute = {ReserveCredits}
    await world.order(somebody)
    await world.wait_for(lambda: len(world.others.asked(ReserveCredits)) == 1)
    told: list[object] = []

    async def listen(deliveries: Sequence[Delivery]) -> Sequence[Verdict]:
        told.extend(delivery.headers.get("cloudEvents:traceparent") for delivery in deliveries)
        return [ACKNOWLEDGE] * len(deliveries)

    lanes = tuple(Binding(COMMANDS, command_key("billing", lane)) for lane in Priority)
    world.bus.subscribe(QueueSpec("test.told", lanes), listen)
    async with world.database.connection() as connection:
        await connection.execute("UPDATE runs SET traceparent = $1", TRACEPARENT)
    world.database.clock = ManualClock(datetime.now(UTC) + timedelta(seconds=41))
    assert await world.service.background[0].run_once() == 1
    await world.wait_for(lambda: told == [TRACEPARENT])
