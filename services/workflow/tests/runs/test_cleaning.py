"""Results of a run go thirty days after its end; the run stays, and says that they are gone."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from chassis.identity.tokens import Identity
from chassis.settings import SettingsError, load
from chassis.work.sweeper import Sweeper
from contracts.ai_router import SubmitJob
from contracts.billing import CaptureCredits
from workflow.cleaning.service import Cleaning
from workflow.kept import tables
from workflow.periods import Periods
from workflow.settings import Settings

NAMES = ("enhanced.jpg", "speech.wav", "timings", "video.mp4", "kit.zip", "youtube.mp4", "instagram.mp4", "srt")
"""What the others say they have stored, see the conftest."""


async def _store_everything(world: Any) -> None:
    for name in NAMES:
        await world.store.put_bytes(b"x", f"test/{name}", "application/octet-stream")


async def _left(world: Any) -> set[str]:
    return {key.removeprefix("test/") async for key in world.store.list_keys("test/")}


async def _long_ago(world: Any) -> None:
    await world.execute("UPDATE runs SET finished_at = finished_at - interval '30 days 1 minute'")


def _cleaning(world: Any, periods: dict[str, int] | None = None) -> Cleaning:
    return Cleaning(world.database, world.store, periods=Periods(periods or {}))


async def test_results_go_after_thirty_days_and_are_answered_gone(start_world: Any, somebody: Identity) -> None:
    world = await start_world()
    await _store_everything(world)
    run = (await world.order(somebody)).json()
    await world.ended(somebody, run["id"])
    path = f"/api/v1/workflows/{run['id']}"
    assert await _cleaning(world).sweep() == 0
    assert await _left(world) == set(NAMES)
    assert (await world.call(somebody, "GET", f"{path}/download")).status_code == 200

    await _long_ago(world)
    assert await _cleaning(world, {"talkingphoto.results": 31, "reely.results": 1}).sweep() == 0
    both = await asyncio.gather(*(_cleaning(world).sweep() for _ in range(2)))
    assert sum(both) == 1
    assert await _left(world) == set()
    gone = await world.call(somebody, "GET", f"{path}/download")
    assert (gone.status_code, gone.json()["error"]["code"]) == (410, "results_removed")
    shown = (await world.call(somebody, "GET", path)).json()
    assert (shown["status"], shown["results"]) == ("completed", {})
    assert (await world.call(somebody, "GET", f"/api/v1/files/{shown['input_file_id']}")).status_code == 200
    assert await _cleaning(world).sweep() == 0


async def test_what_another_run_has_as_well_stays_for_it(start_world: Any, somebody: Identity) -> None:
    """The router answers repeated work with what it made before."""
    world = await start_world()
    await _store_everything(world)
    first = (await world.order(somebody)).json()
    await world.ended(somebody, first["id"])
    await _long_ago(world)
    second = (await world.order(somebody)).json()
    await world.ended(somebody, second["id"])
    assert await _cleaning(world).sweep() == 1
    assert await _left(world) == set(NAMES)
    await _long_ago(world)
    assert await _cleaning(world).sweep() == 1
    assert await _left(world) == set()


async def test_an_upload_that_was_used_as_it_is_stays(start_world: Any, somebody: Identity) -> None:
    world = await start_world()
    run = (await world.order(somebody)).json()
    await world.ended(somebody, run["id"])
    await world.execute(
        "UPDATE runs SET state = replace(state::text, 'test/enhanced.jpg', (SELECT prepared->>'key' FROM files))::json"
    )
    before = [key async for key in world.store.list_keys("images/")]
    await _long_ago(world)
    assert await _cleaning(world).sweep() == 1
    assert [key async for key in world.store.list_keys("images/")] == before != []


async def test_a_run_that_goes_on_keeps_everything_and_a_cleaned_one_cannot_go_on(
    start_world: Any, somebody: Identity
) -> None:
    world = await start_world(retry_delays_s=())
    world.others.mute = {CaptureCredits}
    run = (await world.order(somebody)).json()
    await world.wait_for(lambda: world.others.asked(CaptureCredits))
    assert await _cleaning(world, {"results": 0}).sweep() == 0

    world.others.refuse = True
    failed = (await world.order(somebody)).json()
    await world.ended(somebody, failed["id"])
    assert await _cleaning(world, {"results": 0}).sweep() == 1
    again = await world.call(somebody, "POST", f"/api/v1/workflows/{failed['id']}/retry")
    assert (again.status_code, again.json()["error"]["code"]) == (410, "results_removed")
    assert (await world.call(somebody, "GET", f"/api/v1/workflows/{run['id']}")).json()["status"] == "processing"


async def test_history_goes_after_its_time_and_keys_after_a_day(start_world: Any, somebody: Identity) -> None:
    world = await start_world()
    ended = (await world.order(somebody, headers={"Idempotency-Key": "a"})).json()
    await world.ended(somebody, ended["id"])
    world.others.mute = {CaptureCredits}
    going_on = (await world.order(somebody, headers={"Idempotency-Key": "b"})).json()
    await world.wait_for(lambda: len(world.others.asked(CaptureCredits)) == 2)
    sweeper = Sweeper(world.database, tables(Settings(env="test")))
    assert await sweeper.sweep() == {}
    await world.execute("ALTER TABLE run_history DISABLE TRIGGER history_is_append_only")
    await world.execute("UPDATE run_history SET at = at - interval '91 days'")
    assert await sweeper.sweep() == {}, "old, but the run has not ended long ago"
    await world.execute("UPDATE runs SET finished_at = finished_at - interval '91 days'")
    await world.execute("UPDATE idempotency_keys SET created_at = created_at - interval '25 hours' WHERE key = 'a'")
    assert set(await sweeper.sweep()) == {"run_history", "idempotency_keys"}
    left = await world.fetch("SELECT DISTINCT run_id FROM run_history")
    assert [str(row["run_id"]) for row in left] == [going_on["id"]]
    assert [row["key"] for row in await world.fetch("SELECT key FROM idempotency_keys")] == ["b"]


@pytest.mark.parametrize("changed", [{"cakes": 1}, {"talkingphoto.history": 1}, {"pets.results": 1}, {"results": -1}])
def test_periods_that_nobody_knows_are_refused_at_the_start(changed: dict[str, int]) -> None:
    with pytest.raises(SettingsError, match="KEEP_DAYS"):
        load(Settings, env="test", keep_days=changed)


async def test_an_owner_removes_results_before_their_time(
    start_world: Any, somebody: Identity, help_: SimpleNamespace
) -> None:
    """But not what a run that was made of it uses as well; and not while it is being made."""
    world = await start_world()
    await _store_everything(world)
    run = (await world.order(somebody)).json()
    path = f"/api/v1/workflows/{run['id']}"
    await world.ended(somebody, run["id"])
    child = (await world.call(somebody, "POST", f"{path}/rerun", params={"from": "kit"}, json={})).json()
    await world.ended(somebody, child["id"])
    assert (await world.call(help_.an_identity(), "DELETE", f"{path}/files")).status_code == 404
    for _ in range(2):
        assert (await world.call(somebody, "DELETE", f"{path}/files")).status_code == 204
    assert (await world.call(somebody, "GET", f"{path}/download")).status_code == 410
    assert await _left(world) == set(NAMES), "its child has them"
    assert (await world.call(somebody, "DELETE", f"/api/v1/workflows/{child['id']}/files")).status_code == 204
    assert await _left(world) == set()

    world.others.mute = {SubmitJob}
    going = (await world.order(somebody)).json()["id"]
    refused = await world.call(somebody, "DELETE", f"/api/v1/workflows/{going}/files")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "workflow_not_finished")
