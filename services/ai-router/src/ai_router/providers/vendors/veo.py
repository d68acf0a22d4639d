"""Google's Veo: a clip from a prompt and a first frame, by a long-running operation.

Sources: docs.cloud.google.com "Veo on Vertex AI video generation API"; ``google/genai/models.py``
(``_GenerateVideosParameters_to_vertex``, ``:predictLongRunning``) and ``google/genai/operations.py``
(``:fetchPredictOperation``). The official client offers video on ``aiplatform.googleapis.com`` only, with a key or
under a project; a project goes into the base address: ``.../v1beta1/projects/P/locations/L``.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from ai_router.providers import results
from ai_router.providers.errors import failure, path
from ai_router.providers.http import DOWNLOAD_LIMIT, HEALTH_TIMEOUT_S, MEBIBYTE, Answer, VendorHttp
from ai_router.providers.inline import NoMedia, take
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
from ai_router.providers.vendors.google import GOOGLE
from contracts.enums import Capability

DIALECT = GOOGLE
_MODELS = ("veo-3.1-generate-001", "veo-3.1-fast-generate-001")
_SECONDS = (4, 6, 8)
_RATIOS = {"16:9": 16 / 9, "9:16": 9 / 16}
_PROMPT_LIMIT = 4_000
_FETCH_TIMEOUT_S = 120.0
_WITHOUT_CLIP = 64 * 1024
"""An operation's answer longer than this has the clip inside."""


@dataclass(slots=True)
class Veo:
    """Submits, polls, reads the clip out of the finished operation. Satisfies ``Submits``."""

    http: VendorHttp
    key: str = "veo3"
    declarations: tuple[Declaration, ...] = (
        Declaration(
            capability=Capability.VIDEO_GENERATION,
            models=_MODELS,
            honours=frozenset({"prompt", "script", "duration", "width", "height", "seed", "negative_prompt"}),
            price_unit="second",
            idempotency="none",
            max_seconds=float(_SECONDS[-1]),
            clip_lengths=_SECONDS,
            max_input_bytes=20 * MEBIBYTE,
            max_characters=_PROMPT_LIMIT,
        ),
    )

    async def healthy(self) -> None:
        """Ask for the model's description, which is free."""
        await self.http.call("GET", f"/publishers/google/models/{_MODELS[0]}", read_timeout_s=HEALTH_TIMEOUT_S)

    async def submit(self, request: ProviderRequest, workspace: Workspace) -> Accepted:
        """Start the operation; its name is the job's id."""
        declaration = results.declared(self.declarations, request.capability)
        model = results.model_of(declaration, request)
        instance: dict[str, Any] = {"prompt": self._prompt(request)}
        if "image" in request.inputs:
            file, mime_type = await results.source(request, "image", workspace, limit=declaration.max_input_bytes)
            instance["image"] = {"bytesBase64Encoded": await results.encoded(file), "mimeType": mime_type}
        parameters: dict[str, Any] = {
            "sampleCount": 1,
            "durationSeconds": declaration.ordered_s(request.parameters.get("duration")),
            "aspectRatio": results.ratio_of(request, _RATIOS, "16:9"),
        }
        if isinstance(seed := request.parameters.get("seed"), int):
            parameters["seed"] = seed % 2**32
        if isinstance(unwanted := request.parameters.get("negative_prompt"), str):
            parameters["negativePrompt"] = unwanted
        answer = await self.http.call(
            "POST",
            f"/publishers/google/models/{model}:predictLongRunning",
            accepts=True,
            json_body={"instances": [instance], "parameters": parameters},
        )
        name = path(answer.data, "name")
        if not isinstance(name, str) or "/operations/" not in name:
            raise failure(FailureClass.UNKNOWN_OUTCOME, "veo accepted without naming the operation")
        return Accepted(name, poll_after_s=5.0)

    async def poll(self, vendor_job_id: str, request: ProviderRequest) -> Running | Ready:
        """Ask for the operation. Veo tells no progress. The clip itself is left for ``fetch``."""
        answer = await self._operation(vendor_job_id, peek=_WITHOUT_CLIP)
        if not answer.whole:
            return Ready(raw={"name": vendor_job_id, "done": True})
        operation = answer.data
        if not path(operation, "done"):
            return Running(poll_after_s=10.0)
        response = path(operation, "response")
        if not path(response, "videos", 0):
            raise self.http.refused(operation, vendor_job_id=vendor_job_id)
        return Ready(raw=results.scrub(operation, self.http.secrets, keep_links=True))

    async def fetch(
        self, vendor_job_id: str, ready: Ready, request: ProviderRequest, workspace: Workspace
    ) -> ProviderResult:
        """Read the finished operation again and keep its clip."""
        declaration = results.declared(self.declarations, request.capability)
        answer, clip = workspace.directory / "operation.json", workspace.directory / "clip"
        await self._operation(vendor_job_id, spool=answer)
        try:
            operation = await asyncio.to_thread(take, answer, "bytesBase64Encoded", clip)
        except NoMedia as lost:
            raise failure(FailureClass.TRANSIENT, f"veo: {lost}", vendor_job_id=vendor_job_id) from lost
        stored, content = await results.keep_file(workspace, clip, role="video", kind="video")
        asked = request.parameters.get("duration")
        delivered = Decimal(str(round(content.seconds or declaration.ordered_s(asked), 3)))
        return ProviderResult(
            outputs={"video": stored},
            units=delivered,
            vendor_job_id=vendor_job_id,
            model=request.model or _MODELS[0],
            ignored=results.ignored(declaration, request),
            raw=results.scrub(operation, self.http.secrets),
        )

    async def cancel(self, vendor_job_id: str) -> bool:
        """Veo has no way to stop a publisher model's operation."""
        return False

    async def lookup(self, request: ProviderRequest) -> Accepted | None:
        """Operations of publisher models cannot be listed, so nobody can tell: raises ``UNKNOWN_OUTCOME``."""
        raise failure(FailureClass.UNKNOWN_OUTCOME, "veo offers no way to find an operation without its name")

    async def _operation(self, name: str, *, peek: int | None = None, spool: Path | None = None) -> Answer:
        # The operation lives at its own resource, which names the project even when a key alone was used.
        resource = name.rpartition("/operations/")[0]
        url = httpx.URL(self.http.base_url)
        version = url.path.strip("/").partition("/")[0]
        return await self.http.call(
            "POST",
            str(url.copy_with(path=f"/{version}/{resource}:fetchPredictOperation")),
            json_body={"operationName": name},
            read_timeout_s=_FETCH_TIMEOUT_S,
            limit=DOWNLOAD_LIMIT,
            peek=peek,
            spool=spool,
            vendor_job_id=name,
        )

    @staticmethod
    def _prompt(request: ProviderRequest) -> str:
        wish = results.text(request, "prompt", longest=_PROMPT_LIMIT, needed="script" not in request.parameters)
        script = results.text(request, "script", longest=_PROMPT_LIMIT, needed=False)
        return f'{wish} The person in the picture says: "{script}"'.strip() if script else wish
