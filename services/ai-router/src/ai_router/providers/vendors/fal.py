"""fal.ai's queue: FLUX pictures, edits, upscaling, lip sync and music, each a model path with its own fields.

Sources: fal.ai/docs "Queue", "Model Errors", "Request Errors" and the pages of the models below;
``fal_client/client.py`` (``QUEUE_URL_FORMAT``, ``SyncRequestHandle``, ``_raise_for_status``), ``fal_client/auth.py``
(``Key`` scheme). The queue takes every request; what a model thinks of its input is said with the result.
A submission carries no key of ours and cannot be found again, so it is never repeated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from ai_router.providers import results
from ai_router.providers.errors import Dialect, failure, path, rule, words_of
from ai_router.providers.http import HEALTH_TIMEOUT_S, MEBIBYTE, VendorHttp
from ai_router.providers.port import (
    Accepted,
    Declaration,
    FailureClass,
    ProviderFailure,
    ProviderRequest,
    ProviderResult,
    Ready,
    Running,
    Workspace,
)
from contracts.enums import Capability

_PROMPT_LIMIT = 5_000
_INPUT_LIMIT = 20 * MEBIBYTE


def _codes(body: Any) -> frozenset[str]:
    """``error_type``, the ``type`` of each detail, and the first sentence of a textual detail."""
    detail = path(body, "detail")
    if isinstance(detail, list):
        return words_of(*(path(each, "type") for each in detail))
    kind = path(body, "error_type")
    first = detail.partition(".")[0] if isinstance(detail, str) and not kind else None
    nsfw = path(body, "has_nsfw_concepts")
    flagged = "nsfw" if isinstance(nsfw, list) and True in nsfw else None
    return words_of(kind, first, flagged)


def _message(body: Any) -> str:
    detail = path(body, "detail")
    return str((path(detail, 0, "msg") if isinstance(detail, list) else detail) or path(body, "error") or "")


_RUNNER_FAILED = (
    "runner_server_error",
    "runner_disconnected",
    "runner_incomplete_response",
    "runner_connection_error",
    "runner_connection_timeout",
    "runner_connection_refused",
)
"""A job that was taken and broke at the vendor."""

DIALECT = Dialect(
    vendor="fal",
    codes=_codes,
    message=_message,
    rules=(
        rule(FailureClass.MODERATION_INPUT, "content_policy_violation"),
        rule(FailureClass.MODERATION_OUTPUT, "nsfw", status=200),
        rule(FailureClass.QUOTA, "User is locked"),
        rule(FailureClass.EMPTY, "no_media_generated", *_RUNNER_FAILED),
        rule(FailureClass.STUCK, "generation_timeout"),
        rule(
            FailureClass.INPUT,
            "face_detection_error",
            words="No clear face was found. Please use a photo that shows the face from the front.",
        ),
        rule(FailureClass.INPUT, "image_too_small", words="The picture is too small."),
        rule(FailureClass.INPUT, "image_too_large", "file_too_large", words="The file is too large."),
        rule(FailureClass.INPUT, "downstream_service_error", "client_cancelled"),
        rule(
            FailureClass.TRANSIENT,
            "runner_scheduling_failure",
            "startup_timeout",
            "request_timeout",
            "downstream_service_unavailable",
        ),
        rule(FailureClass.EMPTY, status=200),
    ),
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One model: which of our names it takes under which of its own, and where its result is."""

    capability: Capability
    model: str
    fields: Mapping[str, str]
    inputs: Mapping[str, str] = field(default_factory=dict)
    """Roles of media and the fields they go into."""
    result: tuple[str | int, ...] = ("images", 0)
    kind: Literal["image", "audio", "video"] = "image"
    sized: bool = False
    """Takes ``image_size`` from ``width`` and ``height``."""


_PICTURE = {"prompt": "prompt", "seed": "seed"}
_TEXT_TO_IMAGE = ("fal-ai/flux/dev", "fal-ai/flux/schnell", "fal-ai/flux-pro/v1.1")

