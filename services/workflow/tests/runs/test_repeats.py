"""Repeating a request with its key: the work is done once, and the answer says so (PLT-21)."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from chassis import ids
from chassis.identity.tokens import Identity
from contracts.ai_router import CancelJob, SubmitJob

REPLAYED = "Idempotency-Replayed"


async def a_cancelled_run(world: Any, somebody: Identity) -> str:
    world.others.mute = {SubmitJob, CancelJob}
    run_id: str = (await world.order(somebody)).json()["id"]
    await world.until(somebody, run_id, lambda details: details["credits"]["held"] == 1)
    world.others.mute = {SubmitJob}
    assert (await world.call(somebody, "POST", f"/api/v1/workflows/{run_id}/cancel")).status_code == 202
    await world.ended(somebody, run_id)
    return run_id


async def test_an_order_that_is_repeated_is_marked_and_leads_to_its_run(shared: Any, somebody: Identity) -> None:
    file_id = (await shared.upload(somebody)).json()["id"]
    headers = {"Idempotency-Key": "marked"}
    first = await shared.order(somebody, input_file_id=file_id, headers=headers)
    again = await shared.order(somebody, input_file_id=file_id, headers=headers)
    assert (first.headers.get(REPLAYED), again.headers.get(REPLAYED)) == (None, "true")
    assert first.headers["Location"] == again.headers["Location"] == f"/api/v1/workflows/{first.json()['id']}"
    assert (await shared.call(somebody, "GET", first.headers["Location"])).status_code == 200


async def test_a_retry_is_begun_once_for_a_key(world: Any, somebody: Identity, help_: SimpleNamespace) -> None:
    run_id = await a_cancelled_run(world, somebody)
    path, headers = f"/api/v1/workflows/{run_id}/retry", {"Idempotency-Key": "retry"}
    replies = await asyncio.gather(*(world.call(somebody, "POST", path, headers=headers) for _ in range(4)))

    assert [reply.status_code for reply in replies] == [202] * 4
    assert sorted(reply.headers.get(REPLAYED, "") for reply in replies) == ["", "true", "true", "true"]
    assert len({reply.text for reply in replies}) == 1
    assert {reply.headers["Location"] for reply in replies} == {f"/api/v1/workflows/{run_id}"}
    assert (await world.call(somebody, "GET", f"/api/v1/workflows/{run_id}")).json()["round"] == 2
    assert (await world.call(somebody, "POST", path)).status_code == 409, "without the key it is another request"
    reused = await world.call(somebody, "POST", f"/api/v1/workflows/{ids.uuid7()}/retry", headers=headers)
    assert (reused.status_code, reused.json()["error"]["code"]) == (422, "idempotency_key_reused")
    stranger = await world.call(help_.an_identity(), "POST", path, headers=headers)
    assert stranger.status_code == 404, "a key is its user's own"


async def test_a_retry_that_was_refused_leaves_its_key_free(shared: Any, somebody: Identity) -> None:
    run_id = (await shared.order(somebody)).json()["id"]
    await shared.ended(somebody, run_id)
    for _ in range(2):
        reply = await shared.call(
            somebody, "POST", f"/api/v1/workflows/{run_id}/retry", headers={"Idempotency-Key": "refused"}
        )
        assert (reply.status_code, REPLAYED in reply.headers) == (409, False)


async def test_an_upload_is_kept_once_for_a_key(shared: Any, somebody: Identity, help_: SimpleNamespace) -> None:
    data = help_.photo()

    async def upload(who: Identity, content: bytes, key: str = "upload") -> Any:
        return await shared.call(
            who, "POST", "/api/v1/files", files={"file": ("me.jpg", content)}, headers={"Idempotency-Key": key}
        )

    replies = [await upload(somebody, data), *await asyncio.gather(*(upload(somebody, data) for _ in range(2)))]
    assert [reply.status_code for reply in replies] == [201] * 3
    assert [reply.headers.get(REPLAYED) for reply in replies] == [None, "true", "true"]
    assert {reply.headers["Location"] for reply in replies} == {f"/api/v1/files/{replies[0].json()['id']}"}
    assert (await shared.call(somebody, "GET", "/api/v1/files")).json()["total"] == 1
    together = await asyncio.gather(*(upload(somebody, data, "together") for _ in range(2)))
    assert len({reply.json()["id"] for reply in together}) == 1
    assert (await shared.call(somebody, "GET", "/api/v1/files")).json()["total"] == 2
    other = await upload(somebody, help_.photo(900, 900))
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_key_reused")
    theirs = await upload(help_.an_identity(), data)
    assert theirs.json()["id"] != replies[0].json()["id"], "a key is its user's own"
    await shared.call(somebody, "DELETE", replies[0].headers["Location"])
    assert (await upload(somebody, data)).json()["error"]["code"] == "file_not_found"


async def test_a_part_of_another_name_is_told_the_right_one(shared: Any, somebody: Identity) -> None:
    for content in (b"x" * 5_000, b"short"):
        reply = await shared.call(somebody, "POST", "/api/v1/files", files={"photo": ("me.jpg", content)})
        error = reply.json()["error"]
        assert (reply.status_code, error["code"]) == (400, "no_file")
        assert "'photo'" in error["message"]
        assert "named 'file'" in error["message"]
        assert error["fields"]


async def test_an_unknown_result_is_answered_with_those_that_exist(shared: Any, somebody: Identity) -> None:
    run_id = (await shared.order(somebody)).json()["id"]
    details = await shared.ended(somebody, run_id)
    reply = await shared.call(somebody, "GET", f"/api/v1/workflows/{run_id}/download?result=nosuch")
    error = reply.json()["error"]
    assert (reply.status_code, error["code"]) == (404, "result_not_found")
    assert error["fields"]["result"] == f"one of {', '.join(sorted(details['results']))}"
