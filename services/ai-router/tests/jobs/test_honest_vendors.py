"""What vendors deliver that answer well is used: nobody pays for a clip and is shown the local one instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ai_router.jobs.running.vendor import Polling
from ai_router.providers.port import Running
from chassis import ids
from contracts.ai_router import CostRecorded, JobCompleted
from contracts.enums import Capability, Quality
from media.images.photos import decode, encode
from media.video.probe import probe
from simulators.matrix.scenarios import bench

PORTRAIT = Path(__file__).parents[4] / "samples" / "portrait.jpg"
SHORT = "Good morning, and welcome to our little shop on the corner."
LONG = (
    "Good morning, and welcome to our little shop on the corner. We bake our bread every day before the sun comes up. "
    "Come in, sit down, and have a cup of coffee with us; the first one is free. "
    "Tomorrow we open at seven o'clock, and there will be cake for everybody who brings a friend along."
)


class Vendors(dict[str, Any]):
    """The adapters by their keys, and the simulators behind them."""

    def __init__(self, providers: Mapping[str, Any], simulators: Mapping[str, Any]) -> None:
        super().__init__(providers)
        self.simulators = simulators


@pytest.fixture
async def vendors(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Every vendor with its simulator, in this process; asked again at once, whatever patience it asks for."""
    made = bench()
    for one in made.providers.values():
        if (poll := getattr(type(one), "poll", None)) is not None:
            monkeypatch.setattr(type(one), "poll", _at_once(poll))
    yield Vendors(made.providers, made.simulators)
    await made.client.aclose()


def _at_once(poll: Any) -> Any:
    async def impatient(*arguments: Any) -> Any:
        answer = await poll(*arguments)
        return replace(answer, poll_after_s=None) if isinstance(answer, Running) else answer

    return impatient


async def _done(router: Any, job: Any) -> Any:
    await router.tell(job)
    return await router.wait_for(JobCompleted, job.job_id, timeout_s=120)


@pytest.mark.parametrize(
    ("script", "quality", "speaker", "maker"),
    [
        (SHORT, Quality.BALANCED, "local_speech", "veo3"),
        (LONG, Quality.BALANCED, "local_speech", "veo3"),
        (LONG, Quality.PREMIUM, "local_speech", "runway_act2"),
        (SHORT, Quality.BALANCED, "elevenlabs", "veo3"),
        (SHORT, Quality.ECONOMY, "openai", "veo3"),
    ],
)
async def test_paid_results_pass_the_gates_and_are_used(
    start_router: Any,
    a_job: Any,
    vendors: Any,
    quick: Any,
    tmp_path: Path,
    script: str,
    quality: Quality,
    speaker: str,
    maker: str,
) -> None:
    """Photo, speech and film by paid providers, each judged by what it is."""
    chosen = {key: one for key, one in vendors.items() if key in ("nano_banana", speaker, maker)}
    patience = Polling(first_s=0.01, most_s=0.1, stop_s=90.0)
    router = await start_router(chosen, options=quick(polling=patience))
    user = ids.uuid7()
    photo = await router.store.put_file(PORTRAIT, f"images/{user}/p.jpg", "image/jpeg")
    better = await _done(router, a_job(user_id=user, inputs={"image": photo}, minimum_score=7.0))
    assert (better.provider, better.tried) == ("nano_banana", ())

    said = {"script": script, "language": "en", "voice": "female"}
    speech = await _done(router, a_job(Capability.AUDIO_GENERATION, user_id=user, parameters=said))
    assert (speech.provider, speech.tried) == (speaker, ())
    seconds = speech.measures["duration"]

    film = await _done(
        router,
        a_job(
            Capability.VIDEO_GENERATION,
            user_id=user,
            inputs={"image": better.outputs["image"], **speech.outputs},
            parameters={**said, "duration": seconds},
            quality=quality,
            minimum_score=7.0,
        ),
    )
    assert (film.provider, film.tried) == (maker, ()), film.measures
    assert film.score >= 7.0 and film.warnings == ()
    made = probe(await router.store.fetch(film.outputs["video"], tmp_path / "film.mp4"))
    if seconds > 8:
        assert made.duration == pytest.approx(seconds, abs=0.1)
    paid = sum((cost.cost for cost in router.events(CostRecorded, film.job_id)), Decimal(0))
    assert paid == film.cost > 0


async def _a_photo(router: Any) -> dict[str, Any]:
    user = ids.uuid7()
    photo = await router.store.put_file(PORTRAIT, f"images/{user}/p.jpg", "image/jpeg")
    return {"user_id": user, "inputs": {"image": photo}, "minimum_score": 7.0, "budget": Decimal(200)}


async def _a_speech(router: Any, a_job: Any, user: Any) -> Any:
    said = {"script": SHORT, "language": "en", "voice": "female"}
    return await _done(router, a_job(Capability.AUDIO_GENERATION, user_id=user, parameters=said))