ENDPOINTS: tuple[Endpoint, ...] = (
    *(Endpoint(Capability.IMAGE_GENERATION, model, _PICTURE, sized=True) for model in _TEXT_TO_IMAGE),
    Endpoint(
        Capability.IMAGE_GENERATION,
        "fal-ai/flux/dev/image-to-image",
        {**_PICTURE, "strength": "strength"},
        {"image": "image_url"},
    ),
    Endpoint(Capability.IMAGE_EDIT, "fal-ai/flux-pro/kontext", _PICTURE, {"image": "image_url"}),
    Endpoint(Capability.IMAGE_EDIT, "fal-ai/flux-pro/v1/fill", _PICTURE, {"image": "image_url", "mask": "mask_url"}),
    Endpoint(
        Capability.IMAGE_UPSCALE,
        "fal-ai/clarity-upscaler",
        {"prompt": "prompt", "seed": "seed", "factor": "upscale_factor"},
        {"image": "image_url"},
        ("image",),
    ),
    Endpoint(
        Capability.LIP_SYNC,
        "fal-ai/sync-lipsync/v2",
        {},
        {"video": "video_url", "audio": "audio_url"},
        ("video",),
        "video",
    ),
    Endpoint(
        Capability.MUSIC_GENERATION,
        "fal-ai/stable-audio-25/text-to-audio",
        {"prompt": "prompt", "seed": "seed", "duration": "seconds_total"},
        {},
        ("audio",),
        "audio",
    ),
)


def _declarations() -> tuple[Declaration, ...]:
    by_capability: dict[Capability, list[Endpoint]] = {}
    for endpoint in ENDPOINTS:
        by_capability.setdefault(endpoint.capability, []).append(endpoint)
    return tuple(
        Declaration(
            capability=capability,
            models=tuple(each.model for each in endpoints),
            honours=_honoured(endpoints),
            price_unit="image" if endpoints[0].kind == "image" else "second",
            idempotency="none",
            max_seconds=190.0 if capability is Capability.MUSIC_GENERATION else None,
            max_input_bytes=_INPUT_LIMIT,
            max_characters=_PROMPT_LIMIT,
            cancels=True,
        )
        for capability, endpoints in by_capability.items()
    )


def _honoured(endpoints: Sequence[Endpoint]) -> frozenset[str]:
    """What some model of a capability acts on: parameters, and inputs that the first one does not need."""
    fields = frozenset(name for each in endpoints for name in each.fields)
    roles = frozenset(role for each in endpoints for role in each.inputs) - endpoints[0].inputs.keys()
    return fields | roles | ({"width", "height"} if any(each.sized for each in endpoints) else frozenset())


