"""Calls to Google: pooled connections, a time-out on every phase and on the whole, bounded answers.

Nothing is repeated here. A caller that got no answer asks the upload session what became of it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple

import httpx

from chassis import faults
from export.youtube import calls
from export.youtube.calls import Addresses, Call, Channel, Client, Inserted, Issued, Processing, Received
from export.youtube.errors import FailureClass, YouTubeFailure, failure_of

ANSWER_LIMIT = 1024 * 1024
_CONNECT_S, _READ_S, _WRITE_S, _POOL_S = 5.0, 60.0, 60.0, 10.0
_WHOLE_S = 90.0
_SLOWEST = 64 * 1024
"""Bytes a second below which sending is given up."""


class _Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: Any


def pooled_client() -> httpx.AsyncClient:
    """The connections that all calls share. The caller closes it."""
    return httpx.AsyncClient(
        follow_redirects=False,
        timeout=httpx.Timeout(_READ_S, connect=_CONNECT_S, write=_WRITE_S, pool=_POOL_S),
        limits=httpx.Limits(max_connections=50, max_keepalive_connections=20, keepalive_expiry=15.0),
        headers={"user-agent": "talkingphoto-export"},
        trust_env=False,
    )


class YouTube:
    """Google's end. Every method raises :class:`YouTubeFailure`, which holds nothing secret."""

    def __init__(self, http: httpx.AsyncClient, client: Client, at: Addresses) -> None:
        self._http = http
        self._client = client
        self._at = at

    def authorization_url(self, *, state: str, verifier: str) -> str:
        """Where the user grants access."""
        return calls.authorization_url(self._at, self._client, state=state, challenge=calls.challenge_of(verifier))

    async def exchange(self, code: str, verifier: str) -> Issued:
        """The tokens of a grant."""
        return calls.read_issued(await self._json(calls.exchange(self._at, self._client, code=code, verifier=verifier)))

    async def refresh(self, refresh_token: str) -> Issued:
        """A new access token; ``DISCONNECTED`` when the grant has ended."""
        return calls.read_issued(await self._json(calls.refresh(self._at, self._client, refresh_token)))

    async def revoke(self, token: str) -> None:
        """End a grant; ``GONE`` when it had ended already."""
        await self._asked(calls.revoke(self._at, token))

    async def channel(self, token: str) -> Channel | None:
        """The channel of the account; None when it has none."""
        return calls.read_channel(await self._json(calls.my_channel(self._at, token)))

    async def begin(self, token: str, resource: Mapping[str, Any], *, size: int, mime_type: str) -> str:
        """Start a session and return its address, which is a key to it."""
        faults.point("youtube.before_begin")
        answer = await self._asked(calls.begin(self._at, token, resource, size=size, mime_type=mime_type))
        faults.point("youtube.after_begin")
        return calls.read_session(self._at, answer.headers)

    async def how_far(self, token: str, session: str, *, total: int) -> Received | Inserted:
        """What a session has; ``GONE`` when there is no such session any more."""
        return calls.read_position(*await self._asked(calls.how_far(session, token, total)), total=total)

    async def send(
        self, token: str, session: str, content: AsyncIterator[bytes], *, first: int, length: int, total: int, mime: str
    ) -> Received | Inserted:
        """Send one piece of the file and return where the session is then."""
        call = calls.piece(session, token, first=first, length=length, total=total, mime_type=mime)
        faults.point("youtube.before_send")
        answer = await self._asked(call, content, whole_s=_WHOLE_S + length / _SLOWEST)
        faults.point("youtube.after_send")
        return calls.read_position(*answer, total=total)

    async def processing(self, token: str, video_id: str) -> Processing | None:
        """What YouTube has made of a video; None when it is not known."""
        return calls.read_processing(await self._json(calls.video(self._at, token, video_id)))

    async def find(self, token: str, tag: str) -> str | None:
        """The id of the video with this tag among the newest fifty of the channel."""
        channel = await self.channel(token)
        if channel is None or not channel.uploads:
            return None
        try:
            newest = await self._json(calls.listed(self._at, token, channel.uploads))
        except YouTubeFailure as failed:
            if failed.code == "playlistNotFound":
                # A channel's list of uploads is not there before its first video.
                return None
            raise
        video_ids = [calls.told(item, "contentDetails", "videoId") for item in calls.items(newest)]
        if not video_ids:
            return None
        known = await self._json(calls.video(self._at, token, *video_ids, parts="snippet"))
        for item in calls.items(known):
            snippet = item.get("snippet") if isinstance(item, dict) else None
            if isinstance(snippet, dict) and tag in (snippet.get("tags") or ()):
                return calls.told(item, "id") or None
        return None

    async def in_playlist(self, token: str, playlist_id: str, video_id: str) -> bool:
        """Whether a playlist has the video already."""
        return bool(calls.items(await self._json(calls.listed(self._at, token, playlist_id, video_id=video_id))))

    async def add_to_playlist(self, token: str, playlist_id: str, video_id: str) -> None:
        """Put a video into a playlist. Ask :meth:`in_playlist` first: a repeat adds it twice."""
        faults.point("youtube.before_list")
        await self._json(calls.add_to_playlist(self._at, token, playlist_id, video_id))
        faults.point("youtube.after_list")

    async def add_captions(self, token: str, video_id: str, language: str, content: bytes) -> None:
        """Add captions in SubRip. YouTube takes those of a language once, so a repeat adds nothing."""
        faults.point("youtube.before_captions")
        try:
            begun = await self._asked(calls.begin_captions(self._at, token, video_id, language, len(content)))
            await self._json(calls.captions(calls.read_session(self._at, begun.headers), token, content))
        except YouTubeFailure as failed:
            if failed.code != "captionExists":
                raise
        faults.point("youtube.after_captions")

    async def set_thumbnail(self, token: str, video_id: str, content: bytes, mime_type: str) -> None:
        """Set the picture that stands for a video; repeating it is harmless."""
        await self._json(calls.set_thumbnail(self._at, token, video_id, content, mime_type))

    async def _json(self, call: Call) -> Any:
        answer = await self._asked(call)
        if not isinstance(answer.body, dict):
            raise calls.unreadable("something that is not JSON")
        return answer.body

    async def _asked(
        self, call: Call, content: AsyncIterator[bytes] | None = None, *, whole_s: float = _WHOLE_S
    ) -> _Answer:
        request = self._http.build_request(
            call.method, call.url, headers=dict(call.headers), content=content if content is not None else call.content
        )
        try:
            async with asyncio.timeout(whole_s):
                response = await self._http.send(request, stream=True)
                try:
                    data = await _bounded(response)
                finally:
                    await response.aclose()
        except (httpx.TransportError, httpx.DecodingError, TimeoutError) as lost:
            # The original error holds the request with its token; it stays out of the chain.
            raise YouTubeFailure(FailureClass.TRANSIENT, type(lost).__name__, code="no_answer") from None
        headers = {name.lower(): value for name, value in response.headers.items()}
        body = _decoded(data)
        if response.status_code >= 300 and response.status_code != 308:
            raise failure_of(response.status_code, headers, body)
        return _Answer(response.status_code, headers, body)


async def _bounded(response: httpx.Response) -> bytes:
    body = bytearray()
    async for part in response.aiter_bytes():
        body += part
        if len(body) > ANSWER_LIMIT:
            raise calls.unreadable(f"more than {ANSWER_LIMIT} bytes")
    return bytes(body)


def _decoded(data: bytes) -> Any:
    try:
        return json.loads(data) if data else None
    except ValueError:
        return None
