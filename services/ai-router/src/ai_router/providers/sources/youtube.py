"""YouTube, through yt-dlp. Runs in a worker process: it blocks, and is ended from outside when it takes too long."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ai_router.providers.sources import refusals
from ai_router.providers.sources.port import Bounds, Found, SourceRefused, SourceUnreachable
from ai_router.providers.sources.walls import ForbiddenAddress, walls
from chassis.http.videos import NotAVideoLink, canonical

ONE_FORMAT = "b[height<=1080][ext=mp4]/b[height<=1080]/b"
"""One file with pictures and sound, no larger than a clip needs; two to be joined would need a program of others."""
_SOCKET_S = 20
_RETRIES = 2


class YouTube:
    """Satisfies ``Source``."""

    def look(self, link: str, bounds: Bounds) -> Found:
        """See ``Source``."""
        with _opened(bounds) as library:
            return _found(_about(library, link, bounds))

    def fetch(self, link: str, folder: Path, bounds: Bounds, progress: Callable[[float], None]) -> tuple[Found, Path]:
        """See ``Source``."""

        def heard(news: Mapping[str, Any]) -> None:
            got = int(news.get("downloaded_bytes") or 0)
            whole = news.get("total_bytes") or news.get("total_bytes_estimate")
            if max(got, int(news.get("total_bytes") or 0)) > bounds.max_bytes:
                raise refusals.too_large(bounds)
            if whole:
                progress(min(1.0, got / whole))

        with _opened(bounds, folder, heard) as library:
            about = _about(library, link, bounds)
            library.process_info(about)
            files = [file for file in folder.iterdir() if file.is_file() and file.stat().st_size]
            if len(files) != 1:
                raise SourceUnreachable(f"{len(files)} files came")
            return _found(about), files[0]


def _about(library: Any, link: str, bounds: Bounds) -> dict[str, Any]:
    try:
        # Told again from the link here: this is where it is followed.
        address = canonical(link)
    except NotAVideoLink as wrong:
        raise SourceRefused(str(wrong), code="SOURCE_NOT_ALLOWED", advice=str(wrong)) from wrong
    about: dict[str, Any] = library.extract_info(address, download=False)
    refusals.check(about, bounds)
    return about


def _found(about: Mapping[str, Any]) -> Found:
    uploader = about.get("uploader")
    return Found(
        str(about["id"]),
        str(about.get("title") or about["id"])[:255],
        float(about["duration"]),
        None if uploader is None else str(uploader)[:255],
    )


@contextmanager
def _opened(
    bounds: Bounds, folder: Path | None = None, heard: Callable[[Mapping[str, Any]], None] | None = None
) -> Iterator[Any]:
    """The library, set for one video; what it raises inside comes out in our words."""
    from yt_dlp import YoutubeDL
    from yt_dlp.globals import plugin_dirs
    from yt_dlp.utils import GeoRestrictedError, YoutubeDLError

    # Nothing that lies about in a home or a package of others changes what the library does.
    plugin_dirs.value = ["default"] if bounds.simulator is not None else []
    options: dict[str, Any] = {
        "quiet": True,
        "no_warnings": True,
        "noprogress": True,
        "logger": _Silent(),
        "noplaylist": True,
        "allowed_extractors": ["^youtube$"],
        "format": ONE_FORMAT,
        "cachedir": False,
        "socket_timeout": _SOCKET_S,
        "retries": _RETRIES,
        "fragment_retries": _RETRIES,
        "extractor_retries": 1,
        "nopart": True,
        "updatetime": False,
        "outtmpl": "source.%(ext)s",
        # Proxies of the environment would see every video that anybody fetches.
        "proxy": "",
    }
    if bounds.simulator is not None:
        options["extractor_args"] = {"youtube": {"simulator": [bounds.simulator]}}
    if folder is not None:
        options |= {"paths": {"home": str(folder)}, "progress_hooks": [heard]}
    try:
        with walls(bounds.max_bytes, bounds.simulator), YoutubeDL(options) as library:
            yield library
    except (SourceRefused, SourceUnreachable):
        raise
    except YoutubeDLError as error:
        raise _meant(error, bounds, GeoRestrictedError) from None
    except OSError as error:
        raise SourceUnreachable(f"{type(error).__name__}: {error}"[:300]) from None


def _meant(error: Exception, bounds: Bounds, blocked: type[Exception]) -> SourceRefused | SourceUnreachable:
    """What the library's error means; it keeps what it was caused by."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, SourceRefused | SourceUnreachable):
            return cause
        if isinstance(cause, ForbiddenAddress):
            return SourceRefused(
                str(cause), code="SOURCE_NOT_ALLOWED", advice="This link leads where nothing is fetched from."
            )
        if isinstance(cause, blocked):
            return refusals.refused("SOURCE_REGION_BLOCKED", str(cause)[:300])
    said = str(error)
    if "File too large" in said:
        return refusals.too_large(bounds)
    return refusals.of_message(said)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__, getattr(one, "cause", None)]
        held = getattr(one, "exc_info", None)
        if isinstance(held, tuple) and len(held) == 3:
            waiting.append(held[1])


class _Silent:
    """The library's words are for whoever sits before it; what went wrong is raised."""

    def debug(self, _: str) -> None:
        """Nothing."""

    info = warning = error = debug
