"""What a user can ask about jobs; somebody else's job is not there."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from ai_router.providers.port import Declaration, ProviderResult
from chassis import ids
from chassis.messaging.consumer import wait_until
from contracts.ai_router import CancelJob, JobCancelled, JobCompleted, JobFailed, JobProgressed
from contracts.enums import Capability


def _as(user: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {user}"}


async def test_a_finished_job(start_router: Any, a_job: Any, painter: Any, judge: Any) -> None:
    """Status, result with a link, and a list with filters and pages."""
    router = await start_router({"local_upscaler": painter("local")}, validator=judge())
    job, step = a_job(run_id=None), a_job()
    await router.tell(job, a_job(user_id=job.user_id), step)
    await router.wait_for(JobCompleted, job.job_id)
    me = _as(job.user_id)
    status = (await router.http.get(f"/api/v1/ai/jobs/{job.job_id}/status", headers=me)).json()
    assert (status["status"], status["progress"]) == ("completed", 100)
    result = (await router.http.get(f"/api/v1/ai/jobs/{job.job_id}/result", headers=me)).json()
    assert result["provider"] == "local_upscaler"
    assert result["outputs"]["image"]["url"].startswith("http")
    await wait_until(lambda: len(router.events(JobCompleted)) == 3, timeout_s=10)
    early = await router.http.get(f"/api/v1/ai/jobs/{step.job_id}/result", headers=_as(step.user_id))
    assert (early.status_code, early.json()["error"]["code"]) == (409, "job_of_workflow")
    assert "http" not in early.text
    page = (await router.http.get("/api/v1/ai/jobs?per_page=1&status=completed", headers=me)).json()
    assert (page["total"], len(page["items"])) == (2, 1)
    assert (await router.http.get("/api/v1/ai/jobs?page=9", headers=me)).json()["total"] == 2
    other = (await router.http.get("/api/v1/ai/jobs?job_type=video_generation", headers=me)).json()
    assert other["items"] == []
    assert (await router.http.delete(f"/api/v1/ai/jobs/{job.job_id}", headers=me)).status_code == 204
    assert (await router.http.get(f"/api/v1/ai/jobs/{job.job_id}/status", headers=me)).status_code == 404


async def test_a_job_under_way(start_router: Any, a_job: Any, painter: Any, judge: Any) -> None:
    """Its result is a conflict until it ends; deleting it cancels it."""
    local = painter("local", block=asyncio.Event())
    router = await start_router({"local_upscaler": local}, validator=judge())
    job = a_job()
    await router.tell(job)
    me = _as(job.user_id)
    await router.eventually("SELECT status FROM ai_jobs", ["processing"])
    status = (await router.http.get(f"/api/v1/ai/jobs/{job.job_id}/status", headers=me)).json()
    assert status["message"] == "Enhancing the photo (local_upscaler)"
    waiting = await router.http.get(f"/api/v1/ai/jobs/{job.job_id}/result", headers=me)
    assert (waiting.status_code, waiting.json()["error"]["code"]) == (409, "job_not_finished")
    assert (await router.http.delete(f"/api/v1/ai/jobs/{job.job_id}", headers=me)).status_code == 204
    await router.wait_for(JobCancelled, job.job_id)
    none = await router.http.get(f"/api/v1/ai/jobs/{job.job_id}/result", headers=me)
    assert (none.status_code, none.json()["error"]["code"]) == (409, "job_has_no_result")


async def test_a_person_is_told_sentences_and_no_codes(
    start_router: Any, a_job: Any, painter: Any, judge: Any, quick: Any
) -> None:
    """What other services are told as a code."""
    providers = {"nano_banana": painter("nano_banana"), "local_upscaler": painter("local")}
    poor = judge({"nano_banana-1": 5.0, "local-1": 4.0})
    router = await start_router(providers, validator=poor, options=quick())
    job = a_job(run_id=None, parameters={"model": "no-such-model"})
    await router.tell(job)
    done = await router.wait_for(JobCompleted, job.job_id)
    assert set(done.warnings) == {"low_quality", "model_ignored"}
    result = (await router.http.get(f"/api/v1/ai/jobs/{job.job_id}/result", headers=_as(job.user_id))).json()
    assert len(result["warnings"]) == 2 and all(told.endswith(".") and " " in told for told in result["warnings"])


@pytest.mark.parametrize(("method", "path"), [("GET", "/status"), ("GET", "/result"), ("DELETE", "")])
async def test_another_users_job_is_not_there(
    start_router: Any, a_job: Any, painter: Any, judge: Any, method: str, path: str
) -> None:
    """A 404 that does not tell whether the job exists; and the job is left as it was."""
    router = await start_router({"local_upscaler": painter("local")}, validator=judge())
    job = a_job()
    await router.tell(job)
    await router.wait_for(JobCompleted, job.job_id)
    url = f"/api/v1/ai/jobs/{job.job_id}{path}"
    stranger = await router.http.request(method, url, headers=_as(ids.uuid7()))
    assert (stranger.status_code, stranger.json()["error"]["code"]) == (404, "job_not_found")
    unknown = await router.http.request(method, f"/api/v1/ai/jobs/{ids.uuid7()}{path}", headers=_as(job.user_id))
    assert unknown.status_code == 404
    assert (await router.http.request(method, url)).status_code == 401
    assert len(await router.fetch("SELECT 1 FROM ai_jobs")) == 1
    listed = (await router.http.get("/api/v1/ai/jobs", headers=_as(ids.uuid7()))).json()
    assert listed["total"] == 0


async def test_models_and_health(start_router: Any, painter: Any) -> None:
    """Models can be filtered; the health of every provider is told, also of those without a key."""
    router = await start_router()
    me = _as(ids.uuid7())
    listed = await router.http.get("/api/v1/ai/models?capability=audio_generation", headers=me)
    assert listed.headers["Cache-Control"] == "public, max-age=300", "the same for everybody (GTW-27)"
    models = listed.json()["items"]
    assert [model["name"] for model in models] == ["espeak-ng", "hibari"]
    assert "script" in models[0]["honours"] and "en" in models[0]["languages"]
    elsewhere = (await router.http.get("/api/v1/ai/models?available=false&per_page=100", headers=me)).json()["items"]
    assert {"fal-ai/flux/dev", "veo-3.1-generate-001"} <= {model["name"] for model in elsewhere}
    assert not any(model["available"] for model in elsewhere)
    services = (await router.http.get("/api/v1/ai/services/health", headers=me)).json()["services"]
    by_name = {(one["provider"], one["capability"]): one for one in services}
    local = by_name["local_stable_video", "video_generation"]
    assert (local["configured"], local["status"], local["breaker"]) == (True, "healthy", "closed")
    veo = by_name["veo3", "video_generation"]
    assert (veo["configured"], veo["status"], veo["error"]) == (False, "unhealthy", "not configured")
    assert (await router.http.get("/api/v1/ai/services/health")).status_code == 401


async def test_progress_is_told_while_work_goes_on(start_router: Any, a_job: Any, judge: Any) -> None:
    """Percentages rise, once a second at most, and none comes after the end."""

    class Slow:
        key = "local_upscaler"
        declarations = (Declaration(Capability.IMAGE_ENHANCEMENT, ("slow",), frozenset(), "image", "key"),)

        async def healthy(self) -> None:
            return None

        async def perform(self, request: Any, workspace: Any, report: Any) -> ProviderResult:
            for percent in range(0, 101, 5):
                report(percent / 100)
                await asyncio.sleep(0.12)
            return ProviderResult(outputs={}, units=Decimal(1))

    router = await start_router({"local_upscaler": Slow()}, validator=judge())
    job = a_job()
    await router.tell(job)
    await router.wait_for(JobCompleted, job.job_id)
    told = [event.progress for event in router.events(JobProgressed, job.job_id)]
    assert 1 <= len(told) <= 3
    assert told == sorted(set(told))
    assert router.events(JobFailed) == []


async def test_the_list_of_jobs_leaves_out_those_of_which_only_a_cancel_was_heard(
    start_router: Any, a_job: Any, painter: Any, judge: Any
) -> None:
    """A cancel that overtook its job is remembered, but it is no job of any kind."""
    router = await start_router({"local_upscaler": painter("local")}, validator=judge())
    job = a_job()
    cancel = CancelJob(job_id=job.job_id, run_id=job.run_id, reason="early")
    await router.tell(cancel)
    await router.execute("UPDATE ai_jobs SET user_id = $1", job.user_id)
    await wait_until(lambda: len(router.events(JobCancelled)) == 1, timeout_s=10)
    await router.tell(job)
    assert [tuple(row) for row in await router.fetch("SELECT user_id FROM ai_jobs")] == [(job.user_id,)]
    answer = await router.http.get("/api/v1/ai/jobs", headers=_as(job.user_id))
    assert (answer.status_code, answer.json()["total"]) == (200, 0)
