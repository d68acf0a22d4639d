"""Clients that do not give up: they order, cancel and repeat with the same keys while the platform dies and returns."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import httpx
from tests.chaos.auditor import FINAL, Answer, Witness

from talkingphoto.sample import sample_portrait

_RETRY_EVERY_S = 0.1
_LOOK_EVERY_S = 1.0
_PASSWORD = "monsoon-42-lamp"
UNSPOKEN = "\ua7f7"
"""A Latin letter that the voice makes no sound for, which only speaking it tells: its order is accepted."""


@dataclass
class Plan:
    """What one load does: ``runs`` orders, some of them cancelled at once, one of them a script no voice can speak."""

    runs: int = 4
    cancelled: int = 1
    speechless: int = 1
    platforms: tuple[str, ...] = ("tiktok",)


@dataclass
class Load:
    """One user's orders against one address, whatever happens behind it."""

    url: str
    witness: Witness
    seed: int
    plan: Plan = field(default_factory=Plan)
    patience_s: float = 60.0
    _headers: dict[str, str] = field(default_factory=dict)

    async def run(self) -> None:
        """Place every order; returns when each has been accepted (and cancelled, where planned)."""
        random.seed(self.seed)
        async with httpx.AsyncClient(base_url=self.url, timeout=10) as client:
            await self._register(client)
            photo = await self._upload(client, small_portrait(), "photo.jpg", "image/jpeg")
            # Two of the same: what was made for one may serve the other.
            scripts = [f"Hi {number // 2}." for number in range(self.plan.runs)] + [UNSPOKEN] * self.plan.speechless
            orders = (self._order(client, number, photo, script) for number, script in enumerate(scripts))
            await asyncio.gather(*orders)

    async def rename(self) -> None:
        """Give the user another name; returns when it has been accepted."""
        async with httpx.AsyncClient(base_url=self.url, timeout=10, headers=self._headers) as client:
            await self._until(client, "PUT", "/api/v1/users/me", (200,), json={"name": f"Asha {secrets.token_hex(4)}"})

    async def watch(self) -> None:
        """Look at one's runs again and again; returns when all have ended."""
        async with httpx.AsyncClient(base_url=self.url, timeout=10, headers=self._headers) as client:
            while True:
                listed = await self._until(client, "GET", "/api/v1/workflows", (200,))
                if all(run["status"] in FINAL for run in listed["items"]):
                    return
                await asyncio.sleep(_LOOK_EVERY_S)

    async def _register(self, client: httpx.AsyncClient) -> None:
        email = f"user-{self.seed}-{secrets.token_hex(4)}@example.com"
        body = {
            "email": email,
            "password": _PASSWORD,
            "name": "Asha",
            "consents": [{"kind": "terms"}, {"kind": "privacy"}],
        }
        # 409 is the answer to a repeat whose first answer was lost.
        await self._until(client, "POST", "/api/v1/auth/register", (201, 409), json=body)
        tokens = await self._until(
            client, "POST", "/api/v1/auth/login", (200,), json={"email": email, "password": _PASSWORD}
        )
        self._headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        client.headers.update(self._headers)

    async def _upload(self, client: httpx.AsyncClient, content: bytes, name: str, mime_type: str) -> str:
        uploaded = await self._until(
            client, "POST", "/api/v1/files", (201,), files={"file": (name, content, mime_type)}
        )
        return str(uploaded["id"])

    async def _order(self, client: httpx.AsyncClient, number: int, file_id: str, script: str) -> None:
        key = f"{self.seed}-{secrets.token_hex(4)}-{number}"
        body = {
            "workflow_type": "avatar_presentation",
            "input_file_id": file_id,
            "script": script,
            "target_duration": 2,
            "target_platforms": list(self.plan.platforms),
        }
        headers = {"Idempotency-Key": key}
        accepted = await self._until(client, "POST", "/api/v1/workflows", (202,), json=body, headers=headers)
        self.witness.saw_run(key, accepted["id"])
        again = await self._until(client, "POST", "/api/v1/workflows", (202,), json=body, headers=headers)
        self.witness.saw_run(key, again["id"])
        if number < self.plan.cancelled:
            # 409: it had ended before the wish arrived.
            await self._until(client, "POST", f"/api/v1/workflows/{accepted['id']}/cancel", (200, 202, 409))

    async def _until(
        self, client: httpx.AsyncClient, method: str, path: str, wanted: tuple[int, ...], **arguments: Any
    ) -> dict[str, Any]:
        deadline = time.monotonic() + self.patience_s
        while True:
            started = time.monotonic()
            try:
                answer = await client.request(method, path, **arguments)
            except httpx.TransportError as error:
                self.witness.broken.append(f"{method} {path}: {error!r}")
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(_RETRY_EVERY_S)
                continue
            body = _json(answer)
            self.witness.answers.append(
                Answer(
                    method,
                    path,
                    answer.status_code,
                    time.monotonic() - started,
                    body,
                    answer.headers.get("Retry-After"),
                )
            )
            if answer.status_code in wanted:
                return body
            if answer.status_code < 500 or time.monotonic() > deadline:
                raise AssertionError(f"{method} {path}: {answer.status_code} {body}")
            await asyncio.sleep(_RETRY_EVERY_S)


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return answer.text


def small_portrait() -> bytes:
    """A face that is quickly worked on, as a JPEG."""
    image = cv2.imread(str(sample_portrait()))
    return _jpeg(image[0:320, 70:390])


def _jpeg(image: Any) -> bytes:
    return bytes(cv2.imencode(".jpg", image)[1].tobytes())


def portrait_file(folder: Path) -> Path:
    """The small portrait as a file."""
    path = folder / "portrait.jpg"
    path.write_bytes(small_portrait())
    return path
