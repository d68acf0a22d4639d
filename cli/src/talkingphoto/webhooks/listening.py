"""Events of a user's runs, as the platform's webhooks tell them, posted to a program on this machine."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import httpx
from httpx_sse import ServerSentEvent

from talkingphoto.client import ApiError, Client, Unreachable

_ENDS = frozenset({"completed", "failed", "cancelled"})
_UNTOLD = frozenset({"type", "timestamp", "trace_id"})
_RECONNECT_S = 0.5
_PATIENCE_S = 15.0
_TIMEOUT_S = 10.0


def told(update: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """An update as a webhook: the id, the type and the body that are sent; None for what webhooks do not tell."""
    if update.get("type") != "workflow_status":
        return None
    if "step_completed" in update:
        kind = "step_completed"
    elif update["state"] in _ENDS:
        kind = update["state"]
    elif update["sequence"] == 1:
        kind = "created"
    else:
        return None
    data = {name: value for name, value in update.items() if name not in _UNTOLD}
    body = {"type": f"workflow.{kind}", "timestamp": update["timestamp"], "data": data}
    event_id = uuid5(UUID(update["workflow_id"]), f"{kind}:{update['sequence']}")
    return f"msg_{event_id.hex}", body["type"], json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def new_secret() -> str:
    """A secret to sign with, as the specification of Standard Webhooks writes it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def signed(event_id: str, body: str, secret: str, now: datetime) -> dict[str, str]:
    """The headers of a delivery. Raises ``ModuleNotFoundError`` without the library, ``ValueError`` for no secret."""
    from standardwebhooks import Webhook

    if not secret.startswith("whsec_"):
        raise ValueError("whsec_ and Base64 is expected")
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(event_id, now, body),
    }


async def listen(
    client: Client, target: str, secret: str, kinds: frozenset[str], say: Callable[[str, str, str], None]
) -> None:
    """Post what happens from now on to ``target``, of ``kinds`` or all of them, until cancelled; each once and in its
    order. ``say`` hears the type, the run and what was answered.

    Raises :class:`ApiError`, and :class:`Unreachable` when the platform has not answered for a while.
    """
    last = str(await _newest(client))
    async with httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False) as there:
        async for event in _events(client, last):
            update = json.loads(event.data)
            found = told(update)
            if found is None or (kinds and found[1] not in kinds):
                continue
            event_id, kind, body = found
            headers = {"content-type": "application/json", **signed(event_id, body, secret, datetime.now(UTC))}
            try:
                answer = str((await there.post(target, content=body.encode(), headers=headers)).status_code)
            except httpx.RequestError as error:
                answer = f"no answer ({type(error).__name__})"
            say(kind, update["workflow_id"], answer)


async def _newest(client: Client) -> int:
    """The number of the newest event, after which listening begins."""
    after = 0
    while True:
        piece = await client.send("GET", "/api/v1/events", params={"after": after, "limit": 200})
        after = piece["next"]
        if not piece["more"]:
            return int(after)


async def _events(client: Client, last: str) -> AsyncIterator[ServerSentEvent]:
    answered = time.monotonic()
    while True:
        with suppress(httpx.TransportError):
            try:
                async for event in client.stream("/api/v1/events/stream", last):
                    last, answered = event.id or last, time.monotonic()
                    yield event
                answered = time.monotonic()
            except ApiError as error:
                # A session that has run out is opened again by the next question.
                if error.status < 500 and error.status != 401:
                    raise
        try:
            await client.send("GET", "/api/v1/events", params={"after": last or 0, "limit": 1})
            answered = time.monotonic()
        except Unreachable:
            if time.monotonic() - answered > _PATIENCE_S:
                raise
        await asyncio.sleep(_RECONNECT_S)
