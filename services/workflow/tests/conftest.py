"""The service on a real database and the in-process bus, with stand-ins for those who answer its commands."""

from __future__ import annotations

import asyncio
import hashlib
import io
import wave
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import numpy as np
import pytest
import pytest_asyncio
from PIL import Image

from chassis import ids
from chassis.bus.messages import COMMANDS, Delivery, command_key, outgoing
from chassis.bus.port import ACKNOWLEDGE, Binding, QueueSpec, Verdict
from chassis.clock import SystemClock
from chassis.data import migrations
from chassis.identity.tokens import Identity
from chassis.observe import context
from chassis.storage.folder import FolderStore
from chassis.storage.port import ObjectStore
from chassis.testing.running import RunningSlice, StartSlice, message_in, running_slice
from chassis.testing.tokens import Issuer, an_identity
from chassis.work.process_pool import ProcessPool
from contracts.ai_router import CancelJob, JobCancelled, JobCompleted, JobFailed, SubmitJob
from contracts.billing import (
    CaptureCredits,
    CreditsCaptured,
    CreditsReleased,
    CreditsReserved,
    ReleaseCredits,
    ReservationRefused,
    ReserveCredits,
)
from contracts.enums import Priority
from contracts.export import CancelExport, CreateKit, CreateRendition, KitCompleted, KitFailed, RenditionCompleted
from contracts.message import Command, Event, Message
from contracts.objects import StoredObject
from workflow.composition import SPEC, build, default_definitions
from workflow.engine.definition import Definitions
from workflow.files.scanning import Scanner
from workflow.settings import Settings


def stored(name: str, mime_type: str = "application/octet-stream", content: bytes = b"x") -> StoredObject:
    """A reference to an object that hardly anybody reads."""
    digest = hashlib.sha256(content).hexdigest()
    return StoredObject(key=f"test/{name}", sha256=digest, size=len(content), mime_type=mime_type)


