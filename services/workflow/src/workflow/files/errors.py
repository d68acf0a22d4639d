"""What can be wrong with an upload, and what the caller is told."""

from __future__ import annotations

from chassis.errors import (
    BadRequest,
    Invalid,
    NotFound,
    PaymentNeeded,
    RateLimited,
    TooLarge,
    Unavailable,
    WrongMediaType,
)


class FileNotFound(NotFound):
    """There is no such file, or it belongs to someone else."""

    code = "file_not_found"


class NoFile(BadRequest):
    """The request is not a multipart form with one part named ``file``."""

    code = "no_file"


class FileTooLarge(TooLarge):
    """The file is too large: 50 MB for a photo and for one request, for sound and video what the plan allows and what
    can be looked through for viruses.
    """

    code = "file_too_large"


class FormatNotAccepted(WrongMediaType):
    """The content is none of the accepted formats, whatever its name says."""

    code = "format_not_accepted"


class ImageRefused(Invalid):
    """The photo has too many pixels or does not decode, or the sound or video cannot be played."""

    code = "image_refused"


class FileInfected(Invalid):
    """The scanner found something in the file; it is kept away from everything."""

    code = "file_infected"


class InspectionBusy(Unavailable):
    """The photo could not be looked at in time; trying again can help."""

    code = "inspection_busy"


class UploadsUnderWay(RateLimited):
    """As many of your uploads as may be are under way; send the next one when one of them is done."""

    code = "uploads_under_way"


class StorageFull(PaymentNeeded):
    """The plan's room for files is used up; deleting some or a larger plan makes room."""

    code = "storage_full"
