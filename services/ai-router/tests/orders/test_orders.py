"""A job that is ordered by itself: held, made, paid for, and only then handed out."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from ai_router.jobs.housekeeping import Housekeeping
from ai_router.orders.settling import Settling
from ai_router.providers.port import FailureClass
from chassis import ids
from chassis.http.client import Refused
from chassis.messaging.consumer import wait_until
from contracts.ai_router import JobChanged, JobCompleted, JobFailed
from contracts.billing import CaptureCredits, CreditsReserved, ReleaseCredits, ReserveCredits
from contracts.enums import Capability

ENHANCE = "/api/v1/ai/image/enhance"


@pytest.fixture
async def shop(start_router: Any, maker: Any, judge: Any, uploads: Any, billing: Any, at_once: Any) -> Any:
    """A router with one maker, its billing, and a user with a photo."""

    class Shop:
        local = maker("local_upscaler")
        scores = judge()
        user = ids.uuid7()

    made = Shop()
    made.router = await start_router(
        {"local_upscaler": made.local}, validator=made.scores, files=uploads, options=at_once
    )
    made.billing = billing(made.router)
    made.file_id = await uploads.add(made.router.store, made.user)
    return made


async def _order(shop: Any, headers: Any, path: str = ENHANCE, **body: Any) -> Any:
    wanted = {"file_id": str(shop.file_id), **body} if path == ENHANCE else body
    return await shop.router.http.post(path, json=wanted, headers=headers(shop.user))


async def _status(shop: Any, headers: Any, job_id: Any) -> Any:
    answer = await shop.router.http.get(f"/api/v1/ai/jobs/{job_id}/status", headers=headers(shop.user))
    return answer.json()


async def _result(shop: Any, headers: Any, job_id: Any) -> Any:
    return await shop.router.http.get(f"/api/v1/ai/jobs/{job_id}/result", headers=headers(shop.user))


async def test_nothing_is_handed_out_before_it_is_paid_for(shop: Any, headers: Any) -> None:
    """Accepted, held, made, paid; the result is a conflict at each step but the last."""
    accepted = await _order(shop, headers, enhancement_type="portrait")
    assert accepted.status_code == 202, accepted.text
    body = accepted.json()
    job_id = UUID(body["job_id"])
    assert (body["status"], body["credits"], body["jobs"]) == ("pending", 1, [str(job_id)])
    assert accepted.headers["Location"] == f"/api/v1/ai/jobs/{job_id}/status"
    assert (await _status(shop, headers, job_id))["message"] == "Setting the credits aside"
    assert shop.local.requests == [], "nothing begins before it is held"
    await shop.billing.holds(job_id)
    await shop.router.wait_for(JobCompleted, job_id)
    capture = await shop.billing.asked(CaptureCredits, job_id)
    assert capture.credits == 1
    early = await _result(shop, headers, job_id)
    assert (early.status_code, early.json()["error"]["code"]) == (409, "job_not_finished")
    assert "http" not in early.text
    assert (await _status(shop, headers, job_id))["status"] == "processing"
    kept = await shop.router.http.delete(f"/api/v1/ai/jobs/{job_id}", headers=headers(shop.user))
    assert (kept.status_code, kept.json()["error"]["code"]) == (409, "job_settling")
    await shop.billing.spends(job_id)
    done = await _result(shop, headers, job_id)
    assert done.status_code == 200, done.text
    assert (done.json()["credits"], done.json()["provider"]) == (1, "local_upscaler")
    assert done.json()["outputs"]["image"]["url"].startswith("http")
    # Everything again, as after a crash before the acknowledgement: nothing is done twice.
    await shop.router.tell(shop.billing.held, shop.billing.spent)
    await wait_until(lambda: len(shop.router.events(JobChanged, job_id)) >= 4, timeout_s=10)
    told = shop.router.events(JobChanged, job_id)
    assert [event.sequence for event in told] == list(range(1, len(told) + 1))
    assert [event.status for event in told][-2:] == ["processing", "completed"]
    assert len(shop.local.requests) == len(shop.router.commands(ReserveCredits)) == 1
    assert len(shop.router.commands(CaptureCredits)) == 1
    usage = await shop.router.http.get(f"/api/v1/ai/usage/{shop.user}", headers=headers(shop.user))
    assert (usage.json()["jobs"], usage.json()["credits"]) == (1, 1)


async def test_a_refused_hold_ends_the_job_in_billings_words(shop: Any, headers: Any) -> None:
    """Nobody is asked to do anything."""
    job_id = UUID((await _order(shop, headers)).json()["job_id"])
    await shop.billing.refuses(job_id)
    failed = await shop.router.wait_for(JobFailed, job_id)
    assert failed.code == "INSUFFICIENT_CREDITS"
    status = await _status(shop, headers, job_id)
    assert (status["status"], status["message"]) == ("failed", "1 credits are needed, 0 are available.")
    assert shop.local.requests == []


async def test_what_fails_or_is_poor_costs_nothing(shop: Any, headers: Any) -> None:
    """A failure gives back at once; a poor result too, and is handed out with its warning."""
    shop.local.script = [FailureClass.INPUT]
    failing = UUID((await _order(shop, headers)).json()["job_id"])
    await shop.billing.holds(failing)
    assert (await shop.billing.released(failing)).reason == "nothing was made"
    shop.scores.score = 4.0
    poor = UUID((await _order(shop, headers, strength=0.5)).json()["job_id"])
    await shop.billing.holds(poor)
    assert (await shop.billing.released(poor)).reason == "low_quality"
    answer = (await _result(shop, headers, poor)).json()
    assert (answer["credits"], len(answer["warnings"])) == (0, 1)
    assert shop.router.commands(CaptureCredits) == []


async def test_what_was_made_before_costs_nothing(shop: Any, headers: Any) -> None:
    """The second order of the same is answered from the cache, and given back."""
    for number in range(2):
        job_id = UUID((await _order(shop, headers)).json()["job_id"])
        await shop.billing.holds(job_id)
        if number == 0:
            await shop.billing.spends(job_id)
    assert (await shop.billing.released(job_id)).reason == "made before"
    answer = (await _result(shop, headers, job_id)).json()
    assert (answer["cache_hit"], answer["credits"]) == (True, 0)
    assert len(shop.local.requests) == 1


async def test_what_a_removed_job_made_goes_with_it(shop: Any, headers: Any) -> None:
    """Not while another order was answered with it; then an hour later, with what calls left."""
    jobs = []
    for number in range(2):
        jobs.append(UUID((await _order(shop, headers)).json()["job_id"]))
        await shop.billing.holds(jobs[-1])
        if number == 0:
            await shop.billing.spends(jobs[-1])
    await shop.billing.released(jobs[1])
    housekeeping = next(p for p in shop.router.service.background if isinstance(p, Housekeeping))

    async def swept() -> int:
        await shop.router.execute("UPDATE ai_jobs SET completed_at = now() - interval '2 hours'")
        return int((await housekeeping.sweep())["objects"])

    path = "/api/v1/ai/jobs"
    assert (await shop.router.http.delete(f"{path}/{jobs[0]}", headers=headers(shop.user))).status_code == 204
    assert await swept() == 0, "the other order was answered with it"
    third = UUID((await _order(shop, headers, strength=0.5)).json()["job_id"])
    await shop.billing.holds(third)
    await shop.billing.spends(third)
    assert (await shop.router.http.delete(f"{path}/{third}", headers=headers(shop.user))).status_code == 204
    assert await swept() == 1
    assert (await _result(shop, headers, third)).status_code == 404


async def test_a_hold_that_has_ended_makes_the_result_free(shop: Any, headers: Any) -> None:
    job_id = UUID((await _order(shop, headers)).json()["job_id"])
    await shop.billing.holds(job_id)
    await shop.billing.asked(CaptureCredits, job_id)
    await shop.billing.gives_back(job_id)
    assert (await _result(shop, headers, job_id)).json()["credits"] == 0


async def test_a_cancelled_job_gives_back_and_never_begins(shop: Any, headers: Any) -> None:
    """Also where billing's yes comes after the cancel."""
    job_id = UUID((await _order(shop, headers)).json()["job_id"])
    cancelled = await shop.router.http.delete(f"/api/v1/ai/jobs/{job_id}", headers=headers(shop.user))
    assert cancelled.status_code == 204
    await shop.billing.released(job_id)
    await shop.billing.holds(job_id)
    assert (await _status(shop, headers, job_id))["status"] == "cancelled"
    assert shop.local.requests == []
    assert await shop.router.fetch("SELECT 1 FROM work WHERE id = $1", job_id) == []


