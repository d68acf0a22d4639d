"""The requests this service makes of Google, and how their answers are read. Pure.

Sources: developers.google.com/identity/protocols/oauth2/web-server, developers.google.com/youtube/v3/docs,
.../youtube/v3/guides/using_resumable_upload_protocol.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from export.youtube.errors import FailureClass, YouTubeFailure

SCOPE = "https://www.googleapis.com/auth/youtube.force-ssl"
"""Uploads, what became of them, playlists, and captions, which no smaller scope covers."""

UNIT = 256 * 1024
"""Every piece of an upload but the last is a multiple of this."""

CAPTIONS_TYPE = "application/octet-stream"

_RANGE = re.compile(r"bytes=0-(\d{1,15})")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where Google is; tests put a simulator there."""

    auth: str = "https://accounts.google.com"
    token: str = "https://oauth2.googleapis.com"  # noqa: S105  an address
    api: str = "https://www.googleapis.com"
    upload: str = "https://www.googleapis.com"


@dataclass(frozen=True, slots=True)
class Client:
    """How we are registered with Google."""

    id: str
    secret: str = field(repr=False)
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Call:
    """One request. ``url`` may be a key of its own (an upload session), so it is not shown."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Issued:
    """What a token request brought."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_in: float
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Channel:
    """The channel of an access token."""

    id: str
    title: str
    uploads: str
    """The playlist of everything that was uploaded."""


@dataclass(frozen=True, slots=True)
class Received:
    """How much of a file a session has."""

    size: int


@dataclass(frozen=True, slots=True)
class Inserted:
    """A session is complete: the video exists."""

    video_id: str


@dataclass(frozen=True, slots=True)
class Processing:
    """What YouTube has made of a video. ``state``: processing, done, failed; ``reason`` is YouTube's code."""

    state: str
    reason: str = ""


