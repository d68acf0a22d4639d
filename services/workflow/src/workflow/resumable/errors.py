"""What can be wrong with a resumable upload, and what the caller is told."""

from __future__ import annotations

from chassis.errors import BadRequest, Conflict, Gone, Locked, NotFound, ServiceError, WrongMediaType


class UploadNotFound(NotFound):
    """There is no such upload, or it belongs to someone else."""

    code = "upload_not_found"


class UploadExpired(Gone):
    """The upload was not finished in its time; begin another."""

    code = "upload_expired"


class BadUpload(BadRequest):
    """A header of the upload cannot be understood; the fields say which."""

    code = "bad_upload"


class OffsetConflict(Conflict):
    """These bytes do not follow those that are here; ask with HEAD where to go on."""

    code = "offset_conflict"


class NotAnUpload(WrongMediaType):
    """Bytes of an upload are sent as application/offset+octet-stream."""

    code = "not_an_upload"


class UploadBusy(Locked):
    """All of it is here and being looked at; ask again in a moment."""

    code = "upload_busy"
    retryable = True


class OtherVersion(ServiceError):
    """This server speaks version 1.0.0 of the tus protocol."""

    status = 412
    code = "tus_version"


class ChecksumDiffers(ServiceError):
    """What arrived is not what was sent: the checksum differs. Nothing of it was kept; send it again."""

    status = 460
    code = "checksum_differs"
    retryable = True