@dataclass(slots=True)
class Fal:
    """The queue. A job's id is its path, ``owner/alias/requests/id``. Satisfies ``Submits``."""

    http: VendorHttp
    key: str = "fal_ai"
    declarations: tuple[Declaration, ...] = field(default_factory=_declarations)

    async def healthy(self) -> None:
        """Ask for a request that does not exist: a known key gets 404, which is good news and free."""
        try:
            await self.http.call(
                "GET",
                "/health-check/none/requests/00000000-0000-0000-0000-000000000000/status",
                read_timeout_s=HEALTH_TIMEOUT_S,
            )
        except ProviderFailure as answer:
            if answer.http_status != 404:
                raise

    async def submit(self, request: ProviderRequest, workspace: Workspace) -> Accepted:
        """Put the job into the queue of its model."""
        endpoint = self._endpoint(request)
        body = await self._body(endpoint, request, workspace)
        answer = await self.http.call("POST", f"/{endpoint.model}", accepts=True, json_body=body)
        number = path(answer.data, "request_id")
        if not isinstance(number, str):
            raise failure(FailureClass.UNKNOWN_OUTCOME, "fal accepted without naming the request")
        return Accepted(job_id(endpoint.model, number))

    async def poll(self, vendor_job_id: str, request: ProviderRequest) -> Running | Ready:
        """Ask for the status."""
        answer = await self.http.call("GET", f"/{vendor_job_id}/status", vendor_job_id=vendor_job_id)
        if path(answer.data, "status") != "COMPLETED":
            return Running()
        if path(answer.data, "error"):
            raise self.http.refused(answer.data, vendor_job_id=vendor_job_id)
        return Ready(raw=results.scrub(answer.data, self.http.secrets))

    async def watch(self, vendor_job_id: str) -> None:
        """Listen to the status stream until the job has ended (fal.ai/docs "Queue", "Streaming status")."""
        async with self.http.events(f"/{vendor_job_id}/status/stream", vendor_job_id=vendor_job_id) as told:
            async for status in told:
                if path(status, "status") == "COMPLETED":
                    return
        raise failure(FailureClass.TRANSIENT, "fal's status stream ended before the job")

    async def fetch(
        self, vendor_job_id: str, ready: Ready, request: ProviderRequest, workspace: Workspace
    ) -> ProviderResult:
        """Ask for the result, which is where a failed job says why, and download its media."""
        endpoint = self._endpoint(request)
        answer = (await self.http.call("GET", f"/{vendor_job_id}", vendor_job_id=vendor_job_id)).data
        url = path(answer, *endpoint.result, "url")
        if not isinstance(url, str) or "nsfw" in _codes(answer):
            raise self.http.refused(answer, vendor_job_id=vendor_job_id)
        file = workspace.directory / "download"
        await self.http.download(url, file)
        stored, content = await results.keep_file(workspace, file, role=endpoint.kind, kind=endpoint.kind)
        seconds = Decimal(str(round(content.seconds, 3))) if content.seconds else Decimal(1)
        return ProviderResult(
            outputs={endpoint.kind: stored},
            units=Decimal(1) if endpoint.kind == "image" else seconds,
            vendor_job_id=vendor_job_id,
            model=endpoint.model,
            data={"seed": path(answer, "seed")},
            ignored=results.ignored(results.declared(self.declarations, request.capability), request),
            raw=results.scrub({"status": dict(ready.raw), "result": answer}, self.http.secrets),
        )

    async def cancel(self, vendor_job_id: str) -> bool:
        """Ask fal to stop. False when the job is finished already."""
        try:
            answer = await self.http.call("PUT", f"/{vendor_job_id}/cancel", vendor_job_id=vendor_job_id)
        except ProviderFailure as refused:
            if refused.http_status in (400, 404):
                return False
            raise
        return bool(path(answer.data, "status") == "CANCELLATION_REQUESTED")

    async def lookup(self, request: ProviderRequest) -> Accepted | None:
        """The queue cannot be searched, so nobody can tell: raises ``UNKNOWN_OUTCOME``."""
        raise failure(FailureClass.UNKNOWN_OUTCOME, "fal's queue cannot be searched")

    def _endpoint(self, request: ProviderRequest) -> Endpoint:
        """The model that was asked for, else the first that takes all that was given. Raises ``INPUT`` where the one
        that was asked for leaves an input aside, or lacks one."""
        model = results.model_of(results.declared(self.declarations, request.capability), request)
        mine = [e for e in ENDPOINTS if e.capability is request.capability]
        given = request.inputs.keys()
        for endpoint in mine if request.model is None else [e for e in mine if e.model == model]:
            if given == endpoint.inputs.keys():
                return endpoint
        if request.model is None:
            return mine[0]
        raise failure(FailureClass.INPUT, f"{model} takes other inputs than {', '.join(sorted(given)) or 'none'}")

    async def _body(self, endpoint: Endpoint, request: ProviderRequest, workspace: Workspace) -> dict[str, Any]:
        given = request.parameters
        body = {theirs: given[ours] for ours, theirs in endpoint.fields.items() if given.get(ours) is not None}
        if "prompt" in endpoint.fields:
            wanted = results.text(request, "prompt", longest=_PROMPT_LIMIT, needed=not endpoint.inputs)
            body = {**body, "prompt": wanted} if wanted else body
        if endpoint.sized and isinstance(given.get("width"), int) and isinstance(given.get("height"), int):
            body["image_size"] = {"width": given["width"], "height": given["height"]}
        for role, theirs in endpoint.inputs.items():
            file, mime_type = await results.source(request, role, workspace, limit=_INPUT_LIMIT)
            body[theirs] = await results.data_uri(file, mime_type)
        return body


def job_id(model: str, request_id: str) -> str:
    """Where a request lives: below owner and alias, without the model's sub-path."""
    owner, alias = model.split("/")[:2]
    return f"{owner}/{alias}/requests/{request_id}"
