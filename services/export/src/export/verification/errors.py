"""What can be wrong with a file that is to be verified."""

from __future__ import annotations

from chassis.errors import BadRequest, Invalid, NotFound, RateLimited, TooLarge, Unavailable


class NothingToVerify(BadRequest):
    """The request is no form with either a ``file`` or a ``file_id``."""

    code = "nothing_to_verify"


class FileToVerifyNotFound(NotFound):
    """There is no such file, or it belongs to someone else, or it has not been found clean."""

    code = "file_not_found"


class TooLargeToVerify(TooLarge):
    """The file is larger than what is looked at: 50 MB in a request, 200 MB of a file that was uploaded before."""

    code = "too_large_to_verify"


class NotVerifiable(Invalid):
    """The file is no picture or video that can be opened, or it takes too much to open it."""

    code = "not_verifiable"


class VerificationUnderWay(RateLimited):
    """A file of yours is being looked at; send the next one when it is done."""

    code = "verification_under_way"


class VerificationBusy(Unavailable):
    """Too many files are being looked at; trying again can help."""

    code = "verification_busy"