def challenge_of(verifier: str) -> str:
    """The PKCE challenge of a verifier (RFC 7636, S256)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def authorization_url(at: Addresses, client: Client, *, state: str, challenge: str) -> str:
    """Where the user's browser goes to grant access. Consent is asked for each time: only then Google is sure to hand
    out a refresh token."""
    asked = {
        "client_id": client.id,
        "redirect_uri": client.redirect_uri,
        "response_type": "code",
        "scope": SCOPE,
        "access_type": "offline",
        "prompt": "consent",
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return f"{at.auth}/o/oauth2/v2/auth?{urlencode(asked)}"


def exchange(at: Addresses, client: Client, *, code: str, verifier: str) -> Call:
    """An authorization code for tokens."""
    return _token_call(
        at,
        client,
        {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": client.redirect_uri,
        },
    )


def refresh(at: Addresses, client: Client, refresh_token: str) -> Call:
    """A new access token."""
    return _token_call(at, client, {"grant_type": "refresh_token", "refresh_token": refresh_token})


def revoke(at: Addresses, token: str) -> Call:
    """Withdraw a grant, with all its tokens."""
    return _form("POST", f"{at.token}/revoke", {"token": token})


def my_channel(at: Addresses, token: str) -> Call:
    """The channel that a token is for."""
    return _get(f"{at.api}/youtube/v3/channels", token, part="snippet,contentDetails", mine="true")


def begin(at: Addresses, token: str, resource: Mapping[str, Any], *, size: int, mime_type: str) -> Call:
    """A resumable upload; nothing is inserted until its last byte has come."""
    parts = ",".join(sorted(resource))
    asked = urlencode({"uploadType": "resumable", "part": parts, "notifySubscribers": "true"})
    about = {"X-Upload-Content-Length": str(size), "X-Upload-Content-Type": mime_type}
    return _json("POST", f"{at.upload}/upload/youtube/v3/videos?{asked}", token, resource, about)


def how_far(session: str, token: str, total: int) -> Call:
    """Ask a session what it has."""
    return Call("PUT", session, {**_bearer(token), "Content-Range": f"bytes */{total}", "Content-Length": "0"})


def piece(session: str, token: str, *, first: int, length: int, total: int, mime_type: str) -> Call:
    """Bytes ``first`` up to ``first + length`` of ``total``; the content is streamed beside it."""
    placed = f"bytes {first}-{first + length - 1}/{total}"
    about = {"Content-Range": placed, "Content-Length": str(length), "Content-Type": mime_type}
    return Call("PUT", session, {**_bearer(token), **about})


def video(at: Addresses, token: str, *video_ids: str, parts: str = "status,processingDetails") -> Call:
    """What is known of videos."""
    return _get(f"{at.api}/youtube/v3/videos", token, part=parts, id=",".join(video_ids))


def listed(at: Addresses, token: str, playlist_id: str, *, video_id: str | None = None) -> Call:
    """The newest items of a playlist, or those of one video."""
    only = {"videoId": video_id} if video_id is not None else {}
    url = f"{at.api}/youtube/v3/playlistItems"
    return _get(url, token, part="contentDetails", playlistId=playlist_id, maxResults="50", **only)


def add_to_playlist(at: Addresses, token: str, playlist_id: str, video_id: str) -> Call:
    """Put a video at the end of a playlist."""
    resource = {"kind": "youtube#video", "videoId": video_id}
    item = {"snippet": {"playlistId": playlist_id, "resourceId": resource}}
    return _json("POST", f"{at.api}/youtube/v3/playlistItems?part=snippet", token, item)


def begin_captions(at: Addresses, token: str, video_id: str, language: str, size: int) -> Call:
    """A resumable upload of captions in SubRip."""
    track = {"snippet": {"videoId": video_id, "language": language, "name": "", "isDraft": False}}
    about = {"X-Upload-Content-Length": str(size), "X-Upload-Content-Type": CAPTIONS_TYPE}
    url = f"{at.upload}/upload/youtube/v3/captions?uploadType=resumable&part=snippet"
    return _json("POST", url, token, track, about)


def captions(session: str, token: str, content: bytes) -> Call:
    """All of the captions, at once."""
    return Call("PUT", session, {**_bearer(token), "Content-Type": CAPTIONS_TYPE}, content)


def set_thumbnail(at: Addresses, token: str, video_id: str, content: bytes, mime_type: str) -> Call:
    """The picture that stands for a video; it takes the place of the one before."""
    url = f"{at.upload}/upload/youtube/v3/thumbnails/set?{urlencode({'videoId': video_id})}"
    return Call("POST", url, {**_bearer(token), "Content-Type": mime_type}, content)


def read_issued(body: Any) -> Issued:
    """The tokens of a token answer; raises :class:`YouTubeFailure` when there are none."""
    access, scope = told(body, "access_token"), told(body, "scope")
    lasts = body.get("expires_in") if isinstance(body, dict) else None
    if not access or isinstance(lasts, bool) or not isinstance(lasts, int | float):
        raise unreadable("a token answer without a token")
    return Issued(access, told(body, "refresh_token") or None, max(0.0, float(lasts)), frozenset(scope.split()))


def read_channel(body: Any) -> Channel | None:
    """The channel; None for an account that has none."""
    for item in items(body):
        uploads = told(item, "contentDetails", "relatedPlaylists", "uploads")
        return Channel(told(item, "id")[:255], told(item, "snippet", "title")[:255], uploads)
    return None


def read_session(at: Addresses, headers: Mapping[str, str]) -> str:
    """The session's address; raises :class:`YouTubeFailure` when it is missing or leads elsewhere.

    The access token is sent there, so it must be Google's own address.
    """
    location = headers.get("location", "")
    mine, other = urlsplit(at.upload), urlsplit(location)
    if (mine.scheme, mine.netloc) != (other.scheme, other.netloc) or len(location) > 2000:
        raise unreadable("an upload session at no address of its own")
    return location


def read_position(status: int, headers: Mapping[str, str], body: Any, *, total: int) -> Received | Inserted:
    """Where an upload is. What the session says counts, not what was sent."""
    if status != 308:
        video_id = told(body, "id")
        if not video_id:
            raise unreadable("a finished upload without a video")
        return Inserted(video_id[:255])
    given = headers.get("range")
    if given is None:
        return Received(0)
    found = _RANGE.fullmatch(given)
    if found is None or int(found[1]) >= total:
        raise unreadable("a range that cannot be")
    return Received(int(found[1]) + 1)


def read_processing(body: Any) -> Processing | None:
    """What became of a video; None when YouTube does not know it (yet, or any more)."""
    for item in items(body):
        match told(item, "status", "uploadStatus"):
            case "processed":
                return Processing("done")
            case "failed":
                return Processing("failed", told(item, "status", "failureReason"))
            case "rejected":
                return Processing("failed", told(item, "status", "rejectionReason"))
            case "deleted":
                return Processing("failed", "deleted")
            case _:
                return Processing("processing")
    return None


def told(body: Any, *keys: str) -> str:
    """The text below ``keys``; empty where there is none."""
    for key in keys:
        body = body.get(key) if isinstance(body, dict) else None
    return body if isinstance(body, str) else ""


def items(body: Any) -> list[Any]:
    """The ``items`` of a list answer."""
    found = body.get("items") if isinstance(body, dict) else None
    return found if isinstance(found, list) else []


def unreadable(what: str) -> YouTubeFailure:
    """An answer that makes no sense."""
    return YouTubeFailure(FailureClass.TRANSIENT, f"answered with {what}", code="unreadable")


def _token_call(at: Addresses, client: Client, fields: Mapping[str, str]) -> Call:
    return _form("POST", f"{at.token}/token", {"client_id": client.id, "client_secret": client.secret, **fields})


def _form(method: str, url: str, fields: Mapping[str, str]) -> Call:
    return Call(method, url, {"Content-Type": "application/x-www-form-urlencoded"}, urlencode(fields).encode())


def _json(method: str, url: str, token: str, body: Mapping[str, Any], more: Mapping[str, str] | None = None) -> Call:
    about = {"Content-Type": "application/json; charset=UTF-8", **(more or {})}
    return Call(method, url, {**_bearer(token), **about}, json.dumps(body).encode())


def _get(url: str, token: str, **asked: str) -> Call:
    return Call("GET", f"{url}?{urlencode(asked)}", _bearer(token))


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
