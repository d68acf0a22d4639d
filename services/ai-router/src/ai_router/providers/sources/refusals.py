"""Why a video is not to be had, in words and with a next step for each reason. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ai_router.providers.sources.port import Bounds, SourceRefused, SourceUnreachable
from chassis.http.videos import is_longer

_WORDS: Mapping[str, str] = {
    "SOURCE_PRIVATE": "This video is private. Ask its owner to make it public or unlisted, or upload the file itself.",
    "SOURCE_MEMBERS_ONLY": "This video is for paying members of its channel alone. Upload the file if it is yours.",
    "SOURCE_REMOVED": "This video is not there any more: it was removed, or its account was. Send another link.",
    "SOURCE_LIVE": "This is a live stream. Wait until it has ended and send the link of its recording.",
    "SOURCE_NOT_BEGUN": "This video has not begun yet. Send the same link when it has been shown.",
    "SOURCE_AGE_RESTRICTED": "YouTube shows this video to adults who are signed in alone. Upload the file "
    "if it is yours.",
    "SOURCE_REGION_BLOCKED": "This video may not be seen in the country this service is in. Upload the file if it is "
    "yours, or send another link.",
    "SOURCE_PROTECTED": "This video is copy-protected and cannot be fetched. Upload a file of your own.",
    "SOURCE_NO_VIDEO": "There is nothing at this link that can be fetched as a video. Upload the file instead.",
}

# In this order: what is private or age-restricted also asks to sign in.
_SAID: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(words, re.IGNORECASE), code)
    for words, code in (
        (r"private video|video is private", "SOURCE_PRIVATE"),
        (r"members[- ]only|join this channel|requires payment|premium members", "SOURCE_MEMBERS_ONLY"),
        (r"confirm your age|age[- ]restricted|inappropriate for some users", "SOURCE_AGE_RESTRICTED"),
        (
            r"available (in|from) your (country|location|region)|blocked it in your country|geo[- ]?restrict",
            "SOURCE_REGION_BLOCKED",
        ),
        (r"live event will begin|premieres? (in|will)|is offline|not started", "SOURCE_NOT_BEGUN"),
        (r"drm", "SOURCE_PROTECTED"),
        (
            r"has been removed|no longer available|been terminated|does not exist|video unavailable|is not available$",
            "SOURCE_REMOVED",
        ),
        (r"requested format is not available|no video formats", "SOURCE_NO_VIDEO"),
    )
)


def refused(code: str, operators: str = "") -> SourceRefused:
    """The refusal that ``code`` stands for."""
    return SourceRefused(operators or code, code=code, advice=_WORDS[code])


def of_message(said: str) -> SourceRefused | SourceUnreachable:
    """What the source's own words mean. What is not known to be for good may work later."""
    for words, code in _SAID:
        if words.search(said):
            return refused(code, said[:300])
    return SourceUnreachable(said[:300])


def check(about: Mapping[str, Any], bounds: Bounds) -> None:
    """Whether what the source tells of a video may be brought here; raises :class:`SourceRefused`."""
    state = about.get("live_status")
    if about.get("is_live") or state in ("is_live", "post_live"):
        raise refused("SOURCE_LIVE")
    if state == "is_upcoming":
        raise refused("SOURCE_NOT_BEGUN")
    match about.get("availability"):
        case "private":
            raise refused("SOURCE_PRIVATE")
        case "subscriber_only" | "premium_only":
            raise refused("SOURCE_MEMBERS_ONLY")
    seconds = about.get("duration")
    if not isinstance(seconds, int | float) or seconds <= 0:
        raise refused("SOURCE_NO_VIDEO", "the source does not say how long it is")
    if seconds > bounds.max_seconds:
        raise longer(bounds, seconds)
    if bounds.ends_s is not None and is_longer(bounds.ends_s, seconds):
        raise SourceRefused(
            f"{bounds.ends_s} s is behind its end at {seconds} s",
            code="BAD_TIME",
            advice=f"This video is {_minutes(seconds)} long. End the part at {_clock(seconds)} or earlier.",
        )
    size = about.get("filesize") or about.get("filesize_approx")
    if isinstance(size, int | float) and size > bounds.max_bytes:
        raise too_large(bounds)


def longer(bounds: Bounds, seconds: float | None = None) -> SourceRefused:
    """It is longer than its owner's plan takes."""
    is_long = f"is {_minutes(seconds)} long" if seconds is not None else "is longer than its page says"
    return SourceRefused(
        f"{is_long}; {bounds.max_seconds:.0f} s are allowed",
        code="SOURCE_TOO_LONG",
        advice=f"This video {is_long}, and your plan takes {_minutes(bounds.max_seconds)}. "
        "Choose a larger plan or a shorter video.",
    )


def too_large(bounds: Bounds) -> SourceRefused:
    """It has more bytes than are taken."""
    return SourceRefused(
        f"more than {bounds.max_bytes} bytes",
        code="SOURCE_TOO_LARGE",
        advice=f"This video has more than {bounds.max_bytes >> 20} MB. Send a shorter one.",
    )


def _minutes(seconds: float) -> str:
    return f"{_clock(seconds)} {'hours' if seconds >= 3600 else 'minutes'}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
