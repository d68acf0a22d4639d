"""Export with the simulated YouTube behind it, in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import httpx
import pytest

from chassis import ids
from contracts.enums import Platform, WorkflowType
from contracts.export import CreateKit, CreateRendition, KitCompleted, RenditionCompleted
from contracts.objects import StoredObject
from export.composition import SPEC
from export.deliveries import repository as deliveries
from export.kits import repository as kits
from export.renditions import repository as renditions
from export.youtube.calls import UNIT, Addresses, Client
from export.youtube.client import YouTube as Adapter
from simulators.core.loopback import InProcess
from simulators.vendors.youtube.server import YouTube

ADDRESS = "http://youtube.simulated"
SETTINGS: dict[str, Any] = {
    "youtube_client_id": "simulated-client",
    "youtube_client_secret": "simulated-key",
    "encryption_key": "a-key-of-the-tests-long-enough-to-be-one",
    "youtube_auth_base_url": ADDRESS,
    "youtube_token_base_url": ADDRESS,
    "youtube_api_base_url": ADDRESS,
    "youtube_upload_base_url": ADDRESS,
    "youtube_piece": UNIT,
    "youtube_retry_s": 0,
    "youtube_look_s": 0,
}
CAPTIONS, POSTER = b"1\n00:00:00,000 --> 00:00:01,000\nHello\n", b"\xff\xd8\xff a cover"


@dataclass
class Studio:
    """A running export service, the simulated vendor, and what a user does with both."""

    export: Any
    vendor: YouTube
    google: httpx.AsyncClient

    @staticmethod
    def logged_in(user: UUID) -> dict[str, str]:
        """Headers of a user."""
        return {"Authorization": f"Bearer {user}"}

    async def consent(self, user: UUID) -> dict[str, str]:
        """Begin to connect and follow the link to Google; what the browser is sent back with."""
        begun = await self.export.http.get("/api/v1/youtube/connect", headers=self.logged_in(user))
        assert begun.status_code == 200, begun.text
        page = await self.google.get(begun.json()["authorization_url"])
        assert page.status_code == 302, page.text
        return dict(parse_qsl(urlsplit(page.headers["location"]).query))

    async def connect(self, user: UUID) -> Any:
        """Connect a channel as a browser does."""
        brought = await self.consent(user)
        answer = await self.export.http.get("/api/v1/youtube/callback", params=brought)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def project(
        self,
        user: UUID,
        *,
        size: int = 3 * UNIT + 1000,
        platform: Platform | None = Platform.YOUTUBE,
        done: bool = True,
        paid: bool = True,
        beside: bool = False,
    ) -> UUID:
        """A run of the user with one rendition and one kit; its video is ``size`` random bytes. ``beside``: with
        captions and a poster.
        """
        run_id = ids.uuid7()
        data = Random(size).randbytes(size)
        video = await self.export.store.put_bytes(data, f"videos/{user}/{run_id}.mp4", "video/mp4")
        outputs = {"video": video}
        if beside:
            outputs["srt"] = await self.export.store.put_bytes(CAPTIONS, f"documents/{user}/{run_id}.srt", "text/plain")
            outputs["poster"] = await self.export.store.put_bytes(POSTER, f"images/{user}/{run_id}.jpg", "image/jpeg")
        about: dict[str, Any] = {"run_id": run_id, "user_id": user, "product_line": "talkingphoto"}
        async with self.export.database.transaction() as tx:
            if platform is not None:
                rendition = CreateRendition(rendition_id=ids.uuid7(), platform=platform, video=video, **about)
                await renditions.add(tx, {rendition.rendition_id: (ids.uuid7(), rendition)})
                made = RenditionCompleted(
                    rendition_id=rendition.rendition_id, run_id=run_id, platform=platform, outputs=outputs,
                    width=1920, height=1080, duration=2.0, seconds=1.0,
                )  # fmt: skip
                if done:
                    await renditions.finish(tx, "completed", [(rendition.rendition_id, made)])
            await self._kit(tx, video, about, done=done)
            if paid:
                await deliveries.keep(tx, [run_id])
        return run_id

    @staticmethod
    async def _kit(tx: Any, video: StoredObject, about: dict[str, Any], *, done: bool) -> None:
        kit = CreateKit(
            kit_id=ids.uuid7(), workflow_type=WorkflowType.PRODUCT_DEMO, title="A better <kettle>", language="en",
            script="This kettle boils in a minute. The kettle switches itself off.", platforms=(Platform.YOUTUBE,),
            image=video, video=video, renditions={"youtube": video}, **about,
        )  # fmt: skip
        await kits.add(tx, [kit])
        if done:
            event = KitCompleted(kit_id=kit.kit_id, run_id=kit.run_id, kit=video, files=(), seconds=1.0)
            await kits.finish(tx, kit.kit_id, "completed", event)

    async def upload(self, user: UUID, project: UUID, **fields: Any) -> httpx.Response:
        """Ask for an upload."""
        body = {"project_id": str(project), **fields}
        answer: httpx.Response = await self.export.http.post(
            "/api/v1/youtube/upload", json=body, headers=self.logged_in(user)
        )
        return answer

    async def uploaded(self, user: UUID, project: UUID, **fields: Any) -> Any:
        """Ask for an upload and wait until it has ended; the upload as the user sees it then."""
        answer = await self.upload(user, project, **fields)
        assert answer.status_code == 201, answer.text
        return await self.ended(user, answer.json()["id"])

    async def ended(self, user: UUID, upload_id: str) -> Any:
        """The upload, once it has ended."""
        wanted = "SELECT count(*) FROM youtube_uploads WHERE upload_status IN ('pending', 'processing')"
        await self.export.eventually(wanted, [0])
        answer = await self.export.http.get(f"/api/v1/youtube/videos/{upload_id}", headers=self.logged_in(user))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def videos(self, upload_id: str) -> list[Any]:
        """The videos that came of an upload."""
        return self.vendor.inserted(f"tp{UUID(upload_id).hex}")


StartStudio = Callable[..., Awaitable[Studio]]


@pytest.fixture
async def start_studio(start_export: Any, database_for: Any) -> AsyncIterator[StartStudio]:
    """Start export with a simulated YouTube: ``await start_studio(vendor=..., consume=False, url=..., **settings)``."""
    clients: list[httpx.AsyncClient] = []

    async def start(
        *, vendor: YouTube | None = None, through: Any = None, url: str | None = None, **settings: Any
    ) -> Studio:
        vendor = vendor or YouTube()
        inner = InProcess({"youtube.simulated": vendor.app})
        google = httpx.AsyncClient(transport=through(inner) if through else inner)
        clients.append(google)
        export = await start_export(http=google, url=url or await database_for(SPEC), **{**SETTINGS, **settings})
        return Studio(export, vendor, google)

    yield start
    for client in clients:
        await client.aclose()


@pytest.fixture
async def adapter() -> AsyncIterator[tuple[Adapter, YouTube]]:
    """The adapter alone, connected to a simulator."""
    vendor = YouTube()
    async with httpx.AsyncClient(transport=InProcess({"youtube.simulated": vendor.app})) as http:
        client = Client("simulated-client", "simulated-key", "http://127.0.0.1/callback")
        yield Adapter(http, client, Addresses(ADDRESS, ADDRESS, ADDRESS, ADDRESS)), vendor


@pytest.fixture
def user() -> UUID:
    """Somebody."""
    return ids.uuid7()
