"""Films that are made here: each shot is a job of its own, and all of them joined is one more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict, replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from ai_router.providers.port import Declaration, ProviderResult
from chassis import ids
from contracts.ai_router import JobCompleted, JobFailed, SubmitJob
from contracts.enums import Capability
from contracts.objects import StoredObject
from media.film.plan import FRAME_RATE, FilmPlan, Kind, Motion, Scene, Shot, written
from media.video.probe import probe
from simulators.core import media

PORTRAIT = Path(__file__).parents[4] / "samples" / "portrait.jpg"
SAID = "The river begins as a thread of water."
TARGET = {"width": 160, "height": 90, "burn_subtitles": False}
CARD = Shot("s1", Kind.CARD, "# The river\n", "", 1_680, title="The river", motion=Motion.PUSH_IN)
TOLD = Shot("s2", Kind.PICTURE, SAID, SAID, 120, picture="p", motion=Motion.PUSH_IN)
MakeJob = Callable[..., SubmitJob]


def a_shot(a_job: MakeJob, user: UUID, shot: Shot, inputs: dict[str, StoredObject] | None = None) -> SubmitJob:
    described = {name: value for name, value in asdict(shot).items() if name not in ("id", "picture")}
    parameters = {"shot": described, "duration": shot.frames / FRAME_RATE, "language": "en", **TARGET}
    return a_job(Capability.FILM_SHOT, user_id=user, inputs=inputs or {}, parameters=parameters)


async def ended(router: Any, *jobs: SubmitJob) -> list[JobCompleted]:
    """How each of them ended, and all did well."""
    await router.tell(*jobs)
    return list(await asyncio.gather(*(router.wait_for(JobCompleted, job.job_id, timeout_s=100) for job in jobs)))


async def test_shots_and_what_is_said_are_joined_to_a_whole_minute(
    start_router: Any, a_job: MakeJob, quick: Any, tmp_path: Path
) -> None:
    """To the frame, with sound and subtitles, and for nothing; one of another length than ordered is not handed out."""
    router, user = await start_router(options=quick()), ids.uuid7()
    photo = await router.store.put_file(PORTRAIT, f"images/{user}/p.jpg", "image/jpeg")
    speak = a_job(Capability.AUDIO_GENERATION, user_id=user, parameters={"script": SAID, "language": "en"})
    card, told, voice = await ended(
        router, a_shot(a_job, user, CARD), a_shot(a_job, user, TOLD, {"image": photo}), speak
    )
    for made, shot in ((card, CARD), (told, TOLD)):
        assert (made.provider, made.cost, made.data["frames"]) == ("local_film", 0, shot.frames)
        seen = probe(await router.store.fetch(made.outputs["video"], tmp_path / f"{shot.id}.mp4"))
        assert [(one.kind, one.width, one.height) for one in seen.streams] == [("video", 160, 90)]
        assert seen.duration == pytest.approx(shot.frames / FRAME_RATE, abs=0.001)

    plan = FilmPlan(1, "en", 7, "The river", (Scene("The river", (CARD, TOLD)),))
    inputs = {"clip.s1": card.outputs["video"], "clip.s2": told.outputs["video"]}
    inputs |= {"voice.s2": voice.outputs["audio"], "timings.s2": voice.outputs["timings"]}
    parameters = {"plan": written(plan), "duration": 60.0, "music_repeats": False, **TARGET}
    [film] = await ended(router, a_job(Capability.FILM_JOIN, user_id=user, inputs=inputs, parameters=parameters))
    assert (film.provider, film.cost, set(film.outputs)) == ("local_film", 0, {"video", "srt", "vtt"})
    whole = probe(await router.store.fetch(film.outputs["video"], tmp_path / "film.mp4"), loudness=True)
    assert whole.duration == pytest.approx(60.0, abs=0.05)
    assert {one.kind for one in whole.streams} == {"video", "audio"}
    assert whole.loudness_lufs is not None and whole.loudness_lufs > -30
    subtitles = (await router.store.read(film.outputs["vtt"])).decode()
    assert subtitles.startswith("WEBVTT") and SAID in " ".join(subtitles.split())
    # Said where it is heard: in the last shot.
    assert "00:00:56" in (await router.store.read(film.outputs["srt"])).decode()

    longer = a_job(Capability.FILM_JOIN, user_id=user, inputs=inputs, parameters=parameters | {"duration": 61.0})
    await router.tell(longer)
    await router.wait_for(JobFailed, longer.job_id, timeout_s=60)
    [call] = await router.fetch("SELECT failure, error FROM provider_calls WHERE job_id = $1", longer.job_id)
    assert (call["failure"], "61.000 s were wanted" in call["error"]) == ("bad_output", True)


async def test_a_clip_that_was_ordered_of_words_alone_is_shown_in_a_shot(
    start_router: Any, a_job: MakeJob, studio: Any, quick: Any, tmp_path: Path
) -> None:
    """Cut to the frame; who makes faces speak is never asked."""

    class Maker(studio):  # type: ignore[misc, valid-type]
        @property
        def declarations(self) -> tuple[Declaration, ...]:
            honours = frozenset({"prompt", "duration", "width", "height", "seed"})
            return (
                Declaration(Capability.VIDEO_GENERATION, ("m",), honours, "second", "lookup", clip_lengths=(4, 6, 8)),
            )

        async def fetch(self, vendor_job_id: str, ready: Any, request: Any, workspace: Any) -> ProviderResult:
            file = workspace.directory / "clip.mp4"
            file.write_bytes(media.mp4(6.0, 96, 96, 5))
            video = await workspace.keep(file, "video/mp4", role="video")
            return ProviderResult(outputs={"video": video}, units=Decimal(6), vendor_job_id=vendor_job_id)

    router, user = await start_router({"veo3": Maker()}, options=quick()), ids.uuid7()
    wish = {"prompt": "A river.", "width": 1280, "height": 720, "seed": 7, "duration": 5}
    order = a_job(Capability.VIDEO_GENERATION, user_id=user, parameters=wish, exclude=("local_stable_video",))
    [clip] = await ended(router, order)
    assert clip.provider == "veo3"
    [shot] = await ended(router, a_shot(a_job, user, replace(TOLD, picture=None), {"video": clip.outputs["video"]}))
    seen = probe(await router.store.fetch(shot.outputs["video"], tmp_path / "shot.mp4"))
    assert seen.duration == pytest.approx(TOLD.frames / FRAME_RATE, abs=0.001)


@pytest.mark.parametrize(
    ("capability", "parameters"),
    [
        (Capability.FILM_SHOT, {}),
        (Capability.FILM_SHOT, {"shot": {"kind": "opera", "motion": "still"}}),
        (Capability.FILM_JOIN, {}),
        (Capability.FILM_JOIN, {"plan": {"minutes": 1}}),
    ],
)
async def test_what_describes_no_film_fails_once_and_says_how_films_are_ordered(
    start_router: Any, a_job: MakeJob, capability: Capability, parameters: dict[str, Any]
) -> None:
    router = await start_router()
    job = a_job(capability, parameters={"duration": 4.0, **TARGET, **parameters})
    await router.tell(job)
    failed = await router.wait_for(JobFailed, job.job_id)
    assert (failed.failure, failed.retryable, failed.attempts, failed.cost) == ("input", False, 1, 0)
    assert failed.message and "TypeError" not in failed.message


async def test_a_face_that_is_to_speak_and_is_not_there_is_said(
    start_router: Any, a_job: MakeJob, tmp_path: Path
) -> None:
    """For a person, and once: nobody else would find it either."""
    router, user = await start_router(), ids.uuid7()
    picture = await router.store.put_file(_landscape(tmp_path), f"images/{user}/l.png", "image/png")
    speak = a_job(Capability.AUDIO_GENERATION, user_id=user, parameters={"script": "Hi.", "language": "en"})
    [voice] = await ended(router, speak)
    shot = Shot("s1", Kind.PORTRAIT, "Hi.", "Hi.", 60, picture="l", said_s=voice.data["duration"])
    job = a_shot(a_job, user, shot, {"image": picture, **voice.outputs})
    await router.tell(job)
    failed = await router.wait_for(JobFailed, job.job_id, timeout_s=60)
    assert (failed.failure, failed.retryable, failed.attempts) == ("input", False, 1)
    assert "face" in failed.message


def _landscape(folder: Path) -> Path:
    from PIL import Image

    file = folder / "landscape.png"
    Image.linear_gradient("L").resize((320, 180)).convert("RGB").save(file)
    return file
