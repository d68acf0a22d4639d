"""A user's log: numbered in the order in which things were heard, polled, followed, resumed; nobody else's."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
from services.notify.tests.live.test_streams import Reader

from chassis import ids
from chassis.messaging.consumer import wait_until


@asynccontextmanager
async def following(notify: Any, user_id: Any, last: int = 0) -> AsyncIterator[Reader]:
    headers = {"Authorization": f"Bearer {user_id}", "Last-Event-ID": str(last)}
    reader = Reader(notify.service.app, "/api/v1/events/stream", headers)
    try:
        yield reader
    finally:
        await reader.leave()


async def entries(stream: Reader, number: int) -> list[tuple[int, str, int]]:
    """So many entries: number in the log, workflow, number within it."""
    found = []
    for _ in range(number):
        lines = dict(line.split(b": ", 1) for line in (await stream.next()).split(b"\n"))
        update = orjson.loads(lines[b"data"])
        assert lines[b"event"].decode() == update["state"]
        found.append((int(lines[b"id"]), update["workflow_id"], update["sequence"]))
    return found


async def polled(notify: Any, user_id: Any, **query: int) -> Any:
    async with notify.client(user_id) as client:
        answer = await client.get("/api/v1/events", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_it_is_polled_in_pieces(notify: Any, new_run: Any) -> None:
    user_id = ids.uuid7()
    first, second, other = new_run(user_id), new_run(user_id), new_run()
    await notify.tell(first.created(), second.created(), other.created(), first.progressed(), first.completed())
    piece = await polled(notify, user_id, limit=3)
    assert [(one["sequence"], one["event"]["workflow_id"]) for one in piece["items"]] == [
        (1, str(first.id)),
        (2, str(second.id)),
        (3, str(first.id)),
    ]
    assert (piece["next"], piece["more"]) == (3, True)
    rest = await polled(notify, user_id, after=3)
    assert [(one["sequence"], one["event"]["state"]) for one in rest["items"]] == [(4, "completed")]
    assert (rest["next"], rest["more"]) == (4, False)
    assert await polled(notify, user_id, after=4) == {"items": [], "next": 4, "more": False}
    assert [one["sequence"] for one in (await polled(notify, other.user_id))["items"]] == [1]
    assert (await polled(notify, ids.uuid7()))["items"] == []


async def test_history_then_live(notify: Any, new_run: Any) -> None:
    user_id = ids.uuid7()
    first, second, other = new_run(user_id), new_run(user_id), new_run()
    await notify.happen(first.created())
    async with following(notify, user_id) as stream:
        assert await entries(stream, 1) == [(1, str(first.id), 1)]
        began = time.monotonic()
        await notify.happen(other.created())
        await notify.happen(second.created())
        await notify.happen(first.completed())
        assert await entries(stream, 2) == [(2, str(second.id), 1), (3, str(first.id), 2)]
        # Nothing but the wake-up can have been so quick: the safety net looks every five seconds.
        assert time.monotonic() - began < 1
    assert len(notify.service.app.state.users_hub) == 0


async def test_what_is_announced_before_it_is_kept_comes_soon(notify: Any, new_run: Any) -> None:
    run = new_run()
    async with following(notify, run.user_id) as stream:
        await wait_until(lambda: len(notify.service.app.state.users_hub) == 1, timeout_s=5)
        event, began = run.created(), time.monotonic()
        await notify.announce(event)
        await notify.tell(event)
        assert await entries(stream, 1) == [(1, str(run.id), 1)]
        assert time.monotonic() - began < 2


@pytest.mark.parametrize("seed", range(3))
async def test_a_client_that_is_cut_anywhere_ends_with_exactly_the_log(notify: Any, new_run: Any, seed: int) -> None:
    chance = random.Random(seed)
    user_id = ids.uuid7()
    runs = [new_run(user_id) for _ in range(4)]
    for run in runs:
        await notify.happen(run.created())
    seen: list[tuple[int, str, int]] = []
    for _ in range(7):
        async with following(notify, user_id, last=seen[-1][0] if seen else 0) as stream:
            for _ in range(chance.randrange(4)):
                await notify.happen(chance.choice(runs).progressed())
            left = 4 + sum(run._sequence - 1 for run in runs) - len(seen)
            seen += await entries(stream, chance.randint(0, left))
    async with following(notify, user_id, last=seen[-1][0] if seen else 0) as stream:
        seen += await entries(stream, 4 + sum(run._sequence - 1 for run in runs) - len(seen))
    log = await notify.rows(
        "SELECT user_sequence, run_id::text, sequence FROM client_events WHERE user_id = $1 ORDER BY user_sequence",
        user_id,
    )
    assert seen == [tuple(row.values()) for row in log]
    assert [number for number, _, _ in seen] == list(range(1, len(log) + 1))


async def test_batches_side_by_side_number_every_user_without_a_gap(notify: Any, new_run: Any) -> None:
    users = [ids.uuid7() for _ in range(3)]
    runs = [new_run(chosen) for chosen in users * 6]

    async def tell(some: list[Any]) -> None:
        await notify.tell(*(event for run in some for event in (run.created(), run.progressed())))

    await asyncio.gather(*(tell(runs[start::6]) for start in range(6)))
    for user_id in users:
        found = await polled(notify, user_id, limit=200)
        assert [one["sequence"] for one in found["items"]] == list(range(1, 13))


async def test_whoever_is_nobody_hears_nothing(notify: Any) -> None:
    async with notify.client() as nobody:
        for path in ("/api/v1/events", "/api/v1/events/stream"):
            assert (await nobody.get(path)).status_code == 401


async def test_a_number_that_cannot_have_been_seen_yet_begins_anew(notify: Any, new_run: Any) -> None:
    run = new_run()
    await notify.happen(run.created())
    async with following(notify, run.user_id, last=99) as stream:
        assert await entries(stream, 1) == [(1, str(run.id), 1)]
