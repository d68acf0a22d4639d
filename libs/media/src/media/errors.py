"""What can be wrong with a medium, and whether another try can help.

MediaError
├── BadMedia            the input itself is refused: a caller shows `message` and `advice` to the person
│   ├── UnknownFormat   not one of the formats we accept, whatever the name says
│   ├── TooLarge        bytes, pixels, seconds, frames or tracks over a limit
│   ├── Corrupt         the right format, but it does not decode
│   └── NotUsable       decodes, but cannot serve the purpose (no face, no sound, ...)
├── ResourceExceeded    the work hit its memory or time limit; a smaller request may pass
└── EngineFailed        our side failed (library missing, encoder refused); trying again may help
    └── NotConfigured   a file or package that we were told to use is missing or unfit; an operator has to act
"""

from __future__ import annotations


class MediaError(Exception):
    """Root of this library's errors. ``code`` is stable and machine-readable, ``advice`` is for a person."""

    code = "MEDIA_ERROR"
    retryable = False

    def __init__(self, message: str, *, code: str | None = None, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        if code is not None:
            self.code = code

    def __reduce__(self) -> tuple[object, ...]:
        """Survive pickling between worker processes with every field."""
        return (_rebuild, (type(self), self.message, self.code, self.advice))


def _rebuild(kind: type[MediaError], message: str, code: str, advice: str) -> MediaError:
    return kind(message, code=code, advice=advice)


class BadMedia(MediaError):
    """The input is refused. Sending the same bytes again will not help."""

    code = "BAD_MEDIA"


class UnknownFormat(BadMedia):
    """Not one of the accepted formats, judged by content."""

    code = "UNKNOWN_FORMAT"


class TooLarge(BadMedia):
    """Over a limit of bytes, pixels, seconds, frames or tracks; judged before memory is allocated."""

    code = "TOO_LARGE"


class Corrupt(BadMedia):
    """Claims an accepted format but does not decode."""

    code = "CORRUPT"


class NotUsable(BadMedia):
    """Decodes, but cannot serve the purpose: no face, no sound, an empty script."""

    code = "NOT_USABLE"


class ResourceExceeded(MediaError):
    """The work was stopped at its memory or time limit."""

    code = "RESOURCE_EXCEEDED"
    retryable = True


class EngineFailed(MediaError):
    """A library or encoder on our side failed."""

    code = "ENGINE_FAILED"
    retryable = True


class NotConfigured(EngineFailed):
    """What this installation was told to use is missing or unfit. Trying again is no help: an operator has to act."""

    code = "NOT_CONFIGURED"
    retryable = False