async def test_a_repeated_order_is_one_order(shop: Any, headers: Any) -> None:
    """By its key; the same key for something else is refused."""
    mine = headers(shop.user, **{"Idempotency-Key": "once"})
    body = {"file_id": str(shop.file_id)}
    first = await shop.router.http.post(ENHANCE, json=body, headers=mine)
    again = await shop.router.http.post(ENHANCE, json=body, headers=mine)
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    other = await shop.router.http.post(ENHANCE, json={**body, "strength": 0.5}, headers=mine)
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_key_reused")
    assert len(await shop.router.fetch("SELECT 1 FROM ai_jobs")) == 1


async def test_another_users_file_or_result_is_not_there(shop: Any, headers: Any) -> None:
    """By id, by job, by link; and usage of somebody else is a 404."""
    done = UUID((await _order(shop, headers)).json()["job_id"])
    await shop.billing.holds(done)
    await shop.billing.spends(done)
    link = (await _result(shop, headers, done)).json()["outputs"]["image"]["url"]
    stranger = headers(ids.uuid7())
    for body in ({"file_id": str(shop.file_id)}, {"job_id": str(done)}):
        refused = await shop.router.http.post(ENHANCE, json=body, headers=stranger)
        assert (refused.status_code, refused.json()["error"]["code"]) == (404, "input_not_found"), body
    usage = await shop.router.http.get(f"/api/v1/ai/usage/{shop.user}", headers=stranger)
    assert usage.status_code == 404
    mine = await shop.router.http.post(ENHANCE, json={"job_id": str(done)}, headers=headers(shop.user))
    assert mine.status_code == 202, mine.text
    assert link


