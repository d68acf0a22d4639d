"""Which videos are worked on, by what is known before they are here. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from chassis.http.videos import NotAVideoLink, canonical, is_longer, too_long
from contracts.objects import StoredObject
from workflow.accounts.entitlement import Entitlement
from workflow.clips.errors import BadTimes, SourceNotUsable, VideoTooLong
from workflow.clips.repository import Upload
from workflow.clips.schemas import LONGEST_S, SourcedIn
from workflow.runs.errors import FileWaits


@dataclass(frozen=True, slots=True)
class Source:
    """A video that may be worked on: an address, or an upload with its length."""

    name: str
    max_seconds: float
    url: str | None = None
    video: StoredObject | None = None
    seconds: float | None = None


def source_of(body: SourcedIn, upload: Upload | None, entitlement: Entitlement | None) -> Source:
    """The video that an order names; raises ``SourceNotUsable``, ``FileWaits``, ``VideoTooLong`` (WFL-36, WFL-38).

    How long a link's video is is found out before anything of it is brought.
    """
    allowed = entitlement.max_video_seconds if entitlement is not None else None
    # Where the copy does not know the plan yet, billing decides before anything is brought.
    most = float(min(allowed or LONGEST_S, LONGEST_S))
    if body.url is not None:
        try:
            return Source("Video", most, url=canonical(body.url))
        except NotAVideoLink as wrong:
            raise SourceNotUsable(str(wrong), fields={"url": str(wrong)}) from wrong
    if upload is None:
        raise SourceNotUsable("There is no such file. Upload the video first.", fields={"file_id": "not found"})
    if not upload.is_clean:
        raise SourceNotUsable("This file has not been found clean.", fields={"file_id": "not scanned clean"})
    if not upload.is_video or upload.seconds is None:
        raise SourceNotUsable("This file is no video. Upload an MP4, MOV or WebM.", fields={"file_id": "not a video"})
    if not upload.is_here:
        raise FileWaits("The video is still on its way into our store. Order again in a minute.", retry_after_s=30)
    if is_longer(upload.seconds, most):
        raise _too_long(upload.seconds, most, entitlement)
    return Source(upload.name, most, video=upload.stored, seconds=upload.seconds)


def check_times(start: float, end: float, source: Source) -> None:
    """Whether a part lies within the video, as far as its length is known; raises ``BadTimes``."""
    if source.seconds is not None and is_longer(end, source.seconds):
        raise BadTimes(
            f"The video is {source.seconds:.1f} s long. End the part there or earlier.",
            fields={"end": f"at most {source.seconds:.1f}"},
            details={"duration": source.seconds},
        )


def _too_long(seconds: float, most: float, entitlement: Entitlement | None) -> VideoTooLong:
    plan = entitlement.plan if entitlement is not None else "present"
    return VideoTooLong(
        too_long(seconds, most, plan),
        details={
            "seconds": seconds,
            "limit": most,
            "plan": plan,
            "upgrade_to": list(entitlement.longer_with) if entitlement is not None else [],
        },
    )
