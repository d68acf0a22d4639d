"""Why an order of a video is not accepted, and what the caller is told."""

from __future__ import annotations

from chassis.errors import Invalid, NotFound, PaymentNeeded


class SourceNotUsable(Invalid):
    """The link leads to no video that is taken, or the upload is no video of yours that can be used."""

    code = "source_not_usable"


class BadTimes(Invalid):
    """The part does not begin before it ends, or is not within the video."""

    code = "times_not_usable"


class ClipNotFound(NotFound):
    """The workflow found no moment of that number; the fields say how many there are."""

    code = "clip_not_found"


class BadEdit(Invalid):
    """The edit list would be none that can be played; the message says what to change."""

    code = "edit_not_usable"


class VideoTooLong(PaymentNeeded):
    """The video is longer than the plan takes; the details name the plans that take it."""

    code = "video_too_long"