async def test_what_cannot_be_done_is_said_before_anything_is_held(shop: Any, headers: Any) -> None:
    """The field, the rule, and who can."""
    unknown = await _order(shop, headers, model="no-such-model")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (422, "not_offered")
    assert unknown.json()["error"]["details"]["models"] == ["local_upscaler-1"]
    nobody = await _order(shop, headers, "/api/v1/ai/image/generate", prompt="a harbour")
    assert (nobody.status_code, nobody.json()["error"]["code"]) == (503, "no_provider")
    assert "FAL_AI_API_KEY" in nobody.json()["error"]["message"]
    both = await _order(shop, headers, job_id=str(ids.uuid7()))
    assert both.json()["error"]["code"] == "input_not_usable"
    for body in ({"seed": True}, {"seed": -1}, {"strength": "1"}, {"colour": "red"}):
        assert (await _order(shop, headers, **body)).status_code == 422, body
    assert await shop.router.fetch("SELECT 1 FROM ai_jobs") == []


async def test_wishes_are_granted_or_named(shop: Any, headers: Any) -> None:
    """A seed that nobody takes rules nobody out, and is named in the result."""
    job_id = UUID((await _order(shop, headers, seed=7, provider="local_upscaler")).json()["job_id"])
    await shop.billing.holds(job_id)
    await shop.billing.spends(job_id)
    warnings = (await _result(shop, headers, job_id)).json()["warnings"]
    assert warnings == ["`seed` was given, and the service that made this takes no such thing."]


async def test_only_so_many_jobs_at_once(shop: Any, headers: Any) -> None:
    """As many as the plan allows, whichever way they are ordered."""
    answers = await asyncio.gather(*(_order(shop, headers, strength=number / 10) for number in range(1, 8)))
    assert sorted(answer.status_code for answer in answers) == [202] * 5 + [429] * 2
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["error"]["code"] == "too_many_jobs"
    assert "Retry-After" in refused.headers