@pytest.mark.parametrize("maker", ["heygen_avatar", "replicate"])
async def test_a_film_of_a_vendor_that_is_named_is_used(
    start_router: Any, a_job: Any, vendors: Any, quick: Any, maker: str
) -> None:
    """The face says what the speech says, for as long."""
    patience = Polling(first_s=0.01, most_s=0.1, stop_s=90.0)
    router = await start_router({maker: vendors[maker]}, options=quick(polling=patience))
    about = await _a_photo(router)
    speech = await _a_speech(router, a_job, about["user_id"])
    said = {"script": SHORT, "duration": speech.measures["duration"]}
    about["inputs"] |= speech.outputs
    film = await _done(router, a_job(Capability.VIDEO_GENERATION, **about, parameters=said, prefer=maker))
    assert (film.provider, film.tried) == (maker, ()), film.measures
    assert film.score >= 7.0 and film.warnings == () and film.cost > 0


async def test_a_film_that_a_vendor_speaks_itself_is_used(
    start_router: Any, a_job: Any, vendors: Any, quick: Any
) -> None:
    """HeyGen has voices of its own."""
    patience = Polling(first_s=0.01, most_s=0.1, stop_s=90.0)
    router = await start_router({"heygen_avatar": vendors["heygen_avatar"]}, options=quick(polling=patience))
    said = {"script": SHORT, "voice": "female", "language": "en"}
    order = a_job(Capability.VIDEO_GENERATION, **await _a_photo(router), parameters=said, prefer="heygen_avatar")
    film = await _done(router, order)
    assert (film.provider, film.tried) == ("heygen_avatar", ()), film.measures
    assert film.score >= 7.0 and film.cost > 0


async def test_lips_that_a_vendor_moves_anew_are_used(start_router: Any, a_job: Any, vendors: Any, quick: Any) -> None:
    """They follow the speech that was given, for as long as it lasts."""
    patience = Polling(first_s=0.01, most_s=0.1, stop_s=90.0)
    router = await start_router({"fal_ai": vendors["fal_ai"]}, options=quick(polling=patience))
    about = await _a_photo(router)
    speech = await _a_speech(router, a_job, about["user_id"])
    film = await _done(
        router,
        a_job(Capability.VIDEO_GENERATION, **{**about, "inputs": about["inputs"] | speech.outputs}),
    )
    about["inputs"] = {"video": film.outputs["video"], **speech.outputs}
    spoken = await _done(router, a_job(Capability.LIP_SYNC, **about))
    assert (spoken.provider, spoken.tried) == ("fal_ai", ()), spoken.measures
    assert spoken.score >= 7.0 and spoken.cost > 0


@pytest.mark.parametrize(
    ("maker", "capability", "parameters"),
    [
        ("midjourney_api", Capability.IMAGE_ENHANCEMENT, {"enhancement_type": "portrait"}),
        ("fal_ai", Capability.IMAGE_UPSCALE, {"factor": 2}),
        ("fal_ai", Capability.IMAGE_EDIT, {"prompt": "warmer light"}),
    ],
)
async def test_a_picture_of_a_vendor_that_is_named_is_used(
    start_router: Any,
    a_job: Any,
    vendors: Any,
    quick: Any,
    maker: str,
    capability: Capability,
    parameters: dict[str, Any],
) -> None:
    """It shows the face of the photo, as good as a photo is to be."""
    patience = Polling(first_s=0.01, most_s=0.1, stop_s=90.0)
    router = await start_router({maker: vendors[maker]}, options=quick(polling=patience))
    order = a_job(capability, **await _a_photo(router), parameters=parameters, prefer=maker)
    picture = await _done(router, order)
    assert (picture.provider, picture.tried) == (maker, ()), picture.measures
    assert picture.score >= 7.0 and picture.measures["faces"] >= 1 and picture.cost > 0


@pytest.mark.parametrize("moved_px", [0, 4])
async def test_an_edit_that_moves_the_picture_is_flagged_and_put_back(
    start_router: Any, a_job: Any, vendors: Any, quick: Any, tmp_path: Path, moved_px: int
) -> None:
    """FLUX Fill, which takes the mask; Kontext, which does not, is not asked."""
    patience = Polling(first_s=0.01, most_s=0.1, stop_s=90.0)
    vendors.simulators["fal"].moved_px = moved_px
    router = await start_router({"fal_ai": vendors["fal_ai"]}, options=quick(polling=patience))
    about = await _a_photo(router)
    mask = np.zeros((512, 512, 3), np.uint8)
    mask[110:300, 350:500] = 255
    white = await router.store.put_bytes(encode(mask, "PNG", 100), f"images/{about['user_id']}/mask.png", "image/png")
    about["inputs"]["mask"] = white
    done = await _done(router, a_job(Capability.IMAGE_EDIT, **about, parameters={"prompt": "a hill"}, prefer="fal_ai"))
    assert (done.provider, done.model) == ("fal_ai", "fal-ai/flux-pro/v1/fill")
    assert ("edit_drift" in done.warnings, "composite" in done.outputs) == (bool(moved_px), bool(moved_px))
    measures = done.data["guard"]["measures"]
    assert measures["outside_shift"] == pytest.approx(moved_px, abs=0.3)
    if moved_px:
        put_back = decode(await router.store.fetch(done.outputs["composite"], tmp_path / "composite.png"))
        outside = mask[..., 0] == 0
        error = float(((put_back.astype(float) - decode(PORTRAIT))[outside] ** 2).mean())
        assert error < 255**2 / 10**4.5, "more than 45 dB"
