"""Orders of the products that are no talking photo: a film cut, moments found, a film made of a script, pictures made
and changed. Each as small as its product allows."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import httpx
import numpy as np
from tests.chaos.load import Load, small_portrait

from media.speech.synthesis import synthesise
from media.video.clip import Shape, write
from media.video.source import read_audio

_SAID = (
    "Nobody believed that this would ever work. Why did we try it anyway? Because the old way had failed three times. "
    "So we threw everything away and began again. The result surprised all of us."
)
_SCRIPT = """# The river

The river begins as a thread of water between two stones.

At the end it is wide."""
GENERATE = "/api/v1/ai/image/generate"
"""What a vendor is paid for."""
_RECIPE = [{"op": "crop", "aspect": "4:5"}, {"op": "flip"}]


@dataclass
class ProductLoad(Load):
    """One user's orders in one product line; ``whole``: also clips, which take some seconds of work."""

    line: str = "reely"
    whole: bool = True

    async def run(self) -> None:
        """Place the line's orders; returns when each has been accepted."""
        headers = {"X-Product-Line": self.line}
        async with httpx.AsyncClient(base_url=self.url, timeout=20, headers=headers) as client:
            await self._register(client)
            await ORDERS[self.line](self, client)

    async def order(self, client: httpx.AsyncClient, path: str, body: Mapping[str, Any], *, job: bool = False) -> None:
        """Order twice with one key: an answer that was lost is asked for again, and must be the same."""
        key = f"{self.seed}-{secrets.token_hex(6)}"
        for _ in range(2):
            accepted = await self._until(
                client, "POST", path, (200, 202), json=dict(body), headers={"Idempotency-Key": key}
            )
            saw = self.witness.saw_job if job else self.witness.saw_run
            saw(key, accepted["job_id"])


async def _reely(load: ProductLoad, client: httpx.AsyncClient) -> None:
    video = await load._upload(client, spoken_film(), "talk.mp4", "video/mp4")
    orders: list[tuple[str, dict[str, Any]]] = [("/api/v1/trim", {"start": 1, "end": 2.5})]
    if load.whole:
        orders += [
            ("/api/v1/trim", {"start": 2, "end": 4, "output_format": "webm"}),
            ("/api/v1/auto-hooks", {"count": 1, "clip_length": 6.0, "clips": 1}),
        ]
    await asyncio.gather(*(load.order(client, path, {"file_id": video} | body) for path, body in orders))


async def _filmstudio(load: ProductLoad, client: httpx.AsyncClient) -> None:
    picture = await load._upload(client, small_portrait(), "river.jpg", "image/jpeg")
    film = {"title": "The river", "script": _SCRIPT, "images": [picture], "voice": "female", "duration": 1}
    project = await load._until(
        client,
        "POST",
        "/api/projects/create",
        (201,),
        json=film,
        headers={"Idempotency-Key": secrets.token_hex(8)},
    )
    await load.order(client, "/api/ai/video-generate", {"project_id": project["id"], "definition": "draft"})


async def _pixie(load: ProductLoad, client: httpx.AsyncClient) -> None:
    picture = await load._upload(client, small_portrait(), "me.jpg", "image/jpeg")
    project = await load._until(
        client,
        "POST",
        "/api/projects",
        (201,),
        json={"name": "Harbour"},
        headers={"Idempotency-Key": secrets.token_hex(8)},
    )
    edit = {"file_id": picture, "recipe": _RECIPE}
    await asyncio.gather(
        load.order(client, "/api/v1/ai/image/edit", edit | {"project_id": project["id"]}, job=True),
        load.order(client, "/api/v1/ai/image/edit", edit | {"recipe": [{"op": "flip"}]}, job=True),
        load.order(client, "/api/v1/ai/image/upscale", {"file_id": picture, "factor": 2}, job=True),
        load.order(client, GENERATE, {"prompt": f"a harbour, {secrets.token_hex(4)}", "size": "512x512"}, job=True),
    )


ORDERS: Mapping[str, Callable[[ProductLoad, httpx.AsyncClient], Awaitable[None]]] = {
    "reely": _reely,
    "filmstudio": _filmstudio,
    "pixie": _pixie,
}


@cache
def spoken_film() -> bytes:
    """Some seconds in which somebody speaks, as MP4."""
    with TemporaryDirectory() as folder:
        found = read_audio(synthesise(_SAID, Path(folder) / "said.wav").path, mono=True)
        assert found is not None
        samples, rate = found
        shape = Shape(160, 90, Fraction(5))
        pictures = _pictures(shape, samples.size / rate)
        return write(Path(folder) / "talk.mp4", shape, pictures, samples.reshape(-1, 1)).path.read_bytes()


def _pictures(shape: Shape, seconds: float) -> Iterator[av.VideoFrame]:
    for number in range(shape.count(seconds)):
        picture = np.full((shape.height, shape.width, 3), 40 + number % 100, dtype=np.uint8)
        yield av.VideoFrame.from_ndarray(picture, format="bgr24")
