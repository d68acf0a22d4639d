"""From a vendor's answer to a failure class, by data: one table of rules per vendor, one table of what follows.

A rule looks at the HTTP status and at the vendor's own codes, never at the wording of a message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from ai_router.providers.port import FailureClass, ProviderFailure

Action = Literal["ask_user", "other_provider", "retry", "wait", "operator", "look_up"]


@dataclass(frozen=True, slots=True)
class Advice:
    """What follows from a failure class."""

    retryable: bool
    """The same request to the same provider may work later."""
    action: Action
    words: str
    """For the person who asked, where a rule has nothing better to say."""


ADVICE: Mapping[FailureClass, Advice] = {
    FailureClass.INPUT: Advice(False, "other_provider", "This file or these settings could not be used."),
    FailureClass.MODERATION_INPUT: Advice(
        False, "ask_user", "The text or the photo was not accepted. Please change it and try again."
    ),
    FailureClass.MODERATION_OUTPUT: Advice(
        False, "other_provider", "The result was withheld by a safety check. We are trying another way."
    ),
    FailureClass.TRANSIENT: Advice(True, "retry", "The service had a short problem. We are trying again."),
    FailureClass.THROTTLED: Advice(True, "wait", "The service is busy. We will try again in a moment."),
    FailureClass.QUOTA: Advice(False, "other_provider", "This service is used up for now. We are trying another one."),
    FailureClass.AUTH: Advice(False, "operator", "This service is not available at the moment."),
    FailureClass.EMPTY: Advice(True, "retry", "The service returned nothing. We are trying again."),
    FailureClass.BAD_OUTPUT: Advice(True, "other_provider", "The result was damaged. We are trying again."),
    FailureClass.STUCK: Advice(False, "other_provider", "This is taking too long. We are trying another way."),
    FailureClass.UNKNOWN_OUTCOME: Advice(False, "look_up", "We are checking what became of your request."),
}


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


def rule(failure: FailureClass, *codes: str, status: int | None = None, words: str = "") -> Rule:
    """A :class:`Rule`, written short."""
    return Rule(failure, status, frozenset(codes), words)


GENERAL: tuple[Rule, ...] = (
    rule(FailureClass.AUTH, status=401),
    rule(FailureClass.QUOTA, status=402),
    rule(FailureClass.AUTH, status=403),
    rule(FailureClass.INPUT, status=404),
    rule(FailureClass.UNKNOWN_OUTCOME, status=408),
    rule(FailureClass.TRANSIENT, status=409),
    rule(FailureClass.INPUT, status=413, words="This file is too large for the service."),
    rule(FailureClass.TRANSIENT, status=425),
    rule(FailureClass.THROTTLED, status=429),
    rule(FailureClass.TRANSIENT, status=500),
    rule(FailureClass.UNKNOWN_OUTCOME, status=502),
    rule(FailureClass.TRANSIENT, status=503),
    rule(FailureClass.UNKNOWN_OUTCOME, status=504),
    rule(FailureClass.TRANSIENT, status=529),
)
"""What a status means where the vendor's table is silent. A gateway's 502 and 504 say nothing about whether the
request behind it went through, so for a call that starts work they leave the outcome unknown."""

Codes = Callable[[Any], frozenset[str]]
Wait = Callable[[Mapping[str, str], Any], float | None]
Until = Callable[[Mapping[str, str], Any], str | None]
Message = Callable[[Any], str]


def _nothing(headers: Mapping[str, str], body: Any) -> None:
    return None


def path(body: Any, *keys: str | int) -> Any:
    """The value below ``keys`` in decoded JSON, None where the way ends."""
    for key in keys:
        if isinstance(key, int):
            body = body[key] if isinstance(body, list) and -len(body) <= key < len(body) else None
        else:
            body = body.get(key) if isinstance(body, dict) else None
    return body


def listed(body: Any, *keys: str | int) -> list[Any]:
    """The list below ``keys``; empty where there is none."""
    found = path(body, *keys)
    return found if isinstance(found, list) else []


def told(body: Any, *keys: str | int) -> str:
    """The text below ``keys``; empty where there is none."""
    found = path(body, *keys)
    return found if isinstance(found, str) else ""


def counted(body: Any, *keys: str | int) -> float:
    """The non-negative finite number below ``keys``; 0 where there is none."""
    found = path(body, *keys)
    usable = isinstance(found, int | float) and not isinstance(found, bool) and 0 <= found < 1e15
    return found if usable else 0


def words_of(*values: Any) -> frozenset[str]:
    """Those of ``values`` that are codes: non-empty text, or numbers written as text."""
    return frozenset(str(value) for value in values if isinstance(value, str | int) and str(value))


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one vendor says no."""

    vendor: str
    codes: Codes
    """Machine-readable codes in a decoded error body (None when it was not JSON)."""
    message: Message
    """Its human text, for operators."""
    rules: tuple[Rule, ...]
    """First match wins, before :data:`GENERAL`. ``status=200`` rules speak of failures inside good answers and jobs."""
    wait: Wait = _nothing
    """Seconds to wait where the body or a header of the vendor's own says so; ``Retry-After`` is read anyway."""
    until: Until = _nothing
    """When a used-up quota opens again."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """Values that must not leave: replaced wherever text or data goes out."""

    values: tuple[str, ...] = field(default=(), repr=False)

    def redact(self, text: str) -> str:
        """``text`` without any of the values."""
        for value in self.values:
            text = text.replace(value, "[secret]")
        return text


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds in ``retry-after-ms`` or ``Retry-After`` (seconds or an HTTP date, RFC 9110 section 10.2.3)."""
    if (exact := _number(headers.get("retry-after-ms"))) is not None:
        return exact / 1000
    if (seconds := _number(headers.get("retry-after"))) is not None or "retry-after" not in headers:
        return seconds
    try:
        at = parsedate_to_datetime(headers["retry-after"])
        now = parsedate_to_datetime(headers["date"]) if "date" in headers else datetime.now(UTC)
    except (ValueError, TypeError):
        return None
    return max(0.0, (at.astimezone(UTC) - now.astimezone(UTC)).total_seconds())


