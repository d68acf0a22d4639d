"""Runway: a clip from a picture, and a face that follows a driving video ("Act Two").

Sources: docs.dev.runwayml.com (API reference, "Handle Task Failures", "HTTP errors", "Input parameters");
``runwayml/resources/image_to_video.py``, ``character_performance.py``, ``tasks.py``,
``types/task_retrieve_response.py``, ``_client.py`` (``X-Runway-Version``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ai_router.providers import results
from ai_router.providers.errors import Dialect, counted, failure, path, rule, told
from ai_router.providers.http import HEALTH_TIMEOUT_S, VendorHttp
from ai_router.providers.port import (
    Accepted,
    Declaration,
    FailureClass,
    ProviderRequest,
    ProviderResult,
    Ready,
    Running,
    Workspace,
)
from contracts.enums import Capability

VERSION = "2024-11-06"
_FOLLOWS_VIDEO = "act_two"
_UNUSED_THERE = ("prompt", "script", "duration")
"""Parameters of a clip that a driving video replaces."""
_MODELS = ("gen4.5", "gen4_turbo", _FOLLOWS_VIDEO)
_RATIOS: Mapping[str, float] = {
    name: int(name.partition(":")[0]) / int(name.partition(":")[2])
    for name in ("1280:720", "720:1280", "1104:832", "832:1104", "960:960", "1584:672")
}
_SECONDS = (2, 10)
_PROMPT_LIMIT = 1_000
_INPUT_LIMIT = 3_700_000
"""A data URI may have 5 MB; base64 takes a third more."""


def _codes(body: Any) -> frozenset[str]:
    """The failure code and all that it begins with: ``SAFETY``, ``SAFETY.INPUT``, ``SAFETY.INPUT.TEXT``."""
    codes: set[str] = set()
    if isinstance(code := path(body, "failureCode"), str):
        parts = code.split(".")
        codes = {".".join(parts[: n + 1]) for n in range(len(parts))}
    if path(body, "status") == "CANCELLED":
        codes.add("CANCELLED")
    return frozenset(codes)


DIALECT = Dialect(
    vendor="runway",
    codes=_codes,
    message=lambda body: str(path(body, "failure") or path(body, "error") or ""),
    rules=(
        rule(FailureClass.MODERATION_INPUT, "SAFETY.INPUT", "INPUT_PREPROCESSING.SAFETY"),
        rule(FailureClass.MODERATION_OUTPUT, "SAFETY"),
        rule(FailureClass.BAD_OUTPUT, "INTERNAL.BAD_OUTPUT"),
        rule(FailureClass.INPUT, "ASSET.INVALID", "INPUT_PREPROCESSING", "CANCELLED"),
        rule(FailureClass.EMPTY, status=200),
    ),
)


@dataclass(slots=True)
class Runway:
    """Tasks. Satisfies ``Submits``."""

    http: VendorHttp
    key: str = "runway_act2"
    declarations: tuple[Declaration, ...] = (
        Declaration(
            capability=Capability.VIDEO_GENERATION,
            models=_MODELS,
            honours=frozenset({"prompt", "script", "duration", "width", "height", "seed"}),
            price_unit="second",
            idempotency="none",
            max_seconds=float(_SECONDS[1]),
            max_input_bytes=_INPUT_LIMIT,
            max_characters=_PROMPT_LIMIT,
            cancels=True,
        ),
    )

    async def healthy(self) -> None:
        """Ask for the organisation, which is free."""
        await self.http.call("GET", "/v1/organization", read_timeout_s=HEALTH_TIMEOUT_S)

    async def submit(self, request: ProviderRequest, workspace: Workspace) -> Accepted:
        """Start a task: Act Two where a driving video is given, else a clip from the picture."""
        declaration = results.declared(self.declarations, request.capability)
        model = results.model_of(declaration, request) if request.model else self._default(request)
        file, mime_type = await results.source(request, "image", workspace, limit=_INPUT_LIMIT)
        picture = await results.data_uri(file, mime_type)
        body: dict[str, Any] = {"model": model, "ratio": results.ratio_of(request, _RATIOS, "1280:720")}
        if isinstance(seed := request.parameters.get("seed"), int):
            body["seed"] = seed % 2**32
        if model == _FOLLOWS_VIDEO:
            driving, driving_type = await results.source(request, "video", workspace, limit=_INPUT_LIMIT)
            body["character"] = {"type": "image", "uri": picture}
            body["reference"] = {"type": "video", "uri": await results.data_uri(driving, driving_type)}
            address = "/v1/character_performance"
        else:
            body["promptImage"] = picture
            body["promptText"] = self._prompt(request)
            body["duration"] = _whole(request.parameters.get("duration"))
            address = "/v1/image_to_video"
        answer = await self.http.call("POST", address, accepts=True, json_body=body)
        if not isinstance(number := path(answer.data, "id"), str):
            raise failure(FailureClass.UNKNOWN_OUTCOME, "runway accepted without naming the task")
        return Accepted(number, poll_after_s=5.0)

    async def poll(self, vendor_job_id: str, request: ProviderRequest) -> Running | Ready:
        """Ask for the task; asking again renews its links. The vendor wants at least five seconds between questions."""
        answer = await self.http.call("GET", f"/v1/tasks/{vendor_job_id}", vendor_job_id=vendor_job_id)
        match path(answer.data, "status"):
            case "PENDING" | "THROTTLED":
                return Running(poll_after_s=5.0)
            case "RUNNING":
                return Running(min(1.0, counted(answer.data, "progress")), poll_after_s=5.0)
            case "SUCCEEDED" if told(answer.data, "output", 0):
                return Ready(raw=results.scrub(answer.data, self.http.secrets, keep_links=True))
            case _:
                raise self.http.refused(answer.data, vendor_job_id=vendor_job_id)

    async def fetch(
        self, vendor_job_id: str, ready: Ready, request: ProviderRequest, workspace: Workspace
    ) -> ProviderResult:
        """Download the clip."""
        declaration = results.declared(self.declarations, request.capability)
        model = request.model or self._default(request)
        given = (name for name in _UNUSED_THERE if request.parameters.get(name) is not None)
        unused = given if model == _FOLLOWS_VIDEO else ()
        file = workspace.directory / "download"
        await self.http.download(str(path(dict(ready.raw), "output", 0)), file)
        stored, content = await results.keep_file(workspace, file, role="video", kind="video")
        return ProviderResult(
            outputs={"video": stored},
            units=Decimal(str(round(content.seconds or _whole(request.parameters.get("duration")), 3))),
            vendor_job_id=vendor_job_id,
            model=model,
            data={"credits": path(dict(ready.raw), "cost", "credits")},
            ignored=tuple(sorted({*results.ignored(declaration, request), *unused})),
            raw=results.scrub(dict(ready.raw), self.http.secrets),
        )

    async def cancel(self, vendor_job_id: str) -> bool:
        """Cancel the task. Runway answers the same for a finished one, which it deletes, so call this for live ones."""
        await self.http.call("DELETE", f"/v1/tasks/{vendor_job_id}", as_json=False, vendor_job_id=vendor_job_id)
        return True

    async def lookup(self, request: ProviderRequest) -> Accepted | None:
        """Tasks cannot be listed, so nobody can tell: raises ``UNKNOWN_OUTCOME``."""
        raise failure(FailureClass.UNKNOWN_OUTCOME, "runway offers no way to find a task without its id")

    @staticmethod
    def _default(request: ProviderRequest) -> str:
        return _FOLLOWS_VIDEO if "video" in request.inputs else _MODELS[0]

    @staticmethod
    def _prompt(request: ProviderRequest) -> str:
        wish = results.text(request, "prompt", longest=_PROMPT_LIMIT, needed=False)
        script = results.text(request, "script", longest=_PROMPT_LIMIT, needed=not wish)
        # Runway counts UTF-16 code units.
        spoken = f'{wish} The person says: "{script}"'.strip() if script else wish
        return spoken.encode("utf-16-le")[: 2 * _PROMPT_LIMIT].decode("utf-16-le", errors="ignore")


def _whole(seconds: object) -> int:
    wanted = round(seconds) if isinstance(seconds, int | float) else _SECONDS[1]
    return min(_SECONDS[1], max(_SECONDS[0], wanted))
