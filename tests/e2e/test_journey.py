"""A photo and a sentence become a talking video with renditions and a kit, in both topologies."""

from __future__ import annotations

import asyncio
import json
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from media.video.probe import probe
from talkingphoto.client import ApiError, Client
from talkingphoto.making import Order, make
from talkingphoto.screen import Screen
from talkingphoto.show import Printer

pytestmark = [pytest.mark.journey, pytest.mark.timeout(180)]


def silent() -> Screen:
    return Screen(Printer(), quiet=True)


async def test_photo_and_sentence_become_a_published_video(
    platform: Any, user: Client, portrait: Path, tmp_path: Path
) -> None:
    order = Order(photo=portrait, script="Good morning, Mumbai.", platforms=("instagram", "youtube"), title="Morning")
    summary = await make(user, order, tmp_path, silent())

    assert summary["status"] == "completed"
    assert {step["name"] for step in summary["steps"]} >= {"reserve", "enhance", "speak", "generate", "kit", "capture"}
    assert all(step["status"] == "done" for step in summary["steps"])
    assert summary["credits"]["captured"] == 1
    assert summary["scores"]["video"] is not None
    written = {path.name for path in tmp_path.iterdir()}
    assert written >= {
        "enhanced.jpg", "video.mp4", "instagram.mp4", "youtube.mp4", "captions.srt", "captions.vtt", "kit.zip",
        "summary.json",
    }  # fmt: skip
    for name, width, height in (("instagram.mp4", 1080, 1920), ("youtube.mp4", 1920, 1080)):
        found = probe(tmp_path / name)
        video = next(stream for stream in found.streams if stream.kind == "video")
        assert (video.width, video.height, video.codec) == (width, height, "h264")
        assert any(stream.kind == "audio" for stream in found.streams)
    assert "Good morning" in (tmp_path / "captions.srt").read_text(encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "kit.zip") as kit:
        assert kit.testzip() is None
        names = kit.namelist()
    assert any(name.startswith("instagram/") for name in names)
    assert any(name.startswith("youtube/") for name in names)
    assert json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))["run_id"] == summary["run_id"]


async def test_the_same_key_starts_one_run_and_another_body_is_refused(user: Client, portrait: Path) -> None:
    uploaded = await user.upload(portrait)
    request = Order(photo=portrait, script="Once.", platforms=("tiktok",)).request() | {"input_file_id": uploaded["id"]}
    first, second = await asyncio.gather(
        user.create_run(request, idempotency_key="key-1"), user.create_run(request, idempotency_key="key-1")
    )
    assert first["id"] == second["id"]
    with pytest.raises(ApiError) as refused:
        await user.create_run(request | {"script": "Twice."}, idempotency_key="key-1")
    assert refused.value.status in (409, 422)
    await user.cancel(first["id"])
    assert [update async for update in user.follow(first["id"])][-1]["state"] == "cancelled"


async def test_a_cancelled_run_gives_everything_back(user: Client, portrait: Path) -> None:
    uploaded = await user.upload(portrait)
    request = Order(photo=portrait, script="I will be stopped. " * 10, platforms=("tiktok",)).request()
    accepted = await user.create_run(request | {"input_file_id": uploaded["id"]}, idempotency_key="cancel-me")
    async for update in user.follow(accepted["id"]):
        if update["status"]["step"] in ("enhance", "speak", "generate"):
            break
    await user.cancel(accepted["id"])
    updates = [update async for update in user.follow(accepted["id"])]
    assert updates[-1]["state"] == "cancelled"
    run = await user.run(accepted["id"])
    assert run["credits"]["captured"] == 0
    balance = await user.send("GET", "/api/v1/billing/credits/balance")
    assert balance["reserved"] == 0


