"""Choices told, computed again, and computed under other rules; policies of product lines; the day's limit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ai_router.operating.guard import DailyGuard
from chassis import ids
from chassis.messaging.consumer import wait_until
from contracts.ai_router import DailyCostReached, JobCompleted

SIMULATE = "/api/v1/admin/router/simulate"


@pytest.fixture
def admin() -> dict[str, str]:
    return {"Authorization": f"Bearer admin-{ids.uuid7()}"}


@pytest.fixture
async def desk(start_router: Any, a_job: Any, painter: Any, judge: Any, quick: Any, as_admin: Any) -> Any:
    """A router with two vendors and a local provider, and one job that it has done."""
    providers = {key: painter(key) for key in ("nano_banana", "ideogram", "local_upscaler")}
    router = await start_router(providers, validator=judge(), options=quick(), verifier=as_admin)
    job = a_job()
    await router.tell(job)
    await router.wait_for(JobCompleted, job.job_id)
    router.job = job
    return router


async def test_a_choice_is_told_and_computed_again(desk: Any) -> None:
    """Who was there, who was not and why; another user's job is not there."""
    path = f"/api/v1/ai/jobs/{desk.job.job_id}/route"
    route = (await desk.http.get(path, headers={"Authorization": f"Bearer {desk.job.user_id}"})).json()
    (choice,) = route["choices"]
    assert [one["provider"] for one in choice["ranked"]] == ["nano_banana", "ideogram", "local_upscaler"]
    assert choice["ranked"][0]["reason"] == "primary provider"
    assert {"provider": "openai", "reason": "not configured"} in choice["dropped"]
    assert choice["recomputed"] is True
    assert [(call["provider"], call["state"], call["cost"]) for call in route["calls"]] == [
        ("nano_banana", "succeeded", "0.0390")
    ]
    stranger = await desk.http.get(path, headers={"Authorization": f"Bearer {ids.uuid7()}"})
    assert (stranger.status_code, stranger.json()["error"]["code"]) == (404, "job_not_found")
    await desk.execute("UPDATE ai_jobs SET routing = jsonb_set(routing::jsonb, '{choices,0,ranked}', '[]')")
    wrong = (await desk.http.get(path, headers={"Authorization": f"Bearer {desk.job.user_id}"})).json()
    assert wrong["choices"][0]["recomputed"] is False, "what was stored is not what comes out"


async def test_stored_jobs_are_replayed_under_another_policy(desk: Any, admin: dict[str, str]) -> None:
    """Where they would have gone and what that would have cost; nothing is done."""
    body = {"capability": "image_enhancement", "policy": {"primary": "ideogram"}}
    answer = await desk.http.post(SIMULATE, json=body, headers=admin)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["jobs"], found["changed"]) == (1, 1)
    assert (found["cost_before"], found["cost_after"]) == ("0.0390", "0.5000")
    assert (found["quality_before"], found["quality_after"]) == (8.5, 9.2)
    assert found["examples"] == [{"job_id": str(desk.job.job_id), "before": "nano_banana", "after": "ideogram"}]
    same = (await desk.http.post(SIMULATE, json={}, headers=admin)).json()
    assert (same["changed"], same["cost_after"]) == (0, "0.0390")
    gone = (await desk.http.post(SIMULATE, json={"emergency": True}, headers=admin)).json()
    assert gone["providers_after"] == {"local_upscaler": 1}
    dearer = {"rates": {"nano_banana": "0.05"}, "without": ["ideogram"]}
    assert (await desk.http.post(SIMULATE, json=dearer, headers=admin)).json()["cost_after"] == "0.0500"
    vague = await desk.http.post(SIMULATE, json={"policy": {"primary": "ideogram"}}, headers=admin)
    assert (vague.status_code, vague.json()["error"]["code"]) == (422, "simulation_not_usable")
    user = {"Authorization": f"Bearer {ids.uuid7()}"}
    assert (await desk.http.post(SIMULATE, json=body, headers=user)).status_code == 403


async def test_a_product_line_is_routed_in_its_own_way(desk: Any, admin: dict[str, str], a_job: Any) -> None:
    """By data, at once; and in the common way again when its own is dropped."""
    path = "/api/v1/admin/router/policies/pixie/image_enhancement"
    put = await desk.http.put(path, json={"primary": "ideogram", "chain": ["ideogram"]}, headers=admin)
    assert put.status_code == 200, put.text

    async def done_by(line: str) -> str:
        job = a_job(product_line=line)
        await desk.tell(job)
        return str((await desk.wait_for(JobCompleted, job.job_id)).provider)

    assert [await done_by("pixie"), await done_by("talkingphoto")] == ["ideogram", "nano_banana"]
    listed = (await desk.http.get("/api/v1/admin/router/policies", headers=admin)).json()["policies"]
    assert {"pixie", ""} <= {one["product_line"] for one in listed}
    assert (await desk.http.delete(path, headers=admin)).status_code == 204
    assert await done_by("pixie") == "nano_banana"
    assert (await desk.http.delete(path, headers=admin)).status_code == 404
    unknown = await desk.http.put(path, json={"primary": "veo3"}, headers=admin)
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "not_listed")


async def test_a_days_limit_is_told_once_and_can_be_lifted(desk: Any, admin: dict[str, str], a_job: Any) -> None:
    """Beyond it local providers work; an administrator may allow more for today."""
    await desk.execute("UPDATE routing_rules SET value = '\"0.04\"' WHERE name = 'daily_limit'")
    await desk.execute("UPDATE routing_rules SET value = '\"0.03\"' WHERE name = 'daily_warning'")
    routing = desk.service.app.state.router
    guards = [DailyGuard(desk.database, routing) for _ in range(2)]
    for guard in (*guards, *guards):
        await guard.round()
    await wait_until(lambda: bool(desk.events(DailyCostReached)), timeout_s=10)
    assert [event.threshold for event in desk.events(DailyCostReached)] == ["warning"]
    job = a_job()
    await desk.tell(job)
    assert (await desk.wait_for(JobCompleted, job.job_id)).provider == "local_upscaler"
    path = "/api/v1/admin/router/daily-cost"
    lifted = await desk.http.put(path, json={"limit": "5", "reason": "a busy day"}, headers=admin)
    assert (lifted.json()["lifted"], Decimal(lifted.json()["limit"])) == (True, Decimal(5))
    again = a_job()
    await desk.tell(again)
    assert (await desk.wait_for(JobCompleted, again.job_id)).provider == "nano_banana"
    low = await desk.http.put(path, json={"limit": "0.01", "reason": "too little"}, headers=admin)
    assert (low.status_code, low.json()["error"]["code"]) == (422, "limit_too_low")
    assert (await desk.http.get(path, headers=admin)).json()["spent"] == "0.0780"


async def test_emergency_mode_is_switched_while_it_runs(desk: Any, admin: dict[str, str], a_job: Any) -> None:
    path = "/api/v1/admin/router/emergency"
    assert (await desk.http.put(path, json={"on": True}, headers=admin)).json() == {"on": True}
    job = a_job()
    await desk.tell(job)
    assert (await desk.wait_for(JobCompleted, job.job_id)).provider == "local_upscaler"
    assert (await desk.http.put(path, json={"on": 1}, headers=admin)).status_code == 422
