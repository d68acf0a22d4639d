"""A film longer than a provider's longest clip: clips side by side, joined to the length of the speech (WFL-40)."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ai_router.providers.port import Declaration, FailureClass, ProviderFailure, ProviderResult
from chassis import ids
from chassis.messaging.consumer import wait_until
from contracts.ai_router import CancelJob, CostRecorded, JobCancelled, JobCompleted
from contracts.enums import Capability
from media.video.probe import probe
from simulators.core import media

VIDEO = Capability.VIDEO_GENERATION
SPOKEN_S = 20.4
FIRST, SECOND, THIRD = "one two three four five.", "six seven eight nine, ten eleven.", "twelve thirteen on to twenty."


@pytest.fixture
def maker(studio: Any) -> Any:
    """A vendor that makes clips of 4, 6 or 8 seconds of what it is asked for, and fails as scripted."""

    @dataclass
    class Maker(studio):  # type: ignore[misc, valid-type]
        asked: list[tuple[str, float]] = field(default_factory=list)
        fails: dict[str, list[FailureClass]] = field(default_factory=dict)
        """By script: how its next clips fail."""
        holds: set[str] = field(default_factory=set)
        """Scripts whose clips are never ready."""
        chance: Iterator[FailureClass | None] | None = None

        @property
        def declarations(self) -> tuple[Declaration, ...]:
            return (Declaration(VIDEO, ("m",), frozenset(), "second", "lookup", clip_lengths=(4, 6, 8)),)

        async def submit(self, request: Any, workspace: Any) -> Any:
            self.asked.append((request.parameters["script"], request.parameters["duration"]))
            return await super().submit(request, workspace)

        async def poll(self, vendor_job_id: str, request: Any) -> Any:
            if request.parameters["script"] in self.holds:
                self.polls = -1
                await asyncio.sleep(0)
            return await super().poll(vendor_job_id, request)

        async def fetch(self, vendor_job_id: str, ready: Any, request: Any, workspace: Any) -> ProviderResult:
            waiting = self.fails.get(request.parameters["script"], [])
            failure = waiting.pop(0) if waiting else next(self.chance) if self.chance else None
            if failure is not None:
                raise ProviderFailure(failure, f"scripted {failure}")
            seconds = self.declarations[0].ordered_s(request.parameters["duration"])
            file = workspace.directory / "clip.mp4"
            file.write_bytes(media.mp4(float(seconds), 96, 96, 5))
            video = await workspace.keep(file, "video/mp4", role="video")
            return ProviderResult(outputs={"video": video}, units=Decimal(seconds), vendor_job_id=vendor_job_id)

    return Maker


@pytest.fixture
def speech(tmp_path: Path) -> dict[str, Path]:
    """A recording of sixteen words in three sentences."""
    return _recorded(tmp_path, SPOKEN_S)


def _recorded(tmp_path: Path, seconds: float) -> dict[str, Path]:
    made = {name: tmp_path / name for name in ("speech.wav", "timings.json")}
    texts = [*FIRST.split(), *SECOND.split(), *THIRD.split()]
    step = seconds / len(texts)
    words = [{"text": text, "start": step * n, "end": step * (n + 0.7)} for n, text in enumerate(texts)]
    made["speech.wav"].write_bytes(media.wav(seconds))
    document = {"duration": seconds, "language": "en", "words": words, "phonemes": []}
    made["timings.json"].write_text(json.dumps(document))
    return made


async def _job(router: Any, a_job: Any, speech: dict[str, Path], **fields: Any) -> Any:
    user = ids.uuid7()
    audio = await router.store.put_file(speech["speech.wav"], f"audio/{user}/a.wav", "audio/wav")
    timings = await router.store.put_file(speech["timings.json"], f"documents/{user}/t.json", "application/json")
    seconds = json.loads(speech["timings.json"].read_text())["duration"]
    parameters = {"duration": seconds, "script": f"{FIRST} {SECOND} {THIRD}"}
    return a_job(VIDEO, user_id=user, inputs={"audio": audio, "timings": timings}, parameters=parameters, **fields)


async def _made(router: Any, job: Any) -> Any:
    await router.tell(job)
    return await router.wait_for(JobCompleted, job.job_id, timeout_s=60)


async def test_a_long_speech_is_made_of_clips_and_joined(
    start_router: Any, a_job: Any, maker: Any, judge: Any, quick: Any, speech: dict[str, Path], tmp_path: Path
) -> None:
    """Each clip says its own sentence; the film is as long as the speech and sounds throughout; all of it is paid."""
    veo = maker()
    router = await start_router({"veo3": veo}, validator=judge(), options=quick())
    done = await _made(router, await _job(router, a_job, speech))
    assert (done.provider, done.tried, done.data) == ("veo3", (), {"clips": 3})
    assert {script for script, _ in veo.asked} == {FIRST, SECOND, THIRD}
    assert sum(seconds for _, seconds in veo.asked) == pytest.approx(SPOKEN_S)
    assert [cost.cost for cost in router.events(CostRecorded)] == [Decimal("1.2000")] * 3
    assert done.cost == Decimal("3.6000")
    film = probe(await router.store.fetch(done.outputs["video"], tmp_path / "film.mp4"), loudness=True)
    assert film.duration == pytest.approx(SPOKEN_S, abs=0.1)
    assert {stream.kind for stream in film.streams} == {"video", "audio"}
    assert film.loudness_lufs is not None and film.loudness_lufs > -30
    calls = await router.fetch("SELECT * FROM provider_calls ORDER BY from_s")
    assert [call["state"] for call in calls] == ["succeeded"] * 3
    assert [call["to_s"] for call in calls[:2]] == [call["from_s"] for call in calls[1:]]


@pytest.mark.parametrize("failure", [FailureClass.BAD_OUTPUT, FailureClass.EMPTY, FailureClass.MODERATION_OUTPUT])
async def test_a_part_that_fails_is_made_again_alone(
    start_router: Any, a_job: Any, maker: Any, judge: Any, quick: Any, speech: dict[str, Path], failure: FailureClass
) -> None:
    """The others are not."""
    veo = maker(fails={SECOND: [failure]})
    router = await start_router({"veo3": veo}, validator=judge(), options=quick())
    done = await _made(router, await _job(router, a_job, speech))
    assert (done.provider, done.attempts) == ("veo3", 4)
    assert sorted(script for script, _ in veo.asked) == sorted([FIRST, SECOND, SECOND, THIRD])


async def test_where_a_part_cannot_be_had_the_film_is_made_elsewhere(
    start_router: Any, a_job: Any, maker: Any, studio: Any, judge: Any, quick: Any, speech: dict[str, Path]
) -> None:
    """Whole, so that it has one look; what the other parts have cost counts."""
    veo = maker(fails={SECOND: [FailureClass.BAD_OUTPUT] * 9})
    local = studio("local_stable_video")
    router = await start_router({"veo3": veo, "local_stable_video": local}, validator=judge(), options=quick())
    done = await _made(router, await _job(router, a_job, speech))
    assert (done.provider, done.tried, len(veo.asked), local.submits) == ("local_stable_video", ("veo3",), 4, 1)
    costs = router.events(CostRecorded)
    assert done.cost == sum(cost.cost for cost in costs) > 0
    states = await router.fetch("SELECT state FROM provider_calls WHERE paid ORDER BY state")
    assert [row["state"] for row in states] == ["failed", "failed", "succeeded", "succeeded"]


async def test_a_film_that_the_budget_does_not_allow_is_not_begun(
    start_router: Any, a_job: Any, maker: Any, studio: Any, judge: Any, quick: Any, speech: dict[str, Path]
) -> None:
    """All clips are counted before the first is ordered."""
    veo, local = maker(), studio("local_stable_video")
    router = await start_router({"veo3": veo, "local_stable_video": local}, validator=judge(), options=quick())
    done = await _made(router, await _job(router, a_job, speech, budget=Decimal("3.29")))
    assert (done.provider, done.cost, veo.submits) == ("local_stable_video", 0, 0)


async def test_a_plan_that_can_pay_for_a_film_gets_it(
    start_router: Any, a_job: Any, maker: Any, judge: Any, quick: Any, tmp_path: Path
) -> None:
    """Pro, twelve seconds beside one enhancement (AIR-38): cut behind sentences they would be fourteen, too dear."""
    veo = maker()
    router = await start_router({"veo3": veo}, validator=judge(), options=quick())
    speech = _recorded(tmp_path, 11.6)
    done = await _made(router, await _job(router, a_job, speech, plan="pro", budget=Decimal("1.9610")))
    assert (done.provider, done.cost, len(veo.asked)) == ("veo3", Decimal("1.8000"), 2)
    film = probe(await router.store.fetch(done.outputs["video"], tmp_path / "film.mp4"))
    assert film.duration == pytest.approx(11.6, abs=0.1)


async def test_after_a_crash_no_clip_is_made_twice(
    start_router: Any, a_job: Any, maker: Any, judge: Any, quick: Any, speech: dict[str, Path]
) -> None:
    """Two clips are there and the third is under way when the process ends: the next one waits for the third alone."""
    veo = maker(holds={THIRD})
    first = await start_router({"veo3": veo}, validator=judge(), options=quick())
    job = await _job(first, a_job, speech)
    await first.tell(job)
    states = ["accepted", "succeeded", "succeeded"]
    await first.eventually("SELECT state FROM provider_calls ORDER BY state", states)
    await first.running.stop(0.0)
    veo.holds.clear()
    second = await start_router(
        {"veo3": veo}, validator=judge(), options=quick(), url=first.database.url, store=first.store
    )
    done = await second.wait_for(JobCompleted, job.job_id, timeout_s=60)
    assert (done.provider, len(veo.asked), done.attempts) == ("veo3", 3, 3)
    rows = await second.fetch("SELECT state, cost FROM provider_calls")
    assert {row["state"] for row in rows} == {"succeeded"} and done.cost == sum(row["cost"] for row in rows)


async def test_a_second_delivery_orders_no_further_clip(
    start_router: Any, a_job: Any, maker: Any, painter: Any, judge: Any, quick: Any, speech: dict[str, Path]
) -> None:
    """Neither while the film is made nor afterwards."""
    veo = maker(holds={SECOND})
    router = await start_router(
        {"veo3": veo, "nano_banana": painter("nano_banana")}, validator=judge(), options=quick()
    )
    job = await _job(router, a_job, speech)
    await router.tell(job)
    await wait_until(lambda: len(veo.asked) == 3, timeout_s=20)
    await router.tell(job)
    veo.holds.clear()
    await router.wait_for(JobCompleted, job.job_id, timeout_s=60)
    await router.tell(job)
    await _made(router, a_job())
    assert len(veo.asked) == 3 and len(router.events(JobCompleted, job.job_id)) == 1


async def test_a_cancelled_film_stops_every_clip_under_way(
    start_router: Any, a_job: Any, maker: Any, judge: Any, quick: Any, speech: dict[str, Path]
) -> None:
    """Each is a call of its own at the vendor."""
    veo = maker(holds={FIRST, SECOND, THIRD})
    router = await start_router({"veo3": veo}, validator=judge(), options=quick())
    job = await _job(router, a_job, speech)
    await router.tell(job)
    await wait_until(lambda: len(veo.asked) == 3, timeout_s=20)
    await router.tell(CancelJob(job_id=job.job_id, run_id=job.run_id, reason="no longer wanted"))
    await router.wait_for(JobCancelled, job.job_id)
    await wait_until(lambda: len(veo.cancelled) == 3, timeout_s=20)
    assert sorted(veo.cancelled) == ["job-1", "job-2", "job-3"]


async def test_films_never_cost_more_than_they_may(
    start_router: Any, a_job: Any, maker: Any, studio: Any, judge: Any, quick: Any, speech: dict[str, Path]
) -> None:
    """However their parts fail: a lost answer is counted as spent, a bad clip is paid, and making it again costs."""
    chance = random.Random(40)
    bad = [FailureClass.BAD_OUTPUT, FailureClass.UNKNOWN_OUTCOME, FailureClass.TRANSIENT, FailureClass.EMPTY]
    veo = maker(chance=iter(lambda: chance.choice([None, None, None, *bad]), 0))
    router = await start_router(
        {"veo3": veo, "local_stable_video": studio("local_stable_video")}, validator=judge(), options=quick()
    )
    await router.execute("UPDATE providers SET requests_per_hour = NULL")
    jobs = [await _job(router, a_job, speech, budget=Decimal(chance.randrange(200, 600)) / 100) for _ in range(12)]
    await router.tell(*jobs)
    for job in jobs:
        done = await router.wait_for(JobCompleted, job.job_id, timeout_s=120)
        recorded = sum((cost.cost for cost in router.events(CostRecorded, job.job_id)), Decimal(0))
        assert recorded == done.cost <= job.budget
    assert len(veo.asked) > 12
