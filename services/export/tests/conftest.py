"""Export on a real PostgreSQL, an in-process bus and a folder store."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import UUID

import av
import httpx
import numpy as np
import pytest

from chassis import ids, migrations
from chassis.auth import Identity
from chassis.bus.dead_letters import PostgresDeadLetters
from chassis.bus.memory import InProcessBus
from chassis.bus.port import ACKNOWLEDGE, Binding, QueueSpec
from chassis.clock import SystemClock
from chassis.consumer import _Processor, wait_until
from chassis.context import Context
from chassis.database import Database
from chassis.errors import NotAuthenticated
from chassis.messages import EVENTS, Delivery, outgoing
from chassis.processes import ProcessPool
from chassis.service import Dependencies, Running, Service
from chassis.storage.folder import FolderStore
from contracts.catalogue import MESSAGES
from contracts.enums import Platform, WorkflowType
from contracts.export import CreateKit, CreateRendition
from contracts.message import Event, Message
from contracts.objects import StoredObject
from export.composition import SPEC, build
from export.settings import Settings

NewDatabase = Callable[..., Awaitable[str]]


class OneUserPerToken:
    """The token is the user's id."""

    async def verify(self, token: str) -> Identity:
        try:
            user = UUID(token)
        except ValueError as malformed:
            raise NotAuthenticated("no") from malformed
        now = datetime.now(UTC)
        return Identity(user, "a@example.org", "user", "talkingphoto", "free", user, now, now + timedelta(hours=1))


@dataclass
class Export:
    """A running export service and what it has published."""

    service: Service
    database: Database
    store: FolderStore
    http: httpx.AsyncClient
    published: list[Event] = field(default_factory=list)

    def delivery(self, message: Message) -> Delivery:
        """``message`` as the bus would hand it over; the same object delivered twice is the same message."""
        wrapped = outgoing(message, service="workflow", now=datetime.now(UTC), cause=Context(correlation_id="c-1"))
        return Delivery("export.commands", wrapped.headers, wrapped.body)

    async def deliver(self, *deliveries: Delivery) -> list[Any]:
        """Hand deliveries to the consumer; its verdicts."""
        assert self.service.consumers is not None
        queue = self.service.consumers.queues["export.commands"]
        return list(await _Processor(queue, self.database, (60.0, 120.0, 240.0))(deliveries))

    async def send(self, *messages: Message) -> None:
        """Deliver each message once, as one batch."""
        await self.deliver(*(self.delivery(message) for message in messages))

    def events(self, kind: type[Any]) -> list[Any]:
        """Published events of a kind, in order."""
        return [event for event in self.published if isinstance(event, kind)]

    async def wait_for(self, kind: type[Any], count: int = 1, *, timeout_s: float = 60.0) -> list[Any]:
        """The events of a kind, once there are ``count``."""
        await wait_until(lambda: len(self.events(kind)) >= count, timeout_s=timeout_s)
        return self.events(kind)

    async def eventually(self, statement: str, wanted: list[Any], *, timeout_s: float = 20.0) -> None:
        """Wait until the first column of a statement's rows is ``wanted``."""
        deadline = asyncio.get_running_loop().time() + timeout_s
        while (found := [row[0] for row in await self.fetch(statement)]) != wanted:
            assert asyncio.get_running_loop().time() < deadline, found

    async def fetch(self, statement: str, *arguments: Any) -> list[Any]:
        """Rows of the service's database."""
        async with self.database.connection() as connection:
            return list(await connection.fetch(statement, *arguments))

    async def execute(self, statement: str, *arguments: Any) -> None:
        """Change the service's database behind its back."""
        async with self.database.connection() as connection:
            await connection.execute(statement, *arguments)


StartExport = Callable[..., Awaitable[Export]]


@pytest.fixture(scope="session")
async def processes() -> AsyncIterator[ProcessPool]:
    """One worker process for all tests."""
    pool = ProcessPool(1)
    await pool.start()
    yield pool
    await pool.stop()


@pytest.fixture
async def start_export(new_database: NewDatabase, processes: ProcessPool, tmp_path: Path) -> AsyncIterator[StartExport]:
    """Start the service: ``await start_export(url=..., consume=False, settings={...})``."""
    async with AsyncExitStack() as stack:

        async def start(
            *,
            url: str | None = None,
            consume: bool = True,
            small: bool = True,
            http: httpx.AsyncClient | None = None,
            **settings: Any,
        ) -> Export:
            if url is None:
                url = await new_database("export")
                assert SPEC.migrations is not None
                await migrations.upgrade(url, SPEC.migrations)
            database = Database(url, service="export")
            assert SPEC.initial_data is not None
            await SPEC.initial_data(database)
            store = FolderStore(tmp_path / "objects")
            deps = Dependencies(database, store, OneUserPerToken(), SystemClock(), processes)
            service = build(Settings(env="test", **settings), deps, http=http)
            bus = InProcessBus(PostgresDeadLetters({"export": database}))
            running = Running(service, bus, consume=consume)
            client = httpx.AsyncClient(transport=httpx.ASGITransport(service.app), base_url="http://export")
            export = Export(service, database, store, client)
            if small:
                # The same shapes a sixth the size: tests are about what is made, not about encoding pixels.
                await export.execute(
                    "UPDATE platform_requirements SET key_values = key_values || jsonb_build_object("
                    "'width', (key_values->>'width')::int / 12 * 2, 'height', (key_values->>'height')::int / 12 * 2)"
                )
            everything = tuple(Binding(EVENTS, name) for name in MESSAGES)
            bus.subscribe(QueueSpec("test.everything", everything), recorder(export.published))
            await bus.start()
            await running.start()
            stack.push_async_callback(running.stop, 1.0)
            stack.push_async_callback(bus.stop, 1.0)
            stack.push_async_callback(client.aclose)
            return export

        yield start


def recorder(into: list[Event]) -> Any:
    """A consumer that keeps what it gets."""

    async def handle(deliveries: Any) -> Any:
        into.extend(MESSAGES[one.headers["cloudEvents:type"]].model_validate_json(one.body) for one in deliveries)
        return [ACKNOWLEDGE] * len(deliveries)

    return handle


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
def a_source(tmp_path: Path) -> Callable[[Export], Awaitable[Source]]:
    """Two seconds of moving picture with a tone, an image, and speech timings, in the service's store."""

    async def make(export: Export) -> Source:
        user = ids.uuid7()
        path = tmp_path / "source.mp4"
        _write_video(path)
        words = [
            {"text": text, "start": 0.2 + 0.4 * at, "end": 0.5 + 0.4 * at} for at, text in enumerate(("Hello", "there"))
        ]
        portrait = Path(__file__).parents[3] / "samples" / "portrait.jpg"
        return Source(
            ids.uuid7(),
            user,
            await export.store.put_file(path, f"videos/{user}/source.mp4", "video/mp4"),
            await export.store.put_file(portrait, f"images/{user}/enhanced.jpg", "image/jpeg"),
            await export.store.put_bytes(
                json.dumps({"words": words, "phonemes": [], "duration": 2.0}).encode(),
                f"documents/{user}/timings.json",
                "application/json",
            ),
        )

    return make


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
