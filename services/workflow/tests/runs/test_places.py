"""The places are a limit: whoever comes, by whatever door, and however many at once (WFL-35)."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from chassis.identity.tokens import Identity
from contracts.ai_router import SubmitJob


async def statuses(world: Any) -> dict[str, int]:
    rows = await world.fetch("SELECT status, count(*) AS runs FROM runs GROUP BY status")
    return {row["status"]: row["runs"] for row in rows}


async def status(world: Any, who: Identity, run_id: str) -> str:
    found: str = (await world.call(who, "GET", f"/api/v1/workflows/{run_id}")).json()["status"]
    return found


async def test_a_hundred_orders_at_once_take_two_places(
    start_world: Any, somebody: Identity, help_: SimpleNamespace
) -> None:
    world = await start_world(max_processing=2, timer_poll_s=0.05)
    world.others.mute = {SubmitJob}
    users = [somebody, help_.an_identity(), help_.an_identity(), help_.an_identity()]
    files = [(await world.upload(user)).json()["id"] for user in users]
    most = 0
    going_on = True

    async def watch() -> None:
        nonlocal most
        while going_on:
            most = max(most, (await statuses(world)).get("processing", 0))

    watching = asyncio.create_task(watch())
    replies = await asyncio.gather(
        *(world.order(users[n % 4], input_file_id=files[n % 4], target_platforms=["tiktok"]) for n in range(100))
    )
    assert {reply.status_code for reply in replies} == {202}
    assert await statuses(world) == {"processing": 2, "pending": 98}
    for _ in range(3):
        going = (await world.fetch("SELECT id, user_id FROM runs WHERE status = 'processing' LIMIT 1"))[0]
        [owner] = [user for user in users if user.user_id == going["user_id"]]
        await world.call(owner, "POST", f"/api/v1/workflows/{going['id']}/cancel")
        await world.wait_for(lambda run_id=going["id"]: _cancelled_and_full(world, run_id))
    going_on = False
    await watching
    assert most == 2


async def _cancelled_and_full(world: Any, run_id: Any) -> bool:
    [row] = await world.fetch("SELECT status FROM runs WHERE id = $1", run_id)
    return row["status"] == "cancelled" and (await statuses(world)).get("processing") == 2


async def test_a_retry_waits_for_a_place_like_everybody_else(
    start_world: Any, somebody: Identity, help_: SimpleNamespace
) -> None:
    world = await start_world(max_processing=1, timer_poll_s=0.05)
    world.others.mute = {SubmitJob}
    other = help_.an_identity()
    first = (await world.order(somebody)).json()["id"]
    await world.call(somebody, "POST", f"/api/v1/workflows/{first}/cancel")
    await world.ended(somebody, first)
    second, third = [(await world.order(other)).json() for _ in range(2)]
    assert (second["status"], third["status"]) == ("processing", "pending")

    retried = (await world.call(somebody, "POST", f"/api/v1/workflows/{first}/retry")).json()
    assert (retried["status"], retried["position"]) == ("pending", 1), "it has waited longest"
    assert await statuses(world) == {"processing": 1, "pending": 2}

    world.others.mute = set()
    await world.call(other, "POST", f"/api/v1/workflows/{second['id']}/cancel")
    assert (await world.ended(somebody, first))["status"] == "completed"
    assert (await world.ended(other, third["id"]))["status"] == "completed"


async def test_a_run_that_waits_for_a_place_has_not_come_to_its_end(start_world: Any, somebody: Identity) -> None:
    world = await start_world(max_processing=1)
    world.others.mute = {SubmitJob}
    await world.order(somebody)
    waiting = (await world.order(somebody)).json()["id"]
    run = (await world.call(somebody, "GET", f"/api/v1/workflows/{waiting}")).json()
    status = (await world.call(somebody, "GET", f"/api/v1/workflows/{waiting}/status")).json()
    assert (run["status"], status["current_step"]) == ("pending", run["steps"][0]["name"])
    assert (status["message"], status["position"]) == ("Waiting for a free place.", 1)


async def test_a_retry_that_waits_can_be_cancelled(
    start_world: Any, somebody: Identity, help_: SimpleNamespace
) -> None:
    world = await start_world(max_processing=1)
    world.others.mute = {SubmitJob}
    first = (await world.order(somebody)).json()["id"]
    await world.call(somebody, "POST", f"/api/v1/workflows/{first}/cancel")
    await world.ended(somebody, first)
    await world.order(help_.an_identity())
    await world.call(somebody, "POST", f"/api/v1/workflows/{first}/retry")
    await world.call(somebody, "POST", f"/api/v1/workflows/{first}/cancel")
    run = await world.ended(somebody, first)
    assert (run["status"], run["credits"]["held"]) == ("cancelled", 0)


async def test_a_parked_run_goes_on_when_there_is_a_place(
    start_world: Any, somebody: Identity, help_: SimpleNamespace
) -> None:
    world = await start_world(max_processing=1, timer_poll_s=0.05)
    world.others.mute = {SubmitJob}
    admin, other = help_.an_identity(role="admin"), help_.an_identity()
    parked = (await world.order(somebody)).json()["id"]
    await world.until(somebody, parked, lambda d: d["credits"]["held"] == 1)
    await world.execute(
        "UPDATE runs SET status = 'failed', parked_reason = 'a test', wake_at = NULL WHERE id = $1", parked
    )
    second = (await world.order(other)).json()
    assert second["status"] == "processing"

    refused = await world.call(admin, "POST", f"/api/v1/workflows/{parked}/unpark")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "workflow_state")
    assert "free place" in refused.json()["error"]["message"]
    assert await statuses(world) == {"processing": 1, "failed": 1}

    await world.call(other, "POST", f"/api/v1/workflows/{second['id']}/cancel")
    await world.ended(other, second["id"])
    assert (await world.call(admin, "POST", f"/api/v1/workflows/{parked}/unpark")).status_code == 202
    assert await status(world, somebody, parked) == "processing"


async def test_one_order_of_somebody_else_comes_before_the_rest_of_two_hundred(
    start_world: Any, somebody: Identity, help_: SimpleNamespace
) -> None:
    """Users of a lane take turns: whoever has fewer places is next, however many the other has queued before."""
    world = await start_world(max_processing=2, timer_poll_s=0.05)
    world.others.mute = {SubmitJob}
    file_id = (await world.upload(somebody)).json()["id"]
    mine = [
        (await world.order(somebody, input_file_id=file_id, target_platforms=["tiktok"])).json() for _ in range(200)
    ]
    assert await statuses(world) == {"processing": 2, "pending": 198}
    other = help_.an_identity()
    theirs = (await world.order(other)).json()
    found = (await world.call(other, "GET", f"/api/v1/workflows/{theirs['id']}/status")).json()
    assert (found["status"], found["position"]) == ("pending", 1)
    assert 0 <= found["begins_in"]["least_s"] <= found["begins_in"]["most_s"]
    last = (await world.call(somebody, "GET", f"/api/v1/workflows/{mine[-1]['id']}/status")).json()
    assert last["position"] == 199
    assert last["begins_in"]["most_s"] > found["begins_in"]["most_s"]

    await world.call(somebody, "POST", f"/api/v1/workflows/{mine[0]['id']}/cancel")
    await world.until(other, theirs["id"], lambda d: d["status"] == "processing")
    assert await statuses(world) == {"processing": 2, "pending": 198, "cancelled": 1}, "within one turn"


async def test_one_user_leaves_places_to_others(start_world: Any, somebody: Identity, help_: SimpleNamespace) -> None:
    world = await start_world(max_processing=3, max_processing_per_user=2, timer_poll_s=0.05)
    world.others.mute = {SubmitJob}
    other = help_.an_identity()
    mine = [(await world.order(somebody)).json() for _ in range(4)]
    assert [each["status"] for each in mine] == ["processing"] * 2 + ["pending"] * 2
    theirs = (await world.order(other)).json()
    assert theirs["status"] == "processing", "who may not begin yet stands in nobody's way"
    await world.call(other, "POST", f"/api/v1/workflows/{theirs['id']}/cancel")
    await world.ended(other, theirs["id"])
    await world.call(somebody, "POST", f"/api/v1/workflows/{mine[0]['id']}/cancel")
    await world.until(somebody, mine[2]["id"], lambda d: d["status"] == "processing")
    assert await status(world, somebody, mine[3]["id"]) == "pending"