async def test_live_updates_resume_where_they_were(user: Client, portrait: Path) -> None:
    uploaded = await user.upload(portrait)
    request = Order(photo=portrait, script="Hello again.", platforms=("tiktok",)).request()
    accepted = await user.create_run(request | {"input_file_id": uploaded["id"]}, idempotency_key="resume-me")
    updates = [update async for update in user.follow(accepted["id"])]
    numbers = [update["sequence"] for update in updates]
    assert numbers == sorted(set(numbers))
    assert updates[-1]["state"] == "completed"
    half = numbers[len(numbers) // 2]
    rest = [json.loads(event.data)["sequence"] async for event in user._events(accepted["id"], str(half))]
    assert rest == [number for number in numbers if number > half]
    progress = [update["status"]["progress"] for update in updates if update["status"]["progress"] is not None]
    assert progress == sorted(progress)


async def test_a_photo_without_a_face_is_refused_with_advice(user: Client, tmp_path: Path) -> None:
    import cv2
    import numpy as np

    sky = np.full((480, 640, 3), (200, 160, 90), np.uint8)
    cv2.imwrite(str(tmp_path / "sky.jpg"), sky)
    uploaded = await user.upload(tmp_path / "sky.jpg")
    request = Order(photo=tmp_path / "sky.jpg", script="Nobody here.", platforms=("tiktok",)).request()
    with pytest.raises(ApiError, match="Use a photo that shows one face clearly"):
        await user.create_run(request | {"input_file_id": uploaded["id"]}, idempotency_key="no-face")


async def test_a_script_without_a_word_is_refused_with_advice(user: Client, portrait: Path) -> None:
    uploaded = await user.upload(portrait)
    request = Order(photo=portrait, script="\U0001f600", platforms=("tiktok",)).request()
    with pytest.raises(ApiError, match="Write what the photo should say"):
        await user.create_run(request | {"input_file_id": uploaded["id"]}, idempotency_key="no-word")


async def test_a_script_that_no_voice_speaks_fails_with_advice_and_costs_nothing(user: Client, portrait: Path) -> None:
    uploaded = await user.upload(portrait)
    # A Latin letter, so the order is accepted; that the voice makes no sound for it, only speaking it tells.
    request = Order(photo=portrait, script="\ua7f7", platforms=("tiktok",)).request()
    accepted = await user.create_run(request | {"input_file_id": uploaded["id"]}, idempotency_key="no-sound")
    last = [update async for update in user.follow(accepted["id"])][-1]
    assert last["state"] == "failed"
    run = await user.run(accepted["id"])
    assert run["credits"]["captured"] == 0
    assert run["error"]["message"]
    notifications = await user.send("GET", "/api/v1/notifications")
    assert [item["kind"] for item in notifications["items"] if item["kind"].startswith("workflow")] == [
        "workflow_failed"
    ]


async def test_an_estimate_knows_what_each_platform_takes(user: Client) -> None:
    """Export's rows, told to workflow over the bus: twenty minutes of Chinese are too long for all three."""
    request = {
        "script": "人们买新鲜的鱼。" * 600,
        "script_language": "zh",
        "target_platforms": ["instagram", "tiktok", "youtube"],
    }
    async with asyncio.timeout(60):
        while len(warnings := (await user.estimate(request))["warnings"]) < 3:
            await asyncio.sleep(0.2)
    limits = [("Instagram Reels", 900), ("TikTok", 600), ("YouTube", 900)]
    for warning, (name, longest) in zip(warnings, limits, strict=True):
        assert f"{name} takes at most {longest} s. So it comes in parts" in warning


async def test_another_user_sees_nothing(platform: Any, user: Client, portrait: Path) -> None:
    from talkingphoto.client import Credentials

    uploaded = await user.upload(portrait)
    request = Order(photo=portrait, script="Mine.", platforms=("tiktok",)).request()
    accepted = await user.create_run(request | {"input_file_id": uploaded["id"]}, idempotency_key="mine")
    async with Client(platform.url) as stranger:
        await stranger.register(
            Credentials(f"stranger-{accepted['id'][-8:]}@example.com", "monsoon-42-lamp"), name="Stranger"
        )
        for path in (
            f"/api/v1/workflows/{accepted['id']}",
            f"/api/v1/workflows/{accepted['id']}/status",
            f"/api/v1/workflows/{accepted['id']}/events",
            f"/api/v1/files/{uploaded['id']}",
            f"/api/v1/export/kits/{accepted['id']}",
        ):
            with pytest.raises(ApiError) as refused:
                await stranger.send("GET", path)
            assert refused.value.status == 404, path
        with pytest.raises(ApiError) as refused:
            await stranger.cancel(accepted["id"])
        assert refused.value.status == 404
    with suppress(ApiError):  # it may be done by now
        await user.cancel(accepted["id"])