def photo(width: int = 64, height: int = 48, kind: str = "JPEG", **options: Any) -> bytes:
    """A small photo with something in it."""
    rows, columns = np.mgrid[0:height, 0:width]
    pixels = np.stack([rows % 256, columns % 256, (rows + columns) % 256], axis=-1).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def sound(seconds: float) -> bytes:
    """A recording in which nobody speaks."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as written:
        written.setparams((2, 2, 24_000, 0, "NONE", ""))
        written.writeframes(bytes(4 * round(24_000 * seconds)))
    return buffer.getvalue()


ENHANCED, SPOKEN = photo(1200, 900), sound(1.0)
"""What the others say that they have made, for whoever looks at it."""


@cache
def portrait() -> bytes:
    """A photo that can be made to speak."""
    with Image.open(Path(__file__).parents[3] / "samples" / "portrait.jpg") as image:
        buffer = io.BytesIO()
        image.crop((75, 0, 375, 300)).resize((480, 480)).save(buffer, "JPEG")
    return buffer.getvalue()


class Others:
    """Billing, the router and export: answers like theirs, with a ledger that shows where credits are.

    ``scores`` are given out one by one per capability; ``fail`` are failures to give first; ``mute`` are commands
    that nobody answers; ``facts`` are what a capability's results say of themselves.
    """

    def __init__(self) -> None:
        self.commands: list[Command] = []
        self.holds: dict[UUID, str] = {}
        self.scores: dict[str, list[float]] = {}
        self.fail: dict[str, list[JobFailed | KitFailed]] = {}
        self.facts: dict[str, dict[str, Any]] = {}
        self.refuse = False
        self.mute: set[type[Command]] = set()

    def asked(self, kind: type[Command], run_id: UUID | None = None) -> list[Any]:
        """Commands of a kind, in the order they came."""
        return [c for c in self.commands if isinstance(c, kind) and run_id in (None, getattr(c, "run_id", None))]

    def answer(self, command: Command) -> list[Event]:
        """What the others say to a command."""
        self.commands.append(command)
        if type(command) in self.mute:
            return []
        match command:
            case ReserveCredits():
                return self._reserve(command)
            case CaptureCredits():
                if self.holds.get(command.reservation_id) == "held":
                    self.holds[command.reservation_id] = "captured"
                return [
                    CreditsCaptured(
                        reservation_id=command.reservation_id,
                        run_id=command.run_id,
                        user_id=ids.uuid7(),
                        credits=command.credits,
                    )
                ]
            case ReleaseCredits():
                held = self.holds.get(command.reservation_id) == "held"
                if held:
                    self.holds[command.reservation_id] = "released"
                return [
                    CreditsReleased(
                        reservation_id=command.reservation_id,
                        run_id=command.run_id,
                        user_id=None,
                        credits=1 if held else 0,
                        reason=command.reason,
                    )
                ]
            case SubmitJob():
                return [self._job(command)]
            case CancelJob():
                return [JobCancelled(job_id=command.job_id, run_id=command.run_id, cost=Decimal(0))]
            case CreateRendition():
                outputs = {"video": stored(f"{command.platform}.mp4", "video/mp4"), "srt": stored("srt")}
                return [
                    RenditionCompleted(
                        rendition_id=command.rendition_id,
                        run_id=command.run_id,
                        platform=command.platform,
                        outputs=outputs,
                        width=1080,
                        height=1920,
                        duration=3.0,
                        seconds=0.1,
                    )
                ]
            case CreateKit():
                if failures := self.fail.get("kit"):
                    return [failures.pop(0).model_copy(update={"kit_id": command.kit_id, "run_id": command.run_id})]
                return [
                    KitCompleted(
                        kit_id=command.kit_id,
                        run_id=command.run_id,
                        kit=stored("kit.zip", "application/zip"),
                        files=("a",),
                        seconds=0.1,
                    )
                ]
            case CancelExport():
                return []
        raise AssertionError(f"nobody answers {command!r}")

    def _reserve(self, command: ReserveCredits) -> list[Event]:
        if self.refuse:
            return [
                ReservationRefused(
                    reservation_id=command.reservation_id,
                    run_id=command.run_id,
                    user_id=command.user_id,
                    reason="quota_exceeded",
                    message="3 of 3 workflows are used.",
                    limit=3,
                    used=3,
                    upgrade_to=("starter",),
                )
            ]
        self.holds.setdefault(command.reservation_id, "held")
        return [
            CreditsReserved(
                reservation_id=command.reservation_id,
                run_id=command.run_id,
                user_id=command.user_id,
                credits=command.credits,
                plan="free",
                budget=Decimal("2.00"),
                priority=Priority.LOW,
            )
        ]

    def _job(self, command: SubmitJob) -> Event:
        if failures := self.fail.get(command.capability):
            return failures.pop(0).model_copy(
                update={"job_id": command.job_id, "run_id": command.run_id, "user_id": command.user_id}
            )
        outputs = {
            "image_enhancement": {"image": stored("enhanced.jpg", "image/jpeg", ENHANCED)},
            "audio_generation": {"audio": stored("speech.wav", "audio/wav", SPOKEN), "timings": stored("timings")},
            "image_generation": {
                "image": stored(f"drawn-{command.job_id}.png", "image/png", str(command.job_id).encode())
            },
            "video_generation": {"video": stored("video.mp4", "video/mp4")},
            "source_fetch": {}
            if command.parameters.get("only_look")
            else {"video": stored("source.mp4", "video/mp4", b"source")},
            "video_trim": {"video": stored("part.mp4", "video/mp4", b"part")},
            "transcription": {"document": stored("transcript.json", "application/json")},
            "hook_detection": {"document": stored("hooks.json", "application/json")},
            "clip_rendering": {"video": stored("clip.mp4", "video/mp4"), "srt": stored("srt")},
            "music_generation": {"audio": stored("music.wav", "audio/wav")},
            "film_shot": {"video": stored(f"shot-{command.job_id}.mp4", "video/mp4")},
            "film_join": {
                "video": stored(f"film-{command.job_id}.mp4", "video/mp4"),
                "srt": stored("srt"),
                "vtt": stored("vtt", "text/vtt"),
            },
        }[command.capability.value]
        scores = self.scores.get(command.capability.value, [])
        provider = next((p for p in ("first", "second", "third") if p not in command.exclude), "last")
        return JobCompleted(
            job_id=command.job_id,
            run_id=command.run_id,
            user_id=command.user_id,
            capability=command.capability,
            provider=command.prefer or provider,
            outputs=outputs,
            data=self.facts.get(command.capability.value, {}),
            score=scores.pop(0) if scores else 9.0,
            attempts=1,
            cost=Decimal("0.0100"),
            seconds=0.1,
        )


@dataclass
class World(RunningSlice):
    """The running service, and the others around it."""

    issuer: Issuer
    definitions: Definitions
    others: Others = field(default_factory=Others)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._answering: set[asyncio.Task[None]] = set()
        for name in ("billing", "ai_router", "export"):
            lanes = tuple(Binding(COMMANDS, command_key(name, lane)) for lane in Priority)
            self.bus.subscribe(QueueSpec(f"{name}.commands", lanes), self._take)

    async def call(self, who: Identity, method: str, path: str, **options: Any) -> httpx.Response:
        """A request by somebody."""
        headers = {**self.issuer.headers(who), **options.pop("headers", {})}
        return await self.http.request(method, path, headers=headers, **options)

    async def upload(self, who: Identity, data: bytes | None = None, name: str = "me.jpg") -> httpx.Response:
        """Upload a photo."""
        return await self.call(who, "POST", "/api/v1/files", files={"file": (name, data or portrait(), "image/jpeg")})

    async def order(self, who: Identity, *, headers: dict[str, str] | None = None, **changes: Any) -> httpx.Response:
        """Order a talking photo of a newly uploaded file, unless one is named."""
        if "input_file_id" not in changes:
            changes["input_file_id"] = (await self.upload(who)).json()["id"]
        body = {
            "workflow_type": "avatar_presentation",
            "script": "Hello there.",
            "target_duration": 3,
            "target_platforms": ["instagram", "youtube"],
            **changes,
        }
        return await self.call(who, "POST", "/api/v1/workflows", json=body, headers=headers or {})

    async def until(
        self, who: Identity, run_id: str, condition: Callable[[dict[str, Any]], bool], timeout_s: float = 10.0
    ) -> dict[str, Any]:
        """The run's details once ``condition`` holds of them."""
        found: dict[str, Any] = {}
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    found = (await self.call(who, "GET", f"/api/v1/workflows/{run_id}")).json()
                    if condition(found):
                        return found
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"still {found}") from None

    async def ended(self, who: Identity, run_id: str) -> dict[str, Any]:
        """The run's details once it has ended."""
        return await self.until(who, run_id, lambda d: d["status"] in ("completed", "failed", "cancelled"))

    async def wait_for(self, condition: Callable[[], Any], timeout_s: float = 10.0) -> Any:
        """The first true value of ``condition``, which may be a coroutine function."""
        async with asyncio.timeout(timeout_s):
            while True:
                found = condition()
                if asyncio.iscoroutine(found):
                    found = await found
                if found:
                    return found
                await asyncio.sleep(0.02)

    async def publish(self, *events: Event) -> None:
        """Publish events as the others do; returns when they have been handled."""
        await self.bus.publish([wrap(event) for event in events], lambda _: None)

    async def _take(self, deliveries: Sequence[Delivery]) -> Sequence[Verdict]:
        """Let the others answer their commands."""
        commands: list[Any] = [message_in(delivery) for delivery in deliveries]
        answers = [event for command in commands for event in self.others.answer(command)]
        if answers:
            # Not awaited here: an answer settles when workflow has handled it, and workflow may be asking us again.
            task = asyncio.create_task(self.publish(*answers))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
        return [ACKNOWLEDGE] * len(deliveries)


