"""Jobs that are ordered by themselves, through the gateway, in both topologies: held, followed, paid, handed out."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import httpx
import pytest
from httpx_sse import aconnect_sse

from media.images.photos import decode
from talkingphoto.client import ApiError, Client, Credentials

pytestmark = [pytest.mark.journey, pytest.mark.timeout(180)]


async def _followed(user: Client, job_id: str) -> list[dict[str, Any]]:
    """Every event of a job until it has ended."""
    path = f"/api/v1/ai/jobs/{job_id}/events"
    async with aconnect_sse(user._http, "GET", path, timeout=httpx.Timeout(30, read=90)) as source:
        assert source.response.status_code == 200
        return [json.loads(event.data) async for event in source.aiter_sse() if event.data]


async def _balance(user: Client) -> tuple[int, int]:
    found = await user.send("GET", "/api/v1/billing/credits/balance")
    return found["balance"], found["reserved"]


async def _made(user: Client, path: str, body: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    accepted = await user.send("POST", path, json=body)
    events = await _followed(user, accepted["job_id"])
    assert events[-1]["state"] == "completed", events
    assert [event["sequence"] for event in events] == sorted({event["sequence"] for event in events})
    return await user.send("GET", f"/api/v1/ai/jobs/{accepted['job_id']}/result"), events


async def test_a_photo_is_bettered_enlarged_and_speaks(
    platform: Any, user: Client, portrait: Path, tmp_path: Path
) -> None:
    """Each step with the result of the one before; each costs its credit; a stranger finds none of it."""
    before, _ = await _balance(user)
    uploaded = await user.upload(portrait)
    better, events = await _made(user, "/api/v1/ai/image/enhance", {"file_id": uploaded["id"]})
    assert (better["provider"], better["credits"]) == ("local_upscaler", 1)
    assert "spared" in better["data"] and events[-1]["credits"] == 1
    await user.download(better["outputs"]["image"]["url"], tmp_path / "better.jpg")
    assert decode(tmp_path / "better.jpg").shape[0] > 0

    body = {"job_id": better["job_id"], "script": "Good morning.", "voice": "female"}
    film, _ = await _made(user, "/api/v1/ai/video/generate", body)
    assert film["provider"] == "local_stable_video"
    assert set(film["outputs"]) == {"video"}

    spoken, _ = await _made(user, "/api/v1/ai/audio/generate", {"text": "Good night."})
    assert {"audio", "timings"} <= set(spoken["outputs"])
    assert await _balance(user) == (before - 3, 0)

    listed = await user.send("GET", "/api/v1/ai/jobs")
    assert [job["job_type"] for job in listed["items"]] == ["audio_generation", "video_generation", "image_enhancement"]
    log = await user.send("GET", "/api/v1/events")
    assert {item["event"]["type"] for item in log["items"]} == {"ai_job_status"}

    broke = await user.send("POST", "/api/v1/ai/audio/generate", json={"text": "One too many."})
    refused = await _followed(user, broke["job_id"])
    assert (refused[-1]["state"], refused[-1]["code"]) == ("failed", "QUOTA_EXCEEDED")

    async with Client(platform.url) as stranger:
        await stranger.register(Credentials(f"eve-{secrets.token_hex(5)}@example.com", "monsoon-42-lamp"), name="Eve")
        for path in ("result", "status", "route", "events"):
            with pytest.raises(ApiError) as hidden:
                await stranger.send("GET", f"/api/v1/ai/jobs/{film['job_id']}/{path}")
            assert hidden.value.status == 404, path
        with pytest.raises(ApiError) as not_theirs:
            await stranger.send("POST", "/api/v1/ai/image/enhance", json={"file_id": uploaded["id"]})
        assert not_theirs.value.status == 404
