"""What vendors make of words is media of the kind that was asked, others for other words and another seed."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Awaitable, Callable
from typing import Any

import av
import cv2
import httpx
import numpy as np
import pytest

from simulators.core import media
from simulators.vendors.elevenlabs import ElevenLabs
from simulators.vendors.fal import Fal
from simulators.vendors.gemini import Gemini, Veo
from simulators.vendors.ideogram import Ideogram
from simulators.vendors.midjourney import Midjourney
from simulators.vendors.openai import OpenAI
from simulators.vendors.replicate import Replicate
from simulators.vendors.runway import Runway
from simulators.vendors.stability import Stability
from talkingphoto.sample import sample_portrait

Made = Callable[[str, int], Awaitable[bytes]]
WORDS = ("a lighthouse at dusk", "two cats in the snow")


def _client(simulator: Any, headers: dict[str, str]) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(simulator.app), base_url="http://vendor.test", headers=headers
    )


async def _polled(client: httpx.AsyncClient, path: str, **arguments: Any) -> Any:
    for _ in range(3):
        answer = await client.request(arguments.get("method", "GET"), path, json=arguments.get("json"))
    return answer.json()


async def _openai(words: str, seed: int) -> bytes:
    async with _client(OpenAI(), {"authorization": "Bearer simulated-key"}) as client:
        # It takes no seed.
        made = await client.post("/v1/images/generations", json={"prompt": f"{words} {seed}", "size": "1024x1024"})
        return base64.b64decode(made.json()["data"][0]["b64_json"])


async def _gemini(words: str, seed: int) -> bytes:
    async with _client(Gemini(), {"x-goog-api-key": "simulated-key"}) as client:
        body = {"contents": [{"parts": [{"text": words}]}], "generationConfig": {"seed": seed}}
        made = await client.post("/v1beta/models/gemini-3-pro-image:generateContent", json=body)
        return base64.b64decode(made.json()["candidates"][0]["content"]["parts"][1]["inlineData"]["data"])


async def _ideogram(words: str, seed: int) -> bytes:
    async with _client(Ideogram(), {"api-key": "simulated-key"}) as client:
        form = {"prompt": (None, words), "seed": (None, str(seed))}
        [made] = (await client.post("/v1/ideogram-v3/generate", files=form)).json()["data"]
        assert (made["seed"], made["prompt"]) == (seed, words)
        return (await client.get(made["url"])).content


async def _stability(words: str, seed: int) -> bytes:
    async with _client(Stability(), {"authorization": "Bearer simulated-key"}) as client:
        form = {"prompt": (None, words), "seed": (None, str(seed))}
        made = await client.post("/v2beta/stable-image/generate/core", files=form)
        assert made.headers["seed"] == str(seed)
        return made.content


async def _midjourney(words: str, seed: int) -> bytes:
    async with _client(Midjourney(), {"mj-api-secret": "simulated-key"}) as client:
        taken = await client.post("/mj/submit/imagine", json={"prompt": f"{words} --seed {seed}"})
        made = await _polled(client, f"/mj/task/{taken.json()['result']}/fetch")
        return (await client.get(made["imageUrl"])).content


async def _from_fal(app: str, body: dict[str, Any]) -> Any:
    async with _client(Fal(), {"authorization": "Key simulated-key"}) as client:
        taken = (await client.post(f"/{app}", json=body)).json()
        await _polled(client, taken["status_url"])
        made = (await client.get(taken["response_url"])).json()
        assert made["seed"] == body["seed"]
        file = made["audio"] if "audio" in made else made["images"][0]
        return (await client.get(file["url"])).content


async def _fal(words: str, seed: int) -> bytes:
    size = {"width": 320, "height": 200}
    return bytes(await _from_fal("fal-ai/flux/dev", {"prompt": words, "seed": seed, "image_size": size}))


async def _fal_music(words: str, seed: int) -> bytes:
    body = {"prompt": words, "seed": seed, "seconds_total": 5}
    return bytes(await _from_fal("fal-ai/stable-audio-25/text-to-audio", body))


async def _elevenlabs(words: str, seed: int) -> bytes:
    async with _client(ElevenLabs(), {"xi-api-key": "simulated-key"}) as client:
        # It takes no seed.
        return (await client.post("/v1/music", json={"prompt": f"{words} {seed}", "music_length_ms": 5000})).content


async def _runway(words: str, seed: int) -> bytes:
    photo = f"data:image/jpeg;base64,{base64.b64encode(media.image('image/jpeg')).decode()}"
    body = {"model": "gen4.5", "promptImage": photo, "promptText": words, "ratio": "720:1280", "duration": 5}
    headers = {"authorization": "Bearer simulated-key", "x-runway-version": "2024-11-06"}
    async with _client(Runway(), headers) as client:
        taken = await client.post("/v1/image_to_video", json=body | {"seed": seed})
        made = await _polled(client, f"/v1/tasks/{taken.json()['id']}")
        return (await client.get(made["output"][0])).content


async def _veo(words: str, seed: int) -> bytes:
    async with _client(Veo(), {"x-goog-api-key": "simulated-key"}) as client:
        model = "/v1/publishers/google/models/veo-3.1"
        body = {"instances": [{"prompt": words}], "parameters": {"seed": seed, "durationSeconds": 5}}
        # 5 is none of the lengths that every model has, but one of those it takes.
        name = (await client.post(f"{model}:predictLongRunning", json=body)).json()["name"]
        asked = {"operationName": name}
        made = await _polled(client, f"{model}:fetchPredictOperation", method="POST", json=asked)
        return base64.b64decode(made["response"]["videos"][0]["bytesBase64Encoded"])


async def _replicate(words: str, seed: int) -> bytes:
    async with _client(Replicate(), {"authorization": "Bearer simulated-key", "cancel-after": "60s"}) as client:
        asked = {"input": {"prompt": words, "seed": seed, "duration": 5}}
        taken = await client.post("/v1/models/bytedance/seedance-1-lite/predictions", json=asked)
        made = await _polled(client, taken.json()["urls"]["get"])
        return (await client.get(made["output"])).content


PICTURES = (_openai, _gemini, _ideogram, _stability, _midjourney, _fal)
SOUNDS = (_fal_music, _elevenlabs)
CLIPS = (_runway, _veo, _replicate)


@pytest.mark.parametrize("make", (*PICTURES, *SOUNDS, *CLIPS), ids=lambda make: make.__name__.strip("_"))
async def test_it_differs_by_words_and_by_seed_and_is_the_same_for_the_same(make: Made) -> None:
    made = [await make(*asked) for asked in ((WORDS[0], 1), (WORDS[0], 2), (WORDS[1], 1), (WORDS[0], 1))]
    assert len(set(made)) == 3
    assert made[0] == made[3]
    if make in PICTURES:
        seen = [cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) for data in made[:3]]
        # Of natural tones, neither flat nor one colour beside the next.
        assert all(20 < picture.std() < 90 for picture in seen)
        assert np.abs(seen[0].astype(int) - seen[2]).mean() > 10
        return
    for data in made:
        with av.open(io.BytesIO(data), "r") as opened:
            assert (opened.duration or 0) / av.time_base == pytest.approx(5, abs=0.15)
            assert bool(opened.streams.audio) == (make in SOUNDS)
            assert bool(opened.streams.video) == (make in CLIPS)
            frames = sum(1 for _ in opened.decode(video=0)) if make in CLIPS else 0
            assert (frames > 10) == (make in CLIPS)


@pytest.mark.parametrize(
    ("simulator", "headers", "path", "field", "wider"),
    [
        (Stability, {"authorization": "Bearer simulated-key"}, "/v2beta/stable-image/upscale/fast", "image", 4),
        (Stability, {"authorization": "Bearer simulated-key"}, "/v2beta/stable-image/edit/inpaint", "image", 1),
        (Ideogram, {"api-key": "simulated-key"}, "/upscale", "image_file", 2),
        (Ideogram, {"api-key": "simulated-key"}, "/v1/edit", "images", 1),
        (OpenAI, {"authorization": "Bearer simulated-key"}, "/v1/images/edits", "image", 1),
    ],
)
async def test_a_changed_photo_is_that_photo(
    simulator: Any, headers: dict[str, str], path: str, field: str, wider: int
) -> None:
    sent = cv2.resize(cv2.imread(str(sample_portrait())), (160, 200))
    file = ("photo.png", cv2.imencode(".png", sent)[1].tobytes(), "image/png")
    form = {field: file, "prompt": (None, WORDS[0]), "image_request": (None, json.dumps({}))}
    async with _client(simulator(), headers) as client:
        answer = await client.post(path, files=form)
        if answer.headers["content-type"] == "application/json":
            [made] = answer.json()["data"]
            data = base64.b64decode(made["b64_json"]) if "b64_json" in made else (await client.get(made["url"])).content
        else:
            data = answer.content
    got = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert got.shape[:2] == (200 * wider, 160 * wider)
    assert np.corrcoef(cv2.resize(got, (160, 200)).ravel(), sent.ravel())[0, 1] > 0.9