def wrap(message: Message) -> Any:
    """A message ready for the bus."""
    return outgoing(message, service=message.owner(), now=SystemClock().now(), cause=context.Context())


def as_delivery(message: Message, queue: str = "workflow.runs") -> Delivery:
    """A message as a consumer gets it."""
    wrapped = wrap(message)
    return Delivery(queue=queue, headers=wrapped.headers, body=wrapped.body)


StartWorld = Callable[..., Awaitable[World]]


@pytest.fixture
def start_world(start_slice: StartSlice, tmp_path: Path) -> StartWorld:
    """Start the service with short delays: ``world = await start_world(max_processing=1)``."""

    async def start(definitions: Definitions | None = None, scanner: Scanner | None = None, **changes: Any) -> World:
        world: World = await start_slice(**plan(tmp_path, definitions, scanner, **changes))
        return world

    return start


def plan(
    folder: Path,
    definitions: Definitions | None = None,
    scanner: Scanner | None = None,
    *,
    store: ObjectStore | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """What is to be started: the service with short delays, the only one on its database, and the others around it."""
    settings = {
        "retry_delays_s": (0.05, 0.05, 0.05),
        "timer_poll_s": 0.05,
        "undo_within_s": 0.3,
        "undo_tries": 3,
        "stop_within_s": 0.3,
        "step_within_s": 5.0,
        "run_deadline_s": 60.0,
        "public_url": "http://workflow.test",
        **changes,
    }
    issuer, definitions = Issuer(), definitions or default_definitions(Settings(env="test", **settings))
    return {
        "spec": replace(SPEC, build=partial(build, definitions=definitions, scanner=scanner)),
        "kind": partial(World, issuer=issuer, definitions=definitions),
        "store": store or FolderStore(folder / ids.uuid7().hex, public_url=settings["public_url"]),
        "verifier": issuer.verifier(),
        "settings": settings,
        "alone": True,
        "retry_delays_s": settings["retry_delays_s"],
    }


@pytest_asyncio.fixture
async def world(start_world: StartWorld) -> World:
    """The service with the test's usual settings."""
    return await start_world()


@pytest.fixture
def somebody() -> Identity:
    """A user."""
    return an_identity()


@pytest.fixture
def help_() -> SimpleNamespace:
    """Helpers for test modules, which do not import each other."""
    return SimpleNamespace(
        photo=photo,
        ENHANCED=ENHANCED,
        SPOKEN=SPOKEN,
        portrait=portrait,
        stored=stored,
        as_delivery=as_delivery,
        an_identity=an_identity,
        Others=Others,
    )


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared(
    postgres: Any, processes: ProcessPool, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """One running service for the tests of a module that need nothing special of it."""
    name = f"workflow_{ids.uuid7().hex}"
    url = await postgres.create_database(name)
    assert SPEC.migrations is not None
    await migrations.upgrade(url, SPEC.migrations)
    async with running_slice(**plan(tmp_path_factory.mktemp("shared")), url=url, processes=processes) as world:
        yield world
    await postgres.drop_database(name)
