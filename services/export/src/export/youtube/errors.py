"""From an answer of Google's to what follows from it, by data.

A rule looks at the status and at Google's own codes, never at the wording of a message; the wording is not kept either,
so that nothing Google repeats from a request can leave through an error. Sources: the error tables of
developers.google.com/youtube/v3/docs/errors, .../docs/videos/insert, .../docs/core_errors; RFC 6749, section 5.2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

_CODE = re.compile(r"[A-Za-z_]{1,60}")
_DAY_S = 86_400.0

NOT_LISTED = "The video is on your channel, but it could not be added to the playlist."
NOT_CAPTIONED = (
    "Its captions could not be added: connect the channel again and allow everything asked for, or upload them."
)
NOT_PICTURED = "Its cover could not be set: YouTube takes covers of verified channels alone. Set it in YouTube Studio."


class FailureClass(StrEnum):
    """What kind of no it was."""

    INPUT = "input"
    LIMIT = "limit"
    THROTTLED = "throttled"
    TRANSIENT = "transient"
    EXPIRED = "expired"
    DISCONNECTED = "disconnected"
    CONFIGURATION = "configuration"
    GONE = "gone"
    UNKNOWN_OUTCOME = "unknown_outcome"


@dataclass(frozen=True, slots=True)
class Advice:
    """What follows from a class."""

    retryable: bool
    """The same call may work later."""
    words: str
    """For the person who asked, where a rule has nothing better to say."""
    wait_s: float = 0.0
    """The least to wait before trying again."""


ADVICE: Mapping[FailureClass, Advice] = {
    FailureClass.INPUT: Advice(False, "YouTube did not accept this video. Change it and upload it again."),
    FailureClass.LIMIT: Advice(True, "YouTube takes no more of our videos today. Try again tomorrow.", 6 * 3600.0),
    FailureClass.THROTTLED: Advice(True, "YouTube is busy. Try again later.", 30.0),
    FailureClass.TRANSIENT: Advice(True, "YouTube could not be reached. Try again later."),
    FailureClass.EXPIRED: Advice(True, "The connection to your channel has ended. Connect it again."),
    FailureClass.DISCONNECTED: Advice(False, "The connection to your channel has ended. Connect it again."),
    FailureClass.CONFIGURATION: Advice(False, "YouTube is not available here at the moment."),
    FailureClass.GONE: Advice(True, "The upload broke off. Upload the video again."),
    FailureClass.UNKNOWN_OUTCOME: Advice(
        True, "We could not find out whether the video has arrived. Look at your channel before you try again.", 20.0
    ),
}
"""The words are said when nothing is tried any more."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The class of answers with this status (None: any) and one of these codes (empty: any)."""

    failure: FailureClass
    status: int | None = None
    codes: frozenset[str] = frozenset()
    words: str = ""

    def matches(self, status: int, codes: frozenset[str]) -> bool:
        """Whether this rule speaks of the answer."""
        return (self.status is None or self.status == status) and (not self.codes or bool(self.codes & codes))


def _rule(failure: FailureClass, *codes: str, status: int | None = None, words: str = "") -> Rule:
    return Rule(failure, status, frozenset(codes), words)


