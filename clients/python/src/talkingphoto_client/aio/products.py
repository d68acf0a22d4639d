"""The four products, each with what is mostly wanted of it. Whatever else an order can say is passed on by its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from talkingphoto_client.aio.work import AsyncJob, AsyncRun
from talkingphoto_client.generated import calls, types

if TYPE_CHECKING:
    from talkingphoto_client.aio.client import AsyncTalkingPhoto
    from talkingphoto_client.aio.uploads import OnProgress

_LINKS = ("http://", "https://")


class _AsyncProduct:
    def __init__(self, client: AsyncTalkingPhoto) -> None:
        self._client = client

    async def _file(self, file: str | Path, on_progress: OnProgress | None = None) -> str:
        return await self._client.uploads.send(file, on_progress=on_progress)


class AsyncVideos(_AsyncProduct):
    """TalkingPhoto: a photo that speaks."""

    async def make(
        self,
        photo: str | Path,
        script: str,
        *,
        on_upload: OnProgress | None = None,
        idempotency_key: str | None = None,
        **order: Any,
    ) -> AsyncRun:
        """Order a video of a photo that says ``script``. ``order``: fields of ``WorkflowWorkflowIn``, such as
        ``script_language="hi"``, ``voice="female"``, ``target_platforms=["tiktok"]``, ``captions="burned"``."""
        body: Any = {"input_file_id": await self._file(photo, on_upload), "script": script, **order}
        accepted = await self._client.send(calls.create_workflow(body, idempotency_key=idempotency_key))
        return AsyncRun(self._client, accepted["id"])

    async def estimate(self, script: str, **order: Any) -> types.WorkflowEstimateOut:
        """What it would cost and take. Nothing is ordered."""
        body: Any = {"script": script, **order}
        return await self._client.send(calls.estimate_workflow(body))


class AsyncClips(_AsyncProduct):
    """Reely: clips out of long videos."""

    async def find(self, video: str | Path, *, idempotency_key: str | None = None, **order: Any) -> AsyncRun:
        """Find the best moments of a file or a link, and make clips of them. ``order``: fields of
        ``WorkflowAutoHooksIn``, such as ``count=3``, ``clip_length=30``, ``captions="karaoke"``."""
        body: Any = {**await self._source(video), **order}
        accepted = await self._client.send(calls.find_hooks(body, idempotency_key=idempotency_key))
        return AsyncRun(self._client, accepted["id"])

    async def trim(
        self, video: str | Path, start: float, end: float, *, idempotency_key: str | None = None, **order: Any
    ) -> AsyncRun:
        """Cut out what is between two times in seconds, exact to the frame."""
        body: Any = {**await self._source(video), "start": start, "end": end, **order}
        accepted = await self._client.send(calls.trim_video(body, idempotency_key=idempotency_key))
        return AsyncRun(self._client, accepted["id"])

    async def _source(self, video: str | Path) -> dict[str, str]:
        if str(video).lower().startswith(_LINKS):
            return {"url": str(video)}
        return {"file_id": await self._file(video)}


class AsyncFilms(_AsyncProduct):
    """Film Studio: films of a script and pictures."""

    async def plan(
        self,
        script: str,
        pictures: Sequence[str | Path] = (),
        *,
        title: str = "Film",
        looks: Mapping[str, Any] | None = None,
        **project: Any,
    ) -> types.WorkflowPlanOut:
        """A project of ``script`` and ``pictures``, cut into shots; it costs nothing. ``project``: fields of
        ``WorkflowProjectIn``, such as ``duration=1`` (minutes); ``looks``: of ``WorkflowPlanIn``."""
        images = [await self._file(picture) for picture in pictures]
        body: Any = {"title": title, "script": script, "images": images, **project}
        made = await self._client.send(calls.create_project(body))
        shape: Any = dict(looks or {})
        return await self._client.send(calls.make_film_plan(made["id"], shape))

    async def make(self, project_id: str, *, idempotency_key: str | None = None) -> AsyncRun:
        """Have a planned film made: ``make(plan["project_id"])``."""
        accepted = await self._client.send(calls.generate_project(project_id, {}, idempotency_key=idempotency_key))
        return AsyncRun(self._client, accepted["id"])


class AsyncPictures(_AsyncProduct):
    """Pixie: pictures made and changed."""

    async def generate(self, prompt: str, **order: Any) -> AsyncJob:
        """Have a picture made of words. It takes a vendor's key."""
        body: Any = {"prompt": prompt, **order}
        return self._job(await self._client.send(calls.generate_image(body)))

    async def edit(
        self, photo: str | Path, recipe: Sequence[types.AiRouterCropStep | Mapping[str, Any]] = (), **order: Any
    ) -> AsyncJob:
        """Change a picture: by a ``recipe`` here and for no credit, or by ``prompt="..."`` at a vendor."""
        body: Any = {"file_id": await self._file(photo), **order}
        if recipe:
            body["recipe"] = list(recipe)
        return self._job(await self._client.send(calls.edit_image(body)))

    async def upscale(self, photo: str | Path, factor: int = 2, **order: Any) -> AsyncJob:
        """Enlarge a picture, 2 or 4 times."""
        body: Any = {"file_id": await self._file(photo), "factor": factor, **order}
        return self._job(await self._client.send(calls.upscale_image(body)))

    async def enhance(self, photo: str | Path, **order: Any) -> AsyncJob:
        """Improve light, noise and sharpness of a photo."""
        body: Any = {"file_id": await self._file(photo), **order}
        return self._job(await self._client.send(calls.enhance_image(body)))

    def _job(self, accepted: types.AiRouterJobAccepted) -> AsyncJob:
        return AsyncJob(self._client, accepted["job_id"])
