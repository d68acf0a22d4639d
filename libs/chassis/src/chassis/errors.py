"""What goes wrong, whether trying again can help, and what the caller sees.

::

    ServiceError 500
    +-- BadRequest 400         +-- NotFound 404         +-- Invalid 422
    +-- NotAuthenticated 401   +-- Conflict 409         +-- Locked 423
    +-- PaymentNeeded 402      +-- Gone 410             +-- RateLimited 429
    +-- NotAllowed 403         +-- TooLarge 413         +-- Unavailable 503
                               +-- WrongMediaType 415   +-- NoAnswer 504

Services subclass these with their own ``code`` and say in the docstring's first line what the caller is told in the
API documentation. ``chassis.http.problems`` renders them, all with one body (PLT-17, PLT-18).
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue


class ServiceError(Exception):
    """Something failed inside; nothing about it is the caller's doing.

    ``message`` is shown to people and says what to do next; ``fields`` names what is wrong with which input;
    ``details`` are machine-readable facts; ``retry_after_s`` is when trying again may help. ``headers`` are added to
    the answer.
    """

    status: int = 500
    code: str = "internal_error"
    retryable: bool = False
    standing_headers: ClassVar[Mapping[str, str]] = {}

    def __init__(
        self,
        message: str,
        *,
        fields: Mapping[str, str] | None = None,
        details: Mapping[str, JsonValue] | None = None,
        retry_after_s: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.fields = dict(fields) if fields else None
        self.details = dict(details) if details else None
        self.retry_after_s = retry_after_s
        self.headers = {**self.standing_headers, **(headers or {})}
        if retry_after_s is not None:
            # A whole number of seconds, rounded up: a client that obeys must not come too early.
            self.headers.setdefault("Retry-After", str(max(1, math.ceil(retry_after_s))))


class BadRequest(ServiceError):
    """The request cannot be understood."""

    status = 400
    code = "bad_request"


class NotAuthenticated(ServiceError):
    """Say who you are: send a valid access token."""

    status = 401
    code = "not_authenticated"
    standing_headers = {"WWW-Authenticate": "Bearer"}


class PaymentNeeded(ServiceError):
    """Credits, quota or plan do not cover this. Adding some will help."""

    status = 402
    code = "payment_needed"


class NotAllowed(ServiceError):
    """This account may not do that."""

    status = 403
    code = "not_allowed"


class NotFound(ServiceError):
    """There is no such thing, or it belongs to someone else."""

    status = 404
    code = "not_found"


class Conflict(ServiceError):
    """The present state does not permit this."""

    status = 409
    code = "conflict"


class Gone(ServiceError):
    """It was here and has expired."""

    status = 410
    code = "gone"


class TooLarge(ServiceError):
    """The content is larger than the limit."""

    status = 413
    code = "too_large"


class WrongMediaType(ServiceError):
    """This kind of content is not accepted here."""

    status = 415
    code = "wrong_media_type"


class Invalid(ServiceError):
    """The input breaks a rule; the fields say which."""

    status = 422
    code = "invalid"


class Locked(ServiceError):
    """The account is locked for a while."""

    status = 423
    code = "locked"


class RateLimited(ServiceError):
    """Too many requests; wait as long as ``Retry-After`` says."""

    status = 429
    code = "rate_limited"
    retryable = True


class Unavailable(ServiceError):
    """Something this needs does not answer at the moment; trying again later can help."""

    status = 503
    code = "unavailable"
    retryable = True


class NoAnswer(ServiceError):
    """Something this needs took too long to answer, and may have done its part; look before trying again."""

    status = 504
    code = "no_answer"
    retryable = True


BY_STATUS: Mapping[int, type[ServiceError]] = {
    error.status: error
    for error in (
        BadRequest,
        NotAuthenticated,
        PaymentNeeded,
        NotAllowed,
        NotFound,
        Conflict,
        Gone,
        TooLarge,
        WrongMediaType,
        Invalid,
        Locked,
        RateLimited,
        Unavailable,
        NoAnswer,
    )
}
"""The plain error of each status, for answers that come from elsewhere."""


class ErrorDetail(BaseModel):
    """What went wrong."""

    model_config = ConfigDict(frozen=True)

    code: str = Field(description="Stable and machine-readable.")
    message: str = Field(description="For people; says what to do next.")
    fields: dict[str, str] | None = Field(default=None, description="What is wrong with which input.")
    details: dict[str, JsonValue] | None = Field(default=None, description="Machine-readable facts.")
    request_id: str = Field(description="Quote it when you ask for help.")
    trace_id: str | None = Field(default=None, description="The trace this request belongs to.")


class ErrorBody(BaseModel):
    """The body of every answer with a status of 400 or more."""

    model_config = ConfigDict(frozen=True)

    error: ErrorDetail = Field(description="What went wrong.")


def documented(*errors: type[ServiceError]) -> dict[int | str, dict[str, Any]]:
    """FastAPI ``responses`` for an endpoint that can fail with ``errors``, with one example for each code."""
    responses: dict[int | str, dict[str, Any]] = {}
    for error in errors:
        summary = (inspect.getdoc(error) or error.code).split("\n", 1)[0]
        entry = responses.setdefault(
            error.status,
            {
                "model": ErrorBody,
                "description": HTTPStatus(error.status).phrase,
                "content": {"application/json": {"examples": {}}},
            },
        )
        entry["content"]["application/json"]["examples"][error.code] = {
            "summary": summary,
            "value": {
                "error": {
                    "code": error.code,
                    "message": summary,
                    "request_id": "0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b",
                }
            },
        }
    return responses
