"""The four products, each with what is mostly wanted of it. Whatever else an order can say is passed on by its name.

Made by `make client`, of `aio`; change that instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from talkingphoto_client.generated import calls, types
from talkingphoto_client.sync.work import Job, Run

if TYPE_CHECKING:
    from talkingphoto_client.sync.client import TalkingPhoto
    from talkingphoto_client.sync.uploads import OnProgress

_LINKS = ("http://", "https://")


class _Product:
    def __init__(self, client: TalkingPhoto) -> None:
        self._client = client

    def _file(self, file: str | Path, on_progress: OnProgress | None = None) -> str:
        return self._client.uploads.send(file, on_progress=on_progress)


class Videos(_Product):
    """TalkingPhoto: a photo that speaks."""

    def make(
        self,
        photo: str | Path,
        script: str,
        *,
        on_upload: OnProgress | None = None,
        idempotency_key: str | None = None,
        **order: Any,
    ) -> Run:
        """Order a video of a photo that says ``script``. ``order``: fields of ``WorkflowWorkflowIn``, such as
        ``script_language="hi"``, ``voice="female"``, ``target_platforms=["tiktok"]``, ``captions="burned"``."""
        body: Any = {"input_file_id": self._file(photo, on_upload), "script": script, **order}
        accepted = self._client.send(calls.create_workflow(body, idempotency_key=idempotency_key))
        return Run(self._client, accepted["id"])

    def estimate(self, script: str, **order: Any) -> types.WorkflowEstimateOut:
        """What it would cost and take. Nothing is ordered."""
        body: Any = {"script": script, **order}
        return self._client.send(calls.estimate_workflow(body))


class Clips(_Product):
    """Reely: clips out of long videos."""

    def find(self, video: str | Path, *, idempotency_key: str | None = None, **order: Any) -> Run:
        """Find the best moments of a file or a link, and make clips of them. ``order``: fields of
        ``WorkflowAutoHooksIn``, such as ``count=3``, ``clip_length=30``, ``captions="karaoke"``."""
        body: Any = {**self._source(video), **order}
        accepted = self._client.send(calls.find_hooks(body, idempotency_key=idempotency_key))
        return Run(self._client, accepted["id"])

    def trim(
        self, video: str | Path, start: float, end: float, *, idempotency_key: str | None = None, **order: Any
    ) -> Run:
        """Cut out what is between two times in seconds, exact to the frame."""
        body: Any = {**self._source(video), "start": start, "end": end, **order}
        accepted = self._client.send(calls.trim_video(body, idempotency_key=idempotency_key))
        return Run(self._client, accepted["id"])

    def _source(self, video: str | Path) -> dict[str, str]:
        if str(video).lower().startswith(_LINKS):
            return {"url": str(video)}
        return {"file_id": self._file(video)}


class Films(_Product):
    """Film Studio: films of a script and pictures."""

    def plan(
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
        images = [self._file(picture) for picture in pictures]
        body: Any = {"title": title, "script": script, "images": images, **project}
        made = self._client.send(calls.create_project(body))
        shape: Any = dict(looks or {})
        return self._client.send(calls.make_film_plan(made["id"], shape))

    def make(self, project_id: str, *, idempotency_key: str | None = None) -> Run:
        """Have a planned film made: ``make(plan["project_id"])``."""
        accepted = self._client.send(calls.generate_project(project_id, {}, idempotency_key=idempotency_key))
        return Run(self._client, accepted["id"])


class Pictures(_Product):
    """Pixie: pictures made and changed."""

    def generate(self, prompt: str, **order: Any) -> Job:
        """Have a picture made of words. It takes a vendor's key."""
        body: Any = {"prompt": prompt, **order}
        return self._job(self._client.send(calls.generate_image(body)))

    def edit(
        self, photo: str | Path, recipe: Sequence[types.AiRouterCropStep | Mapping[str, Any]] = (), **order: Any
    ) -> Job:
        """Change a picture: by a ``recipe`` here and for no credit, or by ``prompt="..."`` at a vendor."""
        body: Any = {"file_id": self._file(photo), **order}
        if recipe:
            body["recipe"] = list(recipe)
        return self._job(self._client.send(calls.edit_image(body)))

    def upscale(self, photo: str | Path, factor: int = 2, **order: Any) -> Job:
        """Enlarge a picture, 2 or 4 times."""
        body: Any = {"file_id": self._file(photo), "factor": factor, **order}
        return self._job(self._client.send(calls.upscale_image(body)))

    def enhance(self, photo: str | Path, **order: Any) -> Job:
        """Improve light, noise and sharpness of a photo."""
        body: Any = {"file_id": self._file(photo), **order}
        return self._job(self._client.send(calls.enhance_image(body)))

    def _job(self, accepted: types.AiRouterJobAccepted) -> Job:
        return Job(self._client, accepted["job_id"])
