"""HeyGen: a photo that speaks, from a sound file or from a script.

Sources: developers.heygen.com (Assets, Create Video, Get Video, List Videos, Error Codes; the v3 API, as v1 and v2
ended on 31 October 2026); request and answer schemas in ``gen/video.go``, ``gen/asset.go`` and ``gen/voice.go`` of
HeyGen's own command line client. There is no official Python client. A video carries our attempt's id as its title, by
which a lost answer is found again.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ai_router.providers import results
from ai_router.providers.errors import Dialect, counted, failure, path, rule, told, words_of
from ai_router.providers.finding import SETTLE_S, found
from ai_router.providers.http import HEALTH_TIMEOUT_S, MEBIBYTE, VendorHttp
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

_MODEL = "avatar_iv"
_RATIOS = {"16:9": 16 / 9, "9:16": 9 / 16, "4:5": 4 / 5, "5:4": 5 / 4, "1:1": 1.0}
_SCRIPT_LIMIT = 5_000
_INPUT_LIMIT = 32 * MEBIBYTE
_UPLOAD_TIMEOUT_S = 60.0


def _codes(body: Any) -> frozenset[str]:
    """The error's code, or why a video failed, in lower case."""
    found = words_of(path(body, "error", "code"), path(body, "data", "failure_code"))
    return frozenset(code.lower() for code in found)


DIALECT = Dialect(
    vendor="heygen",
    codes=_codes,
    message=lambda body: str(path(body, "error", "message") or path(body, "data", "failure_message") or ""),
    rules=(
        rule(FailureClass.QUOTA, "insufficient_credit", "quota_exceeded"),
        rule(FailureClass.AUTH, "unauthorized", "forbidden", "resource_access_denied", "ai_vendor_access_restricted"),
        rule(FailureClass.MODERATION_INPUT, "blocked_words_detected", "400105"),
        rule(FailureClass.INPUT, "invalid_parameter", "validation_error", "asset_not_available", "not_found"),
        rule(FailureClass.EMPTY, status=200),
    ),
)


