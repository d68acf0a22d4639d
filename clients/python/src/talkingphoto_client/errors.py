"""What can go wrong, and what to do next.

::

    TalkingPhotoError
    +-- ApiError: the platform said no        +-- WorkFailed: a run or a job ended without its result
    |   +-- NotAuthenticated 401              +-- TookTooLong: it goes on, and was waited for long enough
    |   +-- PaymentNeeded 402                 +-- Unreachable: nothing answered, or no platform did
    |   +-- NotAllowed 403                    +-- BadDownload: a file that is not the one that was made
    |   +-- NotFound 404, Conflict 409, Invalid 422, RateLimited 429, Unavailable 503
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class TalkingPhotoError(Exception):
    """Everything that this client raises by itself."""

    next_step: str = "Look at the message."


class ApiError(TalkingPhotoError):
    """The platform said no. ``code`` is stable, the message is for people, ``request_id`` is what to quote."""

    next_step = "Read the message; it says what is wrong."

    def __init__(self, status: int, error: Mapping[str, Any], *, retry_after_s: float | None = None) -> None:
        self.status = status
        self.code: str = error.get("code") or f"http_{status}"
        self.message: str = error.get("message") or f"The platform answered {status}."
        self.fields: dict[str, str] = error.get("fields") or {}
        self.details: dict[str, Any] = error.get("details") or {}
        self.request_id: str | None = error.get("request_id")
        self.retry_after_s = retry_after_s
        wrong = "".join(f" {name}: {why}" for name, why in self.fields.items())
        quoted = f" (request {self.request_id})" if self.request_id else ""
        super().__init__(f"{self.code}: {self.message}{wrong}{quoted}")


class NotAuthenticated(ApiError):
    """401: nobody is known by this key or session."""

    next_step = "Pass a key that has not been revoked as api_key, or log in again."


class PaymentNeeded(ApiError):
    """402: credits, quota or plan do not cover it."""

    next_step = "Buy credits or another plan, or raise the key's daily credits."


class NotAllowed(ApiError):
    """403: this account, or this key, may not do that."""

    next_step = "Use a key that has the scope which the message names."


class NotFound(ApiError):
    """404: there is no such thing, or it is somebody else's."""

    next_step = "Check the id, and whose key this is."


class Conflict(ApiError):
    """409: not in the present state."""

    next_step = "Read it again; its state has changed."


class Invalid(ApiError):
    """422: the input breaks a rule; ``fields`` says which."""

    next_step = "Correct the fields that are named."


class RateLimited(ApiError):
    """429: too many requests, more than the client was patient for."""

    next_step = "Wait for retry_after_s seconds."


class Unavailable(ApiError):
    """503 or 504: something that is needed does not answer."""

    next_step = "Try again later; the same idempotency_key does nothing twice."


class WorkFailed(TalkingPhotoError):
    """A run or a job has ended as ``failed`` or ``cancelled``. ``code`` says why, ``retryable`` whether it may help to
    try again; what was held for it has been given back."""

    next_step = "Change what the message names; where retryable is true, retry() may help."

    def __init__(self, id: str, state: str, *, code: str | None, message: str | None, retryable: bool) -> None:
        self.id, self.state, self.code, self.retryable = id, state, code or state, retryable
        super().__init__(f"{self.code}: {message or f'It was {state}.'} ({id})")


class TookTooLong(TalkingPhotoError):
    """It has not ended in the time it was given. It goes on; wait again, or cancel it."""

    next_step = "Wait again; nothing was lost."


class Unreachable(TalkingPhotoError):
    """Nothing answers at the address, or something that is no platform."""

    next_step = "Check the address, and that the platform runs (talkingphoto doctor)."


class BadDownload(TalkingPhotoError):
    """What arrived has another SHA-256 than what was made; nothing was written."""

    next_step = "Download it again."


BY_STATUS: Mapping[int, type[ApiError]] = {
    401: NotAuthenticated,
    402: PaymentNeeded,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    422: Invalid,
    429: RateLimited,
    503: Unavailable,
    504: Unavailable,
}
"""Others are plain :class:`ApiError`."""