def _number(text: str | None) -> float | None:
    try:
        return max(0.0, float(text)) if text is not None else None
    except ValueError:
        return None


def failure_of(
    dialect: Dialect,
    status: int,
    headers: Mapping[str, str],
    body: Any,
    *,
    accepts: bool,
    secrets: Secrets,
    vendor_job_id: str | None = None,
) -> ProviderFailure:
    """The failure that an error answer, or a failed job with ``status`` 200, stands for.

    ``headers`` have lower-case names; ``body`` is decoded JSON or None. ``accepts``: the request may have started
    paid work. Only then can an outcome be unknown; a question that got lost is simply asked again. A vendor that no
    longer knows ``vendor_job_id`` will never finish it: ``STUCK``.
    """
    codes = dialect.codes(body)
    found = next((r for r in (*dialect.rules, *GENERAL) if r.matches(status, codes)), None)
    failure = found.failure if found else (FailureClass.TRANSIENT if status >= 500 else FailureClass.INPUT)
    if vendor_job_id is not None and status in (404, 410):
        failure = FailureClass.STUCK
    if failure is FailureClass.UNKNOWN_OUTCOME and not accepts:
        failure = FailureClass.TRANSIENT
    wait = dialect.wait(headers, body)
    text = secrets.redact(dialect.message(body))[:300]
    named = ", ".join(sorted(codes)) or "no code"
    return ProviderFailure(
        failure,
        secrets.redact(f"{dialect.vendor} answered {status} ({named}): {text}"),
        user_message=(found.words if found else "") or ADVICE[failure].words,
        retry_after_s=wait if wait is not None else retry_after(headers),
        until=dialect.until(headers, body) if failure is FailureClass.QUOTA else None,
        vendor_code=secrets.redact(min(codes)) if codes else None,
        http_status=status,
        vendor_job_id=vendor_job_id,
    )


def failure(kind: FailureClass, message: str, *, vendor_job_id: str | None = None) -> ProviderFailure:
    """A failure found on our side, with the words of its class."""
    return ProviderFailure(kind, message, user_message=ADVICE[kind].words, vendor_job_id=vendor_job_id)