RULES: tuple[Rule, ...] = (
    _rule(
        FailureClass.DISCONNECTED,
        "youtubeSignupRequired",
        words="This Google account has no YouTube channel. Create one and connect it.",
    ),
    _rule(
        FailureClass.DISCONNECTED,
        "insufficientPermissions",
        "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        words="The connection does not allow uploads. Connect your channel again and allow everything asked for.",
    ),
    _rule(
        FailureClass.DISCONNECTED,
        "authenticatedUserAccountClosed",
        "authenticatedUserAccountSuspended",
        "accountClosed",
        "accountSuspended",
        "channelClosed",
        "channelSuspended",
        words="YouTube has closed or suspended this account.",
    ),
    _rule(FailureClass.DISCONNECTED, "invalid_grant"),
    _rule(
        FailureClass.CONFIGURATION,
        "invalid_client",
        "unauthorized_client",
        "redirect_uri_mismatch",
        "unsupported_grant_type",
        "invalid_scope",
        "invalid_request",
        "accessNotConfigured",
        "SERVICE_DISABLED",
        "keyInvalid",
    ),
    _rule(
        FailureClass.LIMIT,
        "uploadLimitExceeded",
        words="Your channel has reached YouTube's limit of uploads. Try again tomorrow.",
    ),
    _rule(FailureClass.LIMIT, "quotaExceeded", "dailyLimitExceeded"),
    _rule(FailureClass.THROTTLED, "rateLimitExceeded", "userRateLimitExceeded", "rate_limit_exceeded"),
    _rule(FailureClass.INPUT, "invalidTitle", words="YouTube did not accept the title. Change it and upload again."),
    _rule(
        FailureClass.INPUT,
        "invalidDescription",
        "invalidTags",
        "invalidVideoMetadata",
        "invalidCategoryId",
        words="YouTube did not accept the description or the tags. Change them and upload again.",
    ),
    _rule(
        FailureClass.INPUT,
        "forbiddenPrivacySetting",
        words="Your channel may not publish with this visibility. Choose another one and upload again.",
    ),
    _rule(
        FailureClass.INPUT,
        "playlistNotFound",
        "playlistIdRequired",
        "playlistForbidden",
        "playlistItemsNotAccessible",
        "playlistContainsMaximumNumberOfVideos",
        words=NOT_LISTED,
    ),
    _rule(FailureClass.GONE, "invalid_token", status=400),
    _rule(FailureClass.TRANSIENT, "internal_failure", "temporarily_unavailable", "backendError", "uploadError"),
    _rule(FailureClass.EXPIRED, status=401),
    _rule(FailureClass.DISCONNECTED, status=403),
    _rule(FailureClass.GONE, status=404),
    _rule(FailureClass.TRANSIENT, status=408),
    _rule(FailureClass.GONE, status=410),
    _rule(FailureClass.INPUT, status=413, words="This video is too large for YouTube."),
    _rule(FailureClass.THROTTLED, status=429),
)
"""First match wins; after them 4xx is about the input and everything else is transient."""


class YouTubeFailure(Exception):
    """A call did not work. ``user_message`` is for people; nothing here is secret."""

    def __init__(
        self,
        failure: FailureClass,
        message: str,
        *,
        user_message: str = "",
        code: str = "",
        status: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(f"{failure}: {message}")
        self.failure = failure
        self.user_message = user_message or ADVICE[failure].words
        self.code = code or failure.value
        self.status = status
        self.retry_after_s = retry_after_s

    @property
    def retryable(self) -> bool:
        """The same call may work later."""
        return ADVICE[self.failure].retryable

    def wait_s(self, usual_s: float) -> float:
        """How long to wait before trying again, a day at most; ``usual_s`` is what a short problem takes."""
        return max(usual_s, ADVICE[self.failure].wait_s, min(self.retry_after_s or 0.0, _DAY_S))


def failure_of(status: int, headers: Mapping[str, str], body: Any) -> YouTubeFailure:
    """The failure that an error answer stands for. ``headers`` lower case; ``body`` is decoded JSON or None."""
    codes = codes_of(body)
    found = next((rule for rule in RULES if rule.matches(status, codes)), None)
    otherwise = FailureClass.INPUT if 400 <= status < 500 else FailureClass.TRANSIENT
    named = ", ".join(sorted(codes)) or "no code"
    return YouTubeFailure(
        found.failure if found else otherwise,
        f"answered {status} ({named})",
        user_message=found.words if found else "",
        code=min(found.codes & codes, default=min(codes, default="")) if found else min(codes, default=""),
        status=status,
        retry_after_s=_retry_after(headers),
    )


def codes_of(body: Any) -> frozenset[str]:
    """The machine-readable codes of an error answer: OAuth's ``error``, the API's reasons and status."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return _codes(error)
    listed = [each for name in ("errors", "details") for each in _list(error.get(name)) if isinstance(each, dict)]
    return _codes(error.get("status"), *(each.get("reason") for each in listed))


def _codes(*values: Any) -> frozenset[str]:
    return frozenset(value for value in values if isinstance(value, str) and _CODE.fullmatch(value))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds in ``Retry-After``, a number or a date (RFC 9110, section 10.2.3)."""
    given = headers.get("retry-after")
    if given is None:
        return None
    try:
        if given.isdigit():
            return float(given[:9])
        return max(0.0, (parsedate_to_datetime(given).astimezone(UTC) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
