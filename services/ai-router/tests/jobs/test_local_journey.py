"""The local providers end to end: a photo and a script become speech and a talking video."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chassis import ids
from contracts.ai_router import JobCompleted, JobFailed, SubmitJob
from contracts.enums import Capability

PORTRAIT = Path(__file__).parents[4] / "samples" / "portrait.jpg"
TINY_VOICE = runpy.run_path(str(Path(__file__).parents[4] / "libs" / "media" / "tools" / "tiny_voice.py"))


async def test_a_photo_and_a_script_become_a_talking_video(start_router: Any, a_job: Callable[..., SubmitJob]) -> None:
    """Enhance, speak, talk: every result is measured, scored and stored, and costs nothing."""
    router = await start_router()
    user = ids.uuid7()
    photo = await router.store.put_file(PORTRAIT, f"images/{user}/p.jpg", "image/jpeg")

    enhance = a_job(inputs={"image": photo}, user_id=user)
    speak = a_job(
        Capability.AUDIO_GENERATION, user_id=user, parameters={"script": "Hello there, my friend.", "language": "en"}
    )
    await router.tell(enhance, speak)
    enhanced = await router.wait_for(JobCompleted, enhance.job_id)
    spoken = await router.wait_for(JobCompleted, speak.job_id)
    assert enhanced.provider == "local_upscaler"
    assert enhanced.score > 5
    assert enhanced.cost == 0
    timings = json.loads(await router.store.read(spoken.outputs["timings"]))
    assert [word["text"].strip(",.") for word in timings["words"]] == ["Hello", "there", "my", "friend"]

    talk = a_job(
        Capability.VIDEO_GENERATION,
        user_id=user,
        inputs={"image": enhanced.outputs["image"], **spoken.outputs},
        parameters={"width": 180, "height": 320},
    )
    await router.tell(talk)
    made = await router.wait_for(JobCompleted, talk.job_id, timeout_s=100)
    assert made.provider == "local_stable_video"
    assert made.outputs["video"].mime_type == "video/mp4"
    assert made.measures
    assert router.events(JobFailed) == []

    row = (await router.fetch("SELECT * FROM ai_jobs WHERE id = $1", talk.job_id))[0]
    assert (row["status"], row["progress"], row["attempts"]) == ("completed", 100, 1)
    assert row["routing"]["choices"][0]["ranked"][0]["provider"] == "local_stable_video"
    calls = await router.fetch("SELECT * FROM provider_calls WHERE job_id = $1", talk.job_id)
    assert [(call["state"], call["paid"]) for call in calls] == [("succeeded", False)]
    assert await router.fetch("SELECT * FROM work") == []
    assert row["completed_at"] <= datetime.now(UTC)


async def test_a_configured_piper_voice_speaks_unless_the_engine_is_asked_for(
    start_router: Any, a_job: Callable[..., SubmitJob], judge: Any, tmp_path: Path
) -> None:
    """By language and voice; whose file is broken is the operator's to mend, and the user is not told of files."""
    good, bad = (TINY_VOICE["write"](tmp_path, name) for name in ("good", "bad"))
    bad.write_bytes(b"no network")
    # This voice sings a tone for each sound: no ears take it for the script.
    router = await start_router(settings={"piper_voices": {"en": good, "en:male": bad}}, validator=judge())

    def speak(**parameters: str) -> SubmitJob:
        script = {"script": "Hello there, Bob.", "language": "en"}
        return a_job(Capability.AUDIO_GENERATION, parameters=script | parameters)

    piper, engine, other = speak(voice="female"), speak(model="espeak-ng"), speak(language="es")
    await router.tell(piper, engine, other)
    for job, model, said in (
        (piper, "piper", "piper:good"),
        (engine, "espeak-ng", "espeak-ng"),
        (other, "espeak-ng", ""),
    ):
        spoken = await router.wait_for(JobCompleted, job.job_id)
        timings = json.loads(await router.store.read(spoken.outputs["timings"]))
        assert spoken.model == model
        assert said in timings["engine"]
        assert len(timings["words"]) == 3

    broken = speak(voice="male")
    await router.tell(broken)
    failed = await router.wait_for(JobFailed, broken.job_id)
    assert failed.failure == "auth"
    assert "bad.onnx" not in failed.message
    [call] = await router.fetch("SELECT * FROM provider_calls WHERE job_id = $1", broken.job_id)
    assert "VOICE_FILE_UNFIT" in str(dict(call))


async def test_a_photo_without_a_face_is_refused_with_advice(
    start_router: Any, a_job: Callable[..., SubmitJob], tmp_path: Path
) -> None:
    """What the media library says about the input reaches the user."""
    router = await start_router()
    broken = await router.store.put_bytes(b"not a photo at all", "images/broken.jpg", "image/jpeg")
    job = a_job(inputs={"image": broken})
    await router.tell(job)
    failed = await router.wait_for(JobFailed, job.job_id)
    assert failed.failure == "input"
    assert not failed.retryable
    assert failed.message
