"""YouTube Data API v3 and Google's resumable upload protocol.

Sources: developers.google.com/youtube/v3/docs (videos, channels, playlistItems, thumbnails, captions, errors),
.../guides/using_resumable_upload_protocol; the discovery document in ``google-api-python-client`` (paths, scopes,
sizes) and its ``HttpRequest.next_chunk``, which decides what a session has to answer.

Faults: ``REFUSED_INPUT`` is the channel's upload limit, ``JOB_LOST`` a session or a video that is not known any more,
``TRUNCATED`` a chunk of which only the first half is kept.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.core.base import Refusal, Simulator, json_object
from simulators.core.faults import HINT_SECONDS, LATER, POSSIBLE, Fault
from simulators.core.jobs import Job, Stage
from simulators.core.ledger import Entry
from simulators.vendors.youtube.accounts import Accounts

CHANNEL_ID = "UCsimulated0000000000000"
UPLOADS = "UUsimulated0000000000000"
PLAYLIST = "PLsimulated"
"""A playlist the channel has from the beginning."""

UNIT = 256 * 1024
"""Every chunk but the last is a multiple of this."""

_MOST_BYTES = 274_877_906_944
_SCOPE = "https://www.googleapis.com/auth/youtube"
_READS = frozenset({_SCOPE, f"{_SCOPE}.readonly", f"{_SCOPE}.force-ssl"})
_WRITES = frozenset({_SCOPE, f"{_SCOPE}.force-ssl"})
_CAPTIONS = frozenset({f"{_SCOPE}.force-ssl"})
_UPLOADS = frozenset({_SCOPE, f"{_SCOPE}.upload", f"{_SCOPE}.force-ssl"})
_RANGE = re.compile(r"bytes (?:(?P<first>\d+)-(?P<last>\d+)|\*)/(?P<total>\d+|\*)")
_LATER = frozenset({Fault.JOB_FAILED, Fault.REFUSED_OUTPUT, Fault.FROZEN})
_WRITING = POSSIBLE["submit"] - LATER
_READING = POSSIBLE["health"] | {Fault.QUOTA}


@dataclass(slots=True)
class _Session:
    """One resumable upload: nothing exists on the channel until all of it has come."""

    upload_id: str
    kind: str
    body: Mapping[str, Any]
    total: int | None
    received: bytearray = field(default_factory=bytearray)
    made: dict[str, Any] | None = None


def _error(
    status: int, reason: str, words: str, *, domain: str = "youtube.video", headers: dict[str, str] | None = None
) -> Response:
    told = {"code": status, "message": words, "errors": [{"message": words, "domain": domain, "reason": reason}]}
    return JSONResponse({"error": told}, status, headers)


class YouTube(Simulator):
    """One channel, its videos and playlists, and the accounts that lead to it."""

    vendor: ClassVar[str] = "youtube"
    possible: ClassVar[Mapping[str, frozenset[Fault]]] = {
        **Accounts.possible,
        "session": _WRITING,
        "chunk": _WRITING | _LATER | {Fault.TRUNCATED, Fault.JOB_LOST},
        "progress": _READING | {Fault.JOB_LOST},
        "poll": _READING | {Fault.JOB_LOST},
        "lookup": _READING,
        "perform": _WRITING,
        "upload": _READING,
        "health": _READING,
    }
    operations: ClassVar[frozenset[str]] = frozenset(possible)

    def __init__(self, *, key: str = "simulated-key") -> None:
        super().__init__(key=key)
        self.accounts = Accounts(key=key)
        self.accounts.plan = self.plan
        self.has_channel = True
        self.playlists: dict[str, list[dict[str, Any]]] = {PLAYLIST: []}
        self.thumbnails: dict[str, bytes] = {}
        self.captions: dict[tuple[str, str, str], bytes] = {}
        """By video, language and name."""
        self._sessions: dict[str, _Session] = {}

    def knows(self, request: Request) -> bool:
        """An access token that was issued and has not run out."""
        return _token(request) in self.accounts.access

    def error(self, fault: Fault) -> Response:
        """Google's JSON errors: the ``reason`` is the code."""
        match fault:
            case Fault.AUTH:
                return _error(401, "authError", "Invalid Credentials", domain="global")
            case Fault.BAD_INPUT:
                return _error(400, "invalidTitle", "The request metadata specifies an invalid or empty video title.")
            case Fault.REFUSED_INPUT:
                return _error(400, "uploadLimitExceeded", "The user has exceeded the number of videos they may upload.")
            case Fault.QUOTA:
                return _error(403, "quotaExceeded", "You have exceeded your quota.", domain="youtube.quota")
            case Fault.THROTTLED:
                return _error(403, "rateLimitExceeded", "Rate Limit Exceeded", domain="usageLimits")
            case Fault.THROTTLED_HINT:
                wait = {"retry-after": str(HINT_SECONDS)}
                return _error(429, "rateLimitExceeded", "Rate Limit Exceeded", domain="usageLimits", headers=wait)
            case Fault.OVERLOADED:
                return _error(503, "backendError", "Service Unavailable", domain="global")
            case _:
                return _error(500, "backendError", "Backend Error", domain="global")

    def settings(self, address: str) -> dict[str, str]:
        """What export reads; an ``ENCRYPTION_KEY`` of its own it needs besides."""
        told = {f"YOUTUBE_{name}_BASE_URL": address for name in ("AUTH", "TOKEN", "API", "UPLOAD")}
        return {"YOUTUBE_CLIENT_ID": self.accounts.client_id, "YOUTUBE_CLIENT_SECRET": self.key, **told}

    def routes(self) -> list[Route]:
        """The API, the uploads and the accounts, on one address."""
        api, upload = "/youtube/v3", "/upload/youtube/v3"
        return [
            self.route(f"{api}/channels", "health", self._channels, methods=("GET",)),
            self.route(f"{api}/videos", "poll", self._videos, methods=("GET",)),
            self.route(f"{api}/playlistItems", "lookup", self._playlist_items, methods=("GET",)),
            self.route(f"{api}/playlistItems", "perform", self._add_to_playlist),
            self.route(f"{upload}/videos", "session", self._begin_video),
            self.route(f"{upload}/captions", "session", self._begin_captions),
            self.route(f"{upload}/thumbnails/set", "upload", self._set_thumbnail),
            *(self._sending(f"{upload}/{kind}") for kind in ("videos", "captions")),
            *self.accounts.routes(),
        ]

    def _sending(self, path: str) -> Route:
        """``PUT`` is a piece of the file or a question about it. The session's address is a key of its own."""
        piece = self.route(path, "chunk", self._receive, methods=("PUT",), open_=True)
        question = self.route(path, "progress", self._how_far, methods=("PUT",), open_=True)

        async def put(request: Request) -> Response:
            asks = request.headers.get("content-range", "").startswith("bytes */")
            answer: Response = await (question if asks else piece).endpoint(request)
            return answer

        return Route(path, put, methods=["PUT"])

    def expire_session(self, upload_id: str) -> None:
        """Forget a session, as happens about a week after it was begun; what it has made stays."""
        self._sessions.pop(upload_id, None)

    def inserted(self, tag: str) -> list[Entry]:
        """The videos accepted with this tag."""
        return [entry for entry in self.ledger.entries if tag in entry.body.get("snippet", {}).get("tags", ())]

    def _needs(self, request: Request, scopes: frozenset[str]) -> None:
        grant = self.accounts.access[_token(request)]
        if not grant.scopes & scopes:
            words = "Request had insufficient authentication scopes."
            raise Refusal(_error(403, "insufficientPermissions", words, domain="global"))

    async def _channels(self, request: Request, fault: Fault | None) -> Response:
        self._needs(request, _READS)
        _parts(request)
        if request.query_params.get("mine") != "true":
            return _error(400, "missingRequiredParameter", "No filter selected.", domain="youtube.parameter")
        channel = {
            "kind": "youtube#channel",
            "id": CHANNEL_ID,
            "snippet": {"title": "Simulated channel"},
            "contentDetails": {"relatedPlaylists": {"likes": "", "uploads": UPLOADS}},
        }
        items = {"items": [channel]} if self.has_channel else {}
        page = {"totalResults": int(self.has_channel), "resultsPerPage": 5}
        return JSONResponse({"kind": "youtube#channelListResponse", "pageInfo": page, **items})

    async def _begin_video(self, request: Request, fault: Fault | None) -> Response:
        self._needs(request, _UPLOADS)
        if not self.has_channel:
            return _error(401, "youtubeSignupRequired", "The user has no channel.", domain="youtube.header")
        if not {"snippet", "status"} & _parts(request):
            return _error(400, "unexpectedPart", "The part is not one of this resource.", domain="youtube.part")
        body = await json_object(request, _error(400, "parseError", "Parse Error", domain="global"))
        _check_video(body)
        return self._begun(request, "videos", body)

    async def _begin_captions(self, request: Request, fault: Fault | None) -> Response:
        self._needs(request, _CAPTIONS)
        _parts(request)
        body = await json_object(request, _error(400, "parseError", "Parse Error", domain="global"))
        track = body.get("snippet", {})
        if track.get("videoId") not in self.jobs:
            return _error(404, "videoNotFound", "The video could not be found.", domain="youtube.caption")
        if not track.get("language") or len(track.get("name", "")) > 150:
            return _error(400, "invalidMetadata", "The request contains invalid metadata.", domain="youtube.caption")
        self._no_such_captions(body)
        return self._begun(request, "captions", body)

    def _begun(self, request: Request, kind: str, body: dict[str, Any]) -> Response:
        if request.query_params.get("uploadType") != "resumable":
            return _error(400, "badRequest", "Only resumable uploads are taken here.", domain="global")
        size = request.headers.get("x-upload-content-length")
        if size is not None and not 0 < int(size) <= _MOST_BYTES:
            return _error(400, "mediaBodyRequired", "The request does not include the video content.")
        session = _Session(self.next_id("AsimulatedSession"), kind, body, int(size) if size is not None else None)
        self._sessions[session.upload_id] = session
        url = f"{request.url}&upload_id={session.upload_id}"
        return Response(status_code=200, headers={"location": url, "x-guploader-uploadid": session.upload_id})

    def _session(self, request: Request, fault: Fault | None) -> _Session:
        upload_id = request.query_params.get("upload_id", "")
        if fault is Fault.JOB_LOST:
            self.expire_session(upload_id)
        session = self._sessions.get(upload_id)
        if session is None:
            raise Refusal(Response("Not Found", 404, media_type="text/plain"))
        if "authorization" in request.headers and not self.knows(request):
            raise Refusal(self.error(Fault.AUTH))
        return session

    async def _how_far(self, request: Request, fault: Fault | None) -> Response:
        session = self._session(request, fault)
        return JSONResponse(session.made) if session.made is not None else _incomplete(session)

    async def _receive(self, request: Request, fault: Fault | None) -> Response:
        session = self._session(request, fault)
        if session.made is not None:
            return JSONResponse(session.made)
        data = await request.body()
        first, total = _placed(request, len(data), session)
        if fault is Fault.TRUNCATED:
            data = data[: len(data) // 2 // UNIT * UNIT]
        have = len(session.received)
        if first <= have:
            session.received += data[have - first :]
        if total is None or len(session.received) < total:
            return _incomplete(session)
        session.made = self._made(session, fault)
        return JSONResponse(session.made)

    def _made(self, session: _Session, fault: Fault | None) -> dict[str, Any]:
        """All bytes are here: this is the moment something comes to be."""
        if session.kind == "captions":
            self._no_such_captions(session.body)
            self.captions[_track_of(session.body)] = bytes(session.received)
        sha256 = hashlib.sha256(session.received).hexdigest()
        body = {**session.body, "size": len(session.received), "sha256": sha256}
        session.received = bytearray()
        if session.kind == "captions":
            caption_id = self.next_id("AUcaption")
            self.ledger.accept(Entry("caption", caption_id, session.upload_id, body))
            return {"kind": "youtube#caption", "id": caption_id, "snippet": dict(session.body["snippet"])}
        later = fault if fault in _LATER else None
        return _video(self.accept("insert", body, fault=later, key=session.upload_id, prefix="vid"))

    def _no_such_captions(self, body: Mapping[str, Any]) -> None:
        """A video has captions of one language and name once."""
        if _track_of(body) in self.captions:
            words = "The specified video already has a caption track with that name and language."
            raise Refusal(_error(409, "captionExists", words, domain="youtube.caption"))

    async def _videos(self, request: Request, fault: Fault | None) -> Response:
        self._needs(request, _READS)
        parts = _parts(request)
        wanted = [each for each in request.query_params.get("id", "").split(",") if each]
        if not wanted:
            return _error(400, "missingRequiredParameter", "No filter selected.", domain="youtube.parameter")
        jobs = [self.jobs[each] for each in wanted if each in self.jobs and fault is not Fault.JOB_LOST]
        if "processingDetails" in parts:
            for job in jobs:
                job.look()
        items = [_video(job) for job in jobs]
        page = {"totalResults": len(items), "resultsPerPage": len(items)}
        return JSONResponse({"kind": "youtube#videoListResponse", "items": items, "pageInfo": page})

    async def _playlist_items(self, request: Request, fault: Fault | None) -> Response:
        self._needs(request, _READS)
        _parts(request)
        playlist_id = request.query_params.get("playlistId", "")
        if playlist_id == UPLOADS:
            items = [_playlist_item(job.id, UPLOADS, job.id) for job in reversed(self.jobs.values())]
        elif playlist_id in self.playlists:
            items = self.playlists[playlist_id]
        else:
            return _error(404, "playlistNotFound", "The playlist cannot be found.", domain="youtube.playlistItem")
        if video_id := request.query_params.get("videoId"):
            items = [item for item in items if item["contentDetails"]["videoId"] == video_id]
        count = int(request.query_params.get("maxResults", 5))
        start = int(request.query_params.get("pageToken", 0))
        more = {"nextPageToken": str(start + count)} if len(items) > start + count else {}
        page = {"totalResults": len(items), "resultsPerPage": count}
        listed = {"items": items[start : start + count], "pageInfo": page, **more}
        return JSONResponse({"kind": "youtube#playlistItemListResponse", **listed})

    async def _add_to_playlist(self, request: Request, fault: Fault | None) -> Response:
        self._needs(request, _WRITES)
        _parts(request)
        body = await json_object(request, _error(400, "parseError", "Parse Error", domain="global"))
        snippet = body.get("snippet", {})
        playlist_id, video_id = snippet.get("playlistId"), snippet.get("resourceId", {}).get("videoId")
        if playlist_id not in self.playlists:
            return _error(404, "playlistNotFound", "The playlist cannot be found.", domain="youtube.playlistItem")
        if video_id not in self.jobs:
            return _error(404, "videoNotFound", "The video cannot be found.", domain="youtube.playlistItem")
        item = _playlist_item(self.next_id("UExpbGlzdA"), playlist_id, video_id)
        self.playlists[playlist_id].append(item)
        self.ledger.accept(Entry("playlist", item["id"], None, body))
        return JSONResponse(item)

    async def _set_thumbnail(self, request: Request, fault: Fault | None) -> Response:
        self._needs(request, _UPLOADS)
        video_id, data = request.query_params.get("videoId", ""), await request.body()
        if video_id not in self.jobs:
            return _error(404, "videoNotFound", "The video cannot be found.", domain="youtube.thumbnail")
        if not request.headers.get("content-type", "").startswith(("image/", "application/octet-stream")) or not data:
            return _error(400, "mediaBodyRequired", "The request does not include the image.")
        self.thumbnails[video_id] = data
        url = f"https://i.ytimg.com/vi/{video_id}/default.jpg"
        return JSONResponse({"kind": "youtube#thumbnailSetResponse", "items": [{"default": {"url": url}}]})


def _track_of(body: Mapping[str, Any]) -> tuple[str, str, str]:
    track = body["snippet"]
    return track["videoId"], track["language"], track.get("name", "")


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme == "Bearer" else ""


def _parts(request: Request) -> set[str]:
    """Google takes a comma-separated list and a repeated parameter alike."""
    parts = {part for value in request.query_params.getlist("part") for part in value.split(",") if part}
    if not parts:
        raise Refusal(_error(400, "missingRequiredParameter", "Missing: part", domain="youtube.parameter"))
    return parts


def _check_video(body: dict[str, Any]) -> None:
    snippet, status = body.get("snippet", {}), body.get("status", {})
    title, description, tags = snippet.get("title", ""), snippet.get("description", ""), snippet.get("tags", [])
    rules: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("invalidTitle", lambda: 0 < len(title) <= 100 and not set("<>") & set(title)),
        ("invalidDescription", lambda: len(description.encode()) <= 5000 and not set("<>") & set(description)),
        ("invalidTags", lambda: sum(len(tag) + 2 * (" " in tag) + 1 for tag in tags) <= 501),
        ("invalidCategoryId", lambda: str(snippet.get("categoryId", "22")).isdigit()),
        ("invalidVideoMetadata", lambda: status.get("privacyStatus", "public") in ("public", "unlisted", "private")),
    )
    for reason, holds in rules:
        if not holds():
            raise Refusal(_error(400, reason, "The request metadata is invalid."))


