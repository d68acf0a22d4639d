"""Export as it runs, on a real PostgreSQL, an in-process bus and a folder store."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import av
import httpx
import numpy as np
import pytest

from chassis import ids
from chassis.data.database import Database
from chassis.messaging.consumer import wait_until
from chassis.testing.running import RunningSlice, StartSlice
from contracts.enums import Platform, WorkflowType
from contracts.export import CreateKit, CreateRendition
from contracts.objects import StoredObject
from contracts.workflow import RunCompleted
from export.composition import SPEC, build


class Export(RunningSlice):
    """A running export service and what it has published."""

    async def wait_for(self, kind: type[Any], count: int = 1, *, timeout_s: float = 60.0) -> list[Any]:
        """The events of a kind, once there are ``count``."""
        await wait_until(lambda: len(self.events(kind)) >= count, timeout_s=timeout_s)
        return self.events(kind)


StartExport = Callable[..., Awaitable[Export]]


@pytest.fixture
def start_export(start_slice: StartSlice) -> StartExport:
    """Start the service: ``await start_export(url=..., consume=False, render_deadline_s=...)``."""

    async def start(
        *,
        url: str | None = None,
        consume: bool = True,
        small: bool = True,
        http: httpx.AsyncClient | None = None,
        **settings: Any,
    ) -> Export:
        spec = replace(SPEC, build=partial(build, http=http), initial_data=_small if small else SPEC.initial_data)
        return await start_slice(spec, Export, url=url, consume=consume, settings=settings)

    return start


async def _small(database: Database) -> None:
    """The same shapes a sixth the size: tests are about what is made, not about encoding pixels."""
    assert SPEC.initial_data is not None
    await SPEC.initial_data(database)
    async with database.connection() as connection:
        await connection.execute(
            "UPDATE platform_requirements SET key_values = key_values || jsonb_build_object("
            "'width', (key_values->>'width')::int / 12 * 2, 'height', (key_values->>'height')::int / 12 * 2)"
        )


@dataclass(frozen=True)
class Source:
    """What a run has made before export begins."""

    run_id: UUID
    user_id: UUID
    video: StoredObject
    image: StoredObject
    timings: StoredObject

    def rendition(self, platform: Platform, **fields: Any) -> CreateRendition:
        """An order for one platform."""
        given: dict[str, Any] = {
            "rendition_id": ids.uuid7(),
            "run_id": self.run_id,
            "user_id": self.user_id,
            "product_line": "talkingphoto",
            "platform": platform,
            "video": self.video,
            "timings": self.timings,
        }
        return CreateRendition(**{**given, **fields})

    def paid(self) -> RunCompleted:
        """What workflow says when the run's credits are captured."""
        return RunCompleted(
            run_id=self.run_id,
            user_id=self.user_id,
            product_line="talkingphoto",
            sequence=9,
            workflow_type=WorkflowType.PRODUCT_DEMO,
            results={"video": self.video},
            cost=Decimal(0),
            credits=1,
            seconds=1.0,
        )

    def kit(self, renditions: dict[str, StoredObject], **fields: Any) -> CreateKit:
        """An order for a kit of these platforms."""
        given: dict[str, Any] = {
            "kit_id": ids.uuid7(),
            "run_id": self.run_id,
            "user_id": self.user_id,
            "product_line": "talkingphoto",
            "workflow_type": WorkflowType.PRODUCT_DEMO,
            "title": "A better kettle",
            "script": "This kettle boils in a minute. The kettle switches itself off. Get the kettle today.",
            "language": "en",
            "platforms": tuple(Platform(name) for name in renditions),
            "image": self.image,
            "video": self.video,
            "renditions": renditions,
        }
        return CreateKit(**{**given, **fields})


@pytest.fixture
def a_source(tmp_path: Path) -> Callable[..., Awaitable[Source]]:
    """Two seconds of moving picture with a tone, an image, and speech timings, in the service's store.

    Or as long as the ``script`` takes whose words are given; 0.4 s each, and 0.4 s behind a sentence.
    """

    async def make(export: Export, script: str = "Hello there") -> Source:
        user = ids.uuid7()
        path = tmp_path / "source.mp4"
        words, at = [], 0.2
        for text in script.split():
            words.append({"text": text, "start": at, "end": at + 0.3})
            at += 0.8 if text.endswith(".") else 0.4
        duration = max(2.0, at)
        _write_video(path, duration)
        portrait = Path(__file__).parents[3] / "samples" / "portrait.jpg"
        return Source(
            ids.uuid7(),
            user,
            await export.store.put_file(path, f"videos/{user}/source.mp4", "video/mp4"),
            await export.store.put_file(portrait, f"images/{user}/enhanced.jpg", "image/jpeg"),
            await export.store.put_bytes(
                json.dumps({"words": words, "phonemes": [], "duration": duration}).encode(),
                f"documents/{user}/timings.json",
                "application/json",
            ),
        )

    return make


@pytest.fixture
def write_video() -> Callable[..., None]:
    """``write_video(path, seconds)``: a small moving picture with a tone."""
    return _write_video


def _write_video(path: Path, seconds: float = 2.0, rate: int = 15, width: int = 180, height: int = 320) -> None:
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=rate, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        audio = container.add_stream("aac", rate=48_000, layout="mono")
        for index in range(int(seconds * rate)):
            picture = np.zeros((height, width, 3), np.uint8)
            picture[:, :, 1] = np.linspace(40, 220, width, dtype=np.uint8)
            picture[(index * 7) % (height - 40) : (index * 7) % (height - 40) + 40, 40:140] = 230
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(video.encode(None))
        times = np.arange(int(seconds * 48_000)) / 48_000
        samples = (0.2 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)
        for start in range(0, len(samples), 1024):
            frame = av.AudioFrame.from_ndarray(samples[None, start : start + 1024], "fltp", "mono")
            frame.sample_rate, frame.pts, frame.time_base = 48_000, start, Fraction(1, 48_000)
            container.mux(audio.encode(frame))
        container.mux(audio.encode(None))
