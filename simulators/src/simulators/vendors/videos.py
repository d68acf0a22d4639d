"""A site of videos on this machine, in YouTube's place: what a video is, and its file.

YouTube's own pages are no documented protocol, and change monthly; yt-dlp keeps up with them, and this does not try to.
Here yt-dlp itself runs, with the extractor plugin of ``yt_dlp_plugins``: choosing a format, downloading, and what its
errors look like are the real library's. The sentences of ``SAID`` are those that it raises for YouTube's answers.

Faults: ``look`` is the question what a video is, ``download`` its bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from simulators.core import media
from simulators.core.base import Dropped, Hung, Simulator
from simulators.core.faults import POSSIBLE, Fault

State = Literal["public", "private", "members", "removed", "live", "upcoming", "age", "region", "bot"]

SAID: Mapping[State, str] = {
    "private": "Private video. Sign in if you've been granted access to this video",
    "members": "Join this channel to get access to members-only content like this video, and other exclusive perks.",
    "removed": "Video unavailable. This video has been removed by the uploader",
    "upcoming": "This live event will begin in 3 hours.",
    "age": "Sign in to confirm your age. This video may be inappropriate for some users.",
    "region": "The uploader has not made this video available in your country",
    "bot": "Sign in to confirm you\u2019re not a bot.",
}
_READS = POSSIBLE["poll"] - {Fault.JOB_LOST}


@dataclass(frozen=True, slots=True)
class Video:
    """One video. Without a ``path`` it is drawn, small and with a tone. ``size``: what is said of its bytes."""

    title: str
    seconds: float
    state: State = "public"
    path: Path | None = None
    size: int | None = None


STARTING: Mapping[str, Video] = {
    "fourminutes": Video("Four minutes", 240.0),
    "sixminutes0": Video("Six minutes", 360.0),
    "twentyfive0": Video("Twenty-five minutes", 1500.0),
    "threehours0": Video("Three hours", 10_800.0),
    "private0000": Video("A private one", 60.0, "private"),
    "members0000": Video("For members", 60.0, "members"),
    "removed0000": Video("A removed one", 60.0, "removed"),
    "livestream0": Video("A live one", 60.0, "live"),
    "upcoming000": Video("One to come", 60.0, "upcoming"),
    "agelimited0": Video("For adults", 60.0, "age"),
    "regionlock0": Video("For another country", 60.0, "region"),
    "notabot0000": Video("For people", 60.0, "bot"),
}


class Videos(Simulator):
    """Videos by their ids of eleven signs; ``videos`` can be added to, and over ``/__simulator__/videos``."""

    vendor: ClassVar[str] = "videos"
    possible: ClassVar[Mapping[str, frozenset[Fault]]] = {
        "look": _READS,
        "download": POSSIBLE["download"] | {Fault.HANG_AFTER},
    }
    operations: ClassVar[frozenset[str]] = frozenset(possible)

    def __init__(self, *, key: str = "simulated-key") -> None:
        super().__init__(key=key)
        self.videos: dict[str, Video] = dict(STARTING)
        self.served: list[str] = []
        """Ids whose bytes were asked for, in order."""

    def settings(self, address: str) -> dict[str, str]:
        """See ``Simulator``."""
        return {"SOURCE_SIMULATOR": address}

    def knows(self, request: Request) -> bool:
        """Anybody may look."""
        return True

    def error(self, fault: Fault) -> Response:
        """A page with a status."""
        status = {Fault.THROTTLED: 429, Fault.THROTTLED_HINT: 429, Fault.OVERLOADED: 503}.get(fault, 500)
        return Response(media.HTML, status, media_type="text/html")

    def routes(self) -> list[Route]:
        """See ``Simulator``."""
        return [
            self.route("/watch", "look", self._look, methods=("GET",), open_=True),
            Route("/videos/{name}", self._file),
            Route("/__simulator__/videos", self._add, methods=["POST"]),
        ]

    async def _look(self, request: Request, _: Fault | None) -> Response:
        """What the plugin reads: an error sentence, or what yt-dlp calls an info dict."""
        video_id = request.query_params.get("v", "")
        video = self.videos.get(video_id)
        if video is None:
            return JSONResponse({"error": "Video unavailable"})
        if (said := SAID.get(video.state)) is not None:
            return JSONResponse({"error": said, "region": video.state == "region"})
        base = f"{request.url.scheme}://{request.url.netloc}"
        form = {
            "format_id": "18",
            "url": f"{base}/videos/{video_id}.mp4",
            "ext": "mp4",
            "width": 320,
            "height": 180,
            "vcodec": "avc1.42001E",
            "acodec": "mp4a.40.2",
            **({"filesize": video.size} if video.size else {}),
        }
        live = video.state == "live"
        about = {
            "id": video_id,
            "title": video.title,
            "uploader": "Somebody",
            "duration": video.seconds,
            "is_live": live,
            "live_status": "is_live" if live else "not_live",
            "availability": "public",
            "formats": [form],
        }
        return JSONResponse({"info": about})

    async def _file(self, request: Request) -> Response:
        video_id = request.path_params["name"].removesuffix(".mp4")
        video = self.videos.get(video_id)
        if video is None:
            return Response(status_code=404)
        self.served.append(video_id)
        match self.plan.draw("download"):
            case Fault.SERVER_ERROR:
                return Response(status_code=503)
            case Fault.LINK_EXPIRED:
                return Response(status_code=403)
            case Fault.HANG_BEFORE:
                return Hung()
            case Fault.HANG_AFTER:
                return _Stopping(_bytes(video))
            case Fault.DROP_AFTER:
                return Dropped()
            case Fault.WRONG_MEDIA:
                return Response(media.HTML, media_type="text/html")
            case Fault.TRUNCATED:
                return Response(media.cut(_bytes(video)), media_type="video/mp4")
        if video.path is not None:
            return FileResponse(video.path, media_type="video/mp4")
        return Response(_bytes(video), media_type="video/mp4")

    async def _add(self, request: Request) -> Response:
        """``{"id": ..., "title": ..., "seconds": ..., "state": ..., "path": ...}``."""
        wanted = json.loads(await request.body())
        path = wanted.get("path")
        self.videos[wanted["id"]] = Video(
            wanted.get("title", "A video"),
            float(wanted["seconds"]),
            wanted.get("state", "public"),
            None if path is None else Path(path),
            wanted.get("size"),
        )
        return Response(status_code=204)


class _Stopping(Response):
    """A file of which half comes, and then nothing more, for as long as somebody waits."""

    def __init__(self, data: bytes) -> None:
        super().__init__(media_type="video/mp4")
        self._data = data

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send half, then wait for the caller to leave."""
        length = str(len(self._data)).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
        await send({"type": "http.response.body", "body": self._data[: len(self._data) // 2], "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass


def _bytes(video: Video) -> bytes:
    return video.path.read_bytes() if video.path is not None else media.film(video.seconds)