def _placed(request: Request, length: int, session: _Session) -> tuple[int, int | None]:
    """Where a piece of ``length`` bytes begins, and how long the whole is; raises :class:`Refusal` for nonsense."""
    wrong = Refusal(_error(400, "badContent", "Failed to parse Content-Range header.", domain="global"))
    given = request.headers.get("content-range")
    if given is None:
        return 0, length
    found = _RANGE.fullmatch(given)
    if found is None or found["first"] is None:
        raise wrong
    first, last = int(found["first"]), int(found["last"])
    total = int(found["total"]) if found["total"] != "*" else session.total
    if last - first + 1 != length or (total is not None and last >= total):
        raise wrong
    if session.total is not None and total != session.total:
        raise wrong
    if length % UNIT and (total is None or last + 1 < total):
        raise wrong
    return first, total


def _incomplete(session: _Session) -> Response:
    have = len(session.received)
    headers = {"range": f"bytes=0-{have - 1}"} if have else {}
    return Response(status_code=308, headers={"x-guploader-uploadid": session.upload_id, **headers})


def _video(job: Job) -> dict[str, Any]:
    snippet = {"channelId": CHANNEL_ID, "publishedAt": "2026-11-21T12:00:00Z", **job.body.get("snippet", {})}
    status: dict[str, Any] = {"uploadStatus": "uploaded", "privacyStatus": "public", **job.body.get("status", {})}
    details: dict[str, Any] = {"processingStatus": "processing"}
    match job.stage:
        case Stage.DONE:
            status["uploadStatus"], details["processingStatus"] = "processed", "succeeded"
        case Stage.FAILED:
            status |= {"uploadStatus": "failed", "failureReason": "conversion"}
            details = {"processingStatus": "failed", "processingFailureReason": "transcodeFailed"}
        case Stage.REFUSED:
            status |= {"uploadStatus": "rejected", "rejectionReason": "duplicate"}
            details["processingStatus"] = "terminated"
        case Stage.RUNNING:
            done = str(round(100 * job.progress))
            details["processingProgress"] = {"partsTotal": "100", "partsProcessed": done, "timeLeftMs": "1000"}
    parts = {"snippet": snippet, "status": status, "processingDetails": details}
    return {"kind": "youtube#video", "id": job.id, **parts}


def _playlist_item(item_id: str, playlist_id: str, video_id: str) -> dict[str, Any]:
    snippet = {"playlistId": playlist_id, "resourceId": {"kind": "youtube#video", "videoId": video_id}}
    return {"kind": "youtube#playlistItem", "id": item_id, "snippet": snippet, "contentDetails": {"videoId": video_id}}
