"""Midjourney through a relay that speaks the protocol of the open-source ``midjourney-proxy``.

Source: the interface description of novicezk/midjourney-proxy (``/mj/submit/imagine``, ``/mj/task/{id}/fetch``,
``/mj/task/list``; codes 1, 21, 22, 23, 24; header ``mj-api-secret``). Midjourney has no API of its own, so the relay's
address is a setting. A task carries our attempt's id as its ``state``, by which a lost answer is found again. One task
draws four pictures on one sheet; they are cut apart here.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import cv2

from ai_router.providers import results
from ai_router.providers.errors import Dialect, failure, path, rule, told
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
from ai_router.providers.wording import enhancement
from contracts.enums import Capability
from contracts.objects import StoredObject

_MODELS = ("midjourney",)
_PROMPT_LIMIT = 4_000
_INPUT_LIMIT = 10 * MEBIBYTE
_TAKEN = frozenset({1, 21, 22})
"""Submitted, already there, queued."""
_RATIOS = {"1:1": 1.0, "9:16": 9 / 16, "16:9": 16 / 9, "4:5": 0.8, "5:4": 1.25, "2:3": 2 / 3, "3:2": 1.5}


def _codes(body: Any) -> frozenset[str]:
    """``code:`` of a submission, ``status:`` of a task."""
    code, status = path(body, "code"), path(body, "status")
    return frozenset({*([f"code:{code}"] if code is not None else []), *([f"status:{status}"] if status else [])})


DIALECT = Dialect(
    vendor="midjourney relay",
    codes=_codes,
    message=lambda body: str(path(body, "description") or path(body, "failReason") or ""),
    rules=(
        rule(FailureClass.MODERATION_INPUT, "code:24", status=200),
        rule(FailureClass.THROTTLED, "code:23", status=200),
        rule(FailureClass.INPUT, "code:4", status=200),
        rule(FailureClass.TRANSIENT, "code:9", status=200),
        rule(FailureClass.EMPTY, status=200),
    ),
)


def _declare(capability: Capability, *names: str) -> Declaration:
    return Declaration(
        capability=capability,
        models=_MODELS,
        honours=frozenset(names),
        price_unit="image",
        idempotency="lookup",
        max_input_bytes=_INPUT_LIMIT,
        max_characters=_PROMPT_LIMIT,
    )


@dataclass(slots=True)
class Midjourney:
    """Tasks of a relay. Satisfies ``Submits``."""

    http: VendorHttp
    settle_s: float = SETTLE_S
    key: str = "midjourney_api"
    declarations: tuple[Declaration, ...] = (
        _declare(Capability.IMAGE_ENHANCEMENT, "enhancement_type", "prompt", "seed"),
        _declare(Capability.IMAGE_GENERATION, "prompt", "width", "height", "seed", "negative_prompt"),
    )

    async def healthy(self) -> None:
        """Ask for the queue, which is free."""
        answer = await self.http.call("GET", "/mj/task/queue", read_timeout_s=HEALTH_TIMEOUT_S)
        if not isinstance(answer.data, list):
            raise self.http.refused(answer.data)

    async def submit(self, request: ProviderRequest, workspace: Workspace) -> Accepted:
        """Hand the prompt over, with the photo in front of it where one is given."""
        declaration = results.declared(self.declarations, request.capability)
        results.model_of(declaration, request)
        body: dict[str, Any] = {"prompt": self._prompt(request), "state": str(request.attempt_id)}
        if request.capability is Capability.IMAGE_ENHANCEMENT:
            file, mime_type = await results.source(request, "image", workspace, limit=_INPUT_LIMIT)
            body["base64Array"] = [await results.data_uri(file, mime_type)]
        answer = await self.http.call("POST", "/mj/submit/imagine", accepts=True, json_body=body)
        if not isinstance(code := path(answer.data, "code"), int) or code not in _TAKEN:
            raise self.http.refused(answer.data, headers=answer.headers)
        number = path(answer.data, "result")
        if not isinstance(number, str | int) or not str(number):
            raise failure(FailureClass.UNKNOWN_OUTCOME, "the relay accepted without naming the task")
        return Accepted(str(number), poll_after_s=5.0)

    async def poll(self, vendor_job_id: str, request: ProviderRequest) -> Running | Ready:
        """Ask for the task."""
        answer = await self.http.call(
            "GET", f"/mj/task/{vendor_job_id}/fetch", as_json=False, vendor_job_id=vendor_job_id
        )
        if not answer.body or (answer.data is None and answer.body == b"null"):
            raise failure(FailureClass.STUCK, "the relay no longer knows the task", vendor_job_id=vendor_job_id)
        if not isinstance(answer.data, dict):
            raise failure(FailureClass.TRANSIENT, "the relay's answer is unreadable", vendor_job_id=vendor_job_id)
        match path(answer.data, "status"):
            case "SUCCESS" if told(answer.data, "imageUrl"):
                return Ready(raw=results.scrub(answer.data, self.http.secrets, keep_links=True))
            case "SUCCESS" | "FAILURE" | "CANCEL":
                raise self.http.refused(answer.data, vendor_job_id=vendor_job_id)
            case _:
                return Running(_share(path(answer.data, "progress")), poll_after_s=5.0)

    async def fetch(
        self, vendor_job_id: str, ready: Ready, request: ProviderRequest, workspace: Workspace
    ) -> ProviderResult:
        """Download the sheet and cut it into its four pictures."""
        declaration = results.declared(self.declarations, request.capability)
        sheet = workspace.directory / "download"
        await self.http.download(str(path(dict(ready.raw), "imageUrl")), sheet)
        whole, _ = await results.checked(sheet, kind="image")
        outputs: dict[str, StoredObject] = {}
        for number, piece in enumerate(await asyncio.to_thread(_quarters, whole), start=1):
            role = "image" if number == 1 else f"image_{number}"
            outputs[role], _ = await results.keep_file(workspace, piece, role=role, kind="image")
        return ProviderResult(
            outputs=outputs,
            units=Decimal(len(outputs)),
            vendor_job_id=vendor_job_id,
            model=_MODELS[0],
            ignored=results.ignored(declaration, request),
            raw=results.scrub(dict(ready.raw), self.http.secrets),
        )

    async def cancel(self, vendor_job_id: str) -> bool:
        """The relay has no way to stop a task."""
        return False

    async def lookup(self, request: ProviderRequest) -> Accepted | None:
        """Find the task whose ``state`` is the attempt's id; takes ``settle_s`` to be sure that there is none."""

        async def ask() -> Accepted | None:
            answer = await self.http.call("GET", "/mj/task/list")
            if not isinstance(answer.data, list):
                # The relay tells its troubles with status 200; taken for an empty list they would cost a second task.
                raise self.http.refused(answer.data)
            mine = (path(each, "id") for each in answer.data if path(each, "state") == str(request.attempt_id))
            number = next((each for each in mine if isinstance(each, str | int)), None)
            return Accepted(str(number), poll_after_s=5.0) if number else None

        return await found(ask, settle_s=self.settle_s)

    @staticmethod
    def _prompt(request: ProviderRequest) -> str:
        better = request.capability is Capability.IMAGE_ENHANCEMENT
        wish = results.text(request, "prompt", longest=_PROMPT_LIMIT, needed=not better)
        if better:
            wish = f"{enhancement(request.parameters.get('enhancement_type'))} {wish}".strip()
        # Two dashes begin a parameter; a user's text must not set any.
        parts = [wish.replace("--", "-")]
        if not better and (ratio := results.ratio_of(request, _RATIOS, "")):
            parts.append(f"--ar {ratio}")
        if isinstance(seed := request.parameters.get("seed"), int):
            parts.append(f"--seed {seed % 2**32}")
        if not better and (unwanted := results.text(request, "negative_prompt", longest=500, needed=False)):
            parts.append(f"--no {unwanted.replace('--', '-')}")
        return " ".join([*parts, "--iw 2"] if better else parts)


def _share(progress: object) -> float | None:
    """``"45%"`` as 0.45."""
    text = str(progress or "").rstrip("%")
    return min(1.0, int(text) / 100) if text.isdigit() else None


def _quarters(sheet: Path) -> list[Path]:
    """The four pictures of a sheet as PNG files beside it, row by row. Raises ``BAD_OUTPUT`` for what is no picture."""
    pixels = cv2.imread(str(sheet), cv2.IMREAD_COLOR)
    if pixels is None or min(pixels.shape[:2]) < 2:
        raise failure(FailureClass.BAD_OUTPUT, "the sheet cannot be read")
    high, wide = pixels.shape[0] // 2, pixels.shape[1] // 2
    pieces = []
    for number, (top, left) in enumerate(((0, 0), (0, wide), (high, 0), (high, wide)), start=1):
        piece = sheet.with_name(f"piece{number}.png")
        if not cv2.imwrite(str(piece), pixels[top : top + high, left : left + wide]):
            raise failure(FailureClass.BAD_OUTPUT, "the sheet cannot be cut")
        pieces.append(piece)
    return pieces
