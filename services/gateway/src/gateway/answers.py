"""Changing an answer on its way out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from starlette.types import Message, Send

RawHeaders = list[tuple[bytes, bytes]]
Changed = Callable[[int, Any], tuple[Any, RawHeaders]]
"""From a status and the JSON of an answer: the JSON to send instead, and headers to send with it."""


class JsonAnswer:
    """Sends an answer changed where it is JSON, and as it comes where it is not. Stands where ``send`` does."""

    def __init__(self, send: Send, changed: Changed) -> None:
        self._send = send
        self._changed = changed
        self._start: Message | None = None
        self._pieces: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        """Take one message of the answer."""
        if message["type"] == "http.response.start" and _is_json(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._pieces.append(message.get("body", b""))
            if not message.get("more_body", False):
                await self._send_changed(self._start, b"".join(self._pieces))

    async def _send_changed(self, start: Message, body: bytes) -> None:
        try:
            answer: Any = orjson.loads(body)
        except orjson.JSONDecodeError:
            # Nothing, to a HEAD.
            await self._send(start)
        else:
            answer, added = self._changed(start["status"], answer)
            body = orjson.dumps(answer)
            headers = [header for header in start["headers"] if header[0].lower() != b"content-length"]
            length = (b"content-length", str(len(body)).encode())
            await self._send({**start, "headers": [*headers, *added, length]})
        await self._send({"type": "http.response.body", "body": body, "more_body": False})


def _is_json(start: Message) -> bool:
    headers = {name.lower(): value for name, value in start.get("headers", ())}
    kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
    return kind == b"application/json" and b"content-encoding" not in headers
