"""Replicate: a clip from a picture by ByteDance's Seedance 1 Lite.

Sources: replicate.com/docs "HTTP API", "Prediction lifecycle", "Rate limits", "Error codes", its changelog of
2025-10-16 (``Cancel-After``), the model's input schema; ``replicate/model.py`` (``ModelsPredictions``),
``prediction.py``, ``file.py`` (``_create_file_params``), ``exceptions.py`` (problem details), ``client.py``.
Files above 256 kB go in by their address, so the photo is uploaded first. Without ``Prefer: wait`` a prediction is
answered before it runs. It carries no key of ours, so it is never made twice; one that is lost ends at its deadline.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ai_router.providers import results
from ai_router.providers.errors import Dialect, counted, failure, path, rule, told
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

_MODEL = "bytedance/seedance-1-lite"
_SECONDS = tuple(range(2, 13))
_USUAL_SECONDS = 5
_PROMPT_LIMIT = 2_000
_INPUT_LIMIT = 10 * MEBIBYTE
"""[assumed], both: the schema has no limits."""
_UPLOAD_TIMEOUT_S = 120.0
_LEAST_DEADLINE_S = 5
_POLL_S = 5.0
_CODE = re.compile(r"\bE\d{3,4}\b")
"""A code stands inside the text of ``error``."""


def _codes(body: Any) -> frozenset[str]:
    """The codes in a prediction's ``error`` and its ``status``, which in a problem is the number of HTTP."""
    status = told(body, "status")
    return frozenset({*_CODE.findall(told(body, "error")), *([status] if status else [])})


def _wait(headers: Mapping[str, str], body: Any) -> float | None:
    return counted(body, "retry_after") or None


DIALECT = Dialect(
    vendor="replicate",
    codes=_codes,
    message=lambda body: told(body, "detail") or told(body, "error") or told(body, "title"),
    rules=(
        # Seen in answers, not in the list of codes. It means input or output; another input is what helps.
        rule(FailureClass.MODERATION_INPUT, "E005"),
        rule(FailureClass.INPUT, "E1001", words="The picture is too large."),
        rule(FailureClass.STUCK, "canceled", "aborted"),
        rule(FailureClass.EMPTY, status=200),
    ),
    wait=_wait,
)


@dataclass(slots=True)
class Replicate:
    """Predictions of one official model. Satisfies ``Submits``."""

    http: VendorHttp
    key: str = "replicate"
    declarations: tuple[Declaration, ...] = (
        Declaration(
            capability=Capability.VIDEO_GENERATION,
            models=(_MODEL,),
            honours=frozenset({"prompt", "script", "duration", "seed"}),
            price_unit="second",
            idempotency="none",
            max_seconds=float(_SECONDS[-1]),
            clip_lengths=_SECONDS,
            max_input_bytes=_INPUT_LIMIT,
            max_characters=_PROMPT_LIMIT,
            cancels=True,
        ),
    )
    told_at: str | None = None
    """Where it is to tell that a prediction has ended."""

    async def healthy(self) -> None:
        """Ask whose key it is, which is free."""
        await self.http.call("GET", "/v1/account", read_timeout_s=HEALTH_TIMEOUT_S)

    async def submit(self, request: ProviderRequest, workspace: Workspace) -> Accepted:
        """Upload the photo, then make the prediction; its shape is the photo's, at 720p."""
        declaration = results.declared(self.declarations, request.capability)
        model = results.model_of(declaration, request)
        wanted: dict[str, Any] = {
            "prompt": _prompt(request),
            "duration": _ordered(declaration, request),
            "resolution": "720p",
        }
        if isinstance(seed := request.parameters.get("seed"), int):
            wanted["seed"] = seed % 2**31
        wanted["image"] = await self._uploaded(request, workspace)
        answer = await self.http.call(
            "POST",
            f"/v1/models/{model}/predictions",
            accepts=True,
            json_body={"input": wanted, **self._tells()},
            headers={"cancel-after": f"{max(_LEAST_DEADLINE_S, round(request.deadline_s))}s"},
        )
        if not (number := told(answer.data, "id")):
            raise failure(FailureClass.UNKNOWN_OUTCOME, "replicate accepted without naming the prediction")
        return Accepted(number, poll_after_s=_POLL_S)

    async def poll(self, vendor_job_id: str, request: ProviderRequest) -> Running | Ready:
        """Ask for the prediction, which tells no progress. Its output is deleted after an hour."""
        answer = await self.http.call("GET", f"/v1/predictions/{vendor_job_id}", vendor_job_id=vendor_job_id)
        match path(answer.data, "status"):
            case "starting" | "processing":
                return Running(poll_after_s=_POLL_S)
            case "succeeded" if told(answer.data, "output"):
                return Ready(raw=results.scrub(answer.data, self.http.secrets, keep_links=True))
            case _:
                raise self.http.refused(answer.data, vendor_job_id=vendor_job_id)

    async def fetch(
        self, vendor_job_id: str, ready: Ready, request: ProviderRequest, workspace: Workspace
    ) -> ProviderResult:
        """Download the clip."""
        declaration = results.declared(self.declarations, request.capability)
        known, file = dict(ready.raw), workspace.directory / "download"
        await self.http.download(told(known, "output"), file)
        stored, content = await results.keep_file(workspace, file, role="video", kind="video")
        return ProviderResult(
            outputs={"video": stored},
            units=Decimal(str(round(content.seconds or _ordered(declaration, request), 3))),
            vendor_job_id=vendor_job_id,
            model=_MODEL,
            data={"predict_seconds": path(known, "metrics", "predict_time")},
            ignored=results.ignored(declaration, request),
            raw=results.scrub(known, self.http.secrets),
        )

    async def cancel(self, vendor_job_id: str) -> bool:
        """Cancel the prediction. False when it had ended before."""
        answer = await self.http.call("POST", f"/v1/predictions/{vendor_job_id}/cancel", vendor_job_id=vendor_job_id)
        return told(answer.data, "status") not in ("succeeded", "failed")

    async def lookup(self, request: ProviderRequest) -> Accepted | None:
        """The list of predictions says nothing of our attempts, so nobody can tell: raises ``UNKNOWN_OUTCOME``."""
        raise failure(FailureClass.UNKNOWN_OUTCOME, "replicate offers no way to find a prediction without its id")

    def _tells(self) -> dict[str, Any]:
        return {} if self.told_at is None else {"webhook": self.told_at, "webhook_events_filter": ["completed"]}

    async def _uploaded(self, request: ProviderRequest, workspace: Workspace) -> str:
        """The address of the photo at Replicate, which keeps it for a day."""
        file, mime_type = await results.source(request, "image", workspace, limit=_INPUT_LIMIT)
        named = (f"image.{mime_type.partition('/')[2]}", await results.read(file), mime_type)
        answer = await self.http.call("POST", "/v1/files", files={"content": named}, read_timeout_s=_UPLOAD_TIMEOUT_S)
        if not (address := told(answer.data, "urls", "get")):
            raise failure(FailureClass.TRANSIENT, "replicate took the upload without saying where it is")
        return address


def _ordered(declaration: Declaration, request: ProviderRequest) -> int:
    return declaration.ordered_s(request.parameters.get("duration") or _USUAL_SECONDS)


def _prompt(request: ProviderRequest) -> str:
    wish = results.text(request, "prompt", longest=_PROMPT_LIMIT, needed=False)
    script = results.text(request, "script", longest=_PROMPT_LIMIT, needed=not wish)
    return f'{wish} The person says: "{script}"'.strip() if script else wish