@dataclass(slots=True)
class HeyGen:
    """Uploads, submits, polls, downloads. Satisfies ``Submits``."""

    http: VendorHttp
    settle_s: float = SETTLE_S
    key: str = "heygen_avatar"
    declarations: tuple[Declaration, ...] = (
        Declaration(
            capability=Capability.VIDEO_GENERATION,
            models=(_MODEL,),
            honours=frozenset({"script", "voice", "language", "speed", "prompt", "width", "height"}),
            price_unit="second",
            idempotency="lookup",
            max_input_bytes=_INPUT_LIMIT,
            max_characters=_SCRIPT_LIMIT,
        ),
    )

    async def healthy(self) -> None:
        """Ask who we are, which is free."""
        await self.http.call("GET", "/v3/users/me", read_timeout_s=HEALTH_TIMEOUT_S)

    async def submit(self, request: ProviderRequest, workspace: Workspace) -> Accepted:
        """Upload the photo (and the sound, where one is given), then ask for the video."""
        declaration = results.declared(self.declarations, request.capability)
        results.model_of(declaration, request)
        body: dict[str, Any] = {"type": "image", "title": str(request.attempt_id), "resolution": "1080p"}
        body["aspect_ratio"] = results.ratio_of(request, _RATIOS, "auto")
        script = results.text(request, "script", longest=_SCRIPT_LIMIT, needed="audio" not in request.inputs)
        if motion := results.text(request, "prompt", longest=_SCRIPT_LIMIT, needed=False):
            body["motion_prompt"] = motion
        body["image"] = {"type": "asset_id", "asset_id": await self._uploaded(request, "image", workspace)}
        if "audio" in request.inputs:
            body["audio_asset_id"] = await self._uploaded(request, "audio", workspace)
        else:
            body |= {"script": script, "voice_id": await self._voice(request)}
            if isinstance(speed := request.parameters.get("speed"), int | float):
                body["voice_settings"] = {"speed": min(1.5, max(0.5, speed))}
        answer = await self.http.call("POST", "/v3/videos", accepts=True, json_body=body)
        if not isinstance(number := path(answer.data, "data", "video_id"), str):
            raise failure(FailureClass.UNKNOWN_OUTCOME, "heygen accepted without naming the video")
        return Accepted(number, poll_after_s=10.0)

    async def poll(self, vendor_job_id: str, request: ProviderRequest) -> Running | Ready:
        """Ask for the video; asking again renews its link. HeyGen tells no progress."""
        answer = await self.http.call("GET", f"/v3/videos/{vendor_job_id}", vendor_job_id=vendor_job_id)
        match path(answer.data, "data", "status"):
            case "completed" if told(answer.data, "data", "video_url"):
                return Ready(raw=results.scrub(answer.data, self.http.secrets, keep_links=True))
            case "completed" | "failed":
                raise self.http.refused(answer.data, vendor_job_id=vendor_job_id)
            case _:
                return Running(poll_after_s=10.0)

    async def fetch(
        self, vendor_job_id: str, ready: Ready, request: ProviderRequest, workspace: Workspace
    ) -> ProviderResult:
        """Download the video."""
        declaration = results.declared(self.declarations, request.capability)
        known = dict(ready.raw)
        file = workspace.directory / "download"
        await self.http.download(told(known, "data", "video_url"), file)
        stored, content = await results.keep_file(workspace, file, role="video", kind="video")
        spoken = request if "audio" not in request.inputs else None
        unused = ("script", "voice", "language", "speed") if spoken is None else ()
        given = (name for name in unused if request.parameters.get(name) is not None)
        return ProviderResult(
            outputs={"video": stored},
            units=Decimal(str(round(content.seconds or counted(known, "data", "duration"), 3))),
            vendor_job_id=vendor_job_id,
            model=_MODEL,
            ignored=tuple(sorted({*results.ignored(declaration, request), *given})),
            raw=results.scrub(known, self.http.secrets),
        )

    async def cancel(self, vendor_job_id: str) -> bool:
        """HeyGen can delete a video but not stop one."""
        return False

    async def lookup(self, request: ProviderRequest) -> Accepted | None:
        """Find the video whose title is the attempt's id; takes ``settle_s`` to be sure that there is none."""
        title = str(request.attempt_id)

        async def ask() -> Accepted | None:
            answer = await self.http.call("GET", "/v3/videos", params={"title": title, "limit": "10"})
            if not isinstance(shown := path(answer.data, "data"), list):
                raise failure(FailureClass.TRANSIENT, "heygen's list is unreadable")
            mine = (told(each, "id") for each in shown if path(each, "title") == title)
            number = next(mine, "")
            return Accepted(number, poll_after_s=10.0) if number else None

        return await found(ask, settle_s=self.settle_s)

    async def _uploaded(self, request: ProviderRequest, role: str, workspace: Workspace) -> str:
        file, mime_type = await results.source(request, role, workspace, limit=_INPUT_LIMIT)
        named = (f"{role}.{mime_type.partition('/')[2]}", await results.read(file), mime_type)
        answer = await self.http.call("POST", "/v3/assets", files={"file": named}, read_timeout_s=_UPLOAD_TIMEOUT_S)
        if not isinstance(number := path(answer.data, "data", "asset_id"), str):
            raise failure(FailureClass.TRANSIENT, "heygen took the upload without naming the asset")
        return number

    async def _voice(self, request: ProviderRequest) -> str:
        """A voice of HeyGen's by its own id, or the first public one of the wanted gender and language."""
        wanted = str(request.parameters.get("voice", "neutral"))
        if wanted not in ("male", "female", "neutral"):
            return wanted
        search = {"type": "public", "limit": "1"}
        if wanted != "neutral":
            search["gender"] = wanted
        if language := _LANGUAGES.get(str(request.parameters.get("language", "en"))):
            search["language"] = language
        answer = await self.http.call("GET", "/v3/voices", params=search)
        if not isinstance(number := path(answer.data, "data", 0, "voice_id"), str):
            raise failure(FailureClass.INPUT, "heygen has no such voice")
        return number


_LANGUAGES = {
    "en": "English",
    "hi": "Hindi",
    "es": "Spanish",
    "fr": "French",
    "de": "German",
    "ja": "Japanese",
    "ko": "Korean",
    "zh": "Chinese",
}