async def test_a_lost_answer_is_asked_for_again(shop: Any, headers: Any) -> None:
    """And a job for which nothing is held in time ends, with what may be held given back."""
    job_id = UUID((await _order(shop, headers)).json()["job_id"])
    settling = Settling(shop.router.database)
    assert await settling.ask_again() == 0
    await shop.router.execute("UPDATE ai_jobs SET updated_at = updated_at - interval '5 minutes'")
    assert await settling.ask_again() == 1
    await wait_until(lambda: len(shop.router.commands(ReserveCredits, job_id)) == 2, timeout_s=10)
    await shop.router.execute(
        "UPDATE ai_jobs SET updated_at = updated_at - interval '5 minutes', deadline = now() - interval '1 second'"
    )
    await settling.ask_again()
    assert (await shop.router.wait_for(JobFailed, job_id)).code == "NOT_HELD"
    await shop.billing.released(job_id)


async def test_a_film_of_a_script_is_spoken_first(
    start_router: Any, maker: Any, judge: Any, uploads: Any, billing: Any, headers: Any, at_once: Any
) -> None:
    """The film gets the speech as its sound and its length; one hold pays for both; the speech is nobody's job."""
    voice = maker("local_speech", Capability.AUDIO_GENERATION, "audio", frozenset({"script", "language", "voice"}))
    film = maker("local_stable_video", Capability.VIDEO_GENERATION, "video", frozenset({"duration"}))
    router = await start_router(
        {"local_speech": voice, "local_stable_video": film}, validator=judge(), files=uploads, options=at_once
    )
    user, shop = ids.uuid7(), billing(router)
    file_id = await uploads.add(router.store, user)
    body = {"file_id": str(file_id), "script": "Good morning.", "voice": "male"}
    answer = await router.http.post("/api/v1/ai/video/generate", json=body, headers=headers(user))
    assert answer.status_code == 202, answer.text
    job_id = UUID(answer.json()["job_id"])
    await shop.holds(job_id)
    await shop.spends(job_id)
    assert voice.requests[0].parameters == {"script": "Good morning.", "language": "en", "voice": "male"}
    assert set(film.requests[0].inputs) == {"image", "audio", "timings"}
    assert film.requests[0].parameters["duration"] == 2.5
    listed = (await router.http.get("/api/v1/ai/jobs", headers=headers(user))).json()
    assert [job["id"] for job in listed["items"]] == [str(job_id)]
    # Where there is no speech there is no film, and nothing is kept of what was held.
    voice.script = [FailureClass.INPUT]
    body["script"] = "Good evening."
    second = UUID(
        (await router.http.post("/api/v1/ai/video/generate", json=body, headers=headers(user))).json()["job_id"]
    )
    await shop.holds(second)
    await shop.released(second)
    assert (await router.wait_for(JobFailed, second)).message == "words for input"
    assert len(film.requests) == 1


async def test_answers_about_runs_change_nothing(shop: Any, headers: Any) -> None:
    """Billing tells of runs as well."""
    job_id = UUID((await _order(shop, headers)).json()["job_id"])
    asked = await shop.billing.asked(ReserveCredits, job_id)
    run_id = ids.uuid7()
    await shop.router.tell(
        CreditsReserved(
            reservation_id=run_id,
            run_id=run_id,
            user_id=asked.user_id,
            credits=1,
            plan="pro",
            budget=1,
            priority="normal",
        )
    )
    assert [row["hold"] for row in await shop.router.fetch("SELECT hold FROM ai_jobs")] == ["asked"]
    assert shop.router.commands(ReleaseCredits) == []


async def test_where_a_product_line_wants_it_an_order_waits_for_the_proof_of_an_address(
    start_router: Any, maker: Any, uploads: Any, headers: Any
) -> None:
    """USR-43: workflow knows, and says why not."""
    uploads.refuses = Refused(403, "email_unverified", "Confirm your e-mail address first.")
    user = ids.uuid7()
    for lines, status in (("talkingphoto", 403), ("pixie", 202)):
        router = await start_router(
            {"local_upscaler": maker("local_upscaler")},
            files=uploads,
            settings={"verified_before_generation": lines},
        )
        body = {"file_id": str(await uploads.add(router.store, user))}
        answer = await router.http.post(ENHANCE, json=body, headers=headers(user))
        assert answer.status_code == status, answer.text
        if status == 403:
            assert answer.json()["error"]["code"] == "email_unverified"
