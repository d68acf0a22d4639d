"""How Google's AI endpoints say no: ``google.rpc.Status`` with typed details.

Sources: ``google/genai/errors.py``; ai.google.dev/gemini-api/docs/troubleshooting and /rate-limits (daily quotas open
at midnight Pacific time); google/rpc/error_details.proto; ``BlockedReason`` and ``FinishReason`` in
``google/genai/types.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo

from ai_router.providers.errors import Dialect, listed, path, rule, words_of
from ai_router.providers.port import FailureClass

_PACIFIC = ZoneInfo("America/Los_Angeles")
_DAILY = "quota:day"
_BLOCKED = ("SAFETY", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY", "JAILBREAK", "MODEL_ARMOR", "OTHER")


def _details(body: Any) -> list[Any]:
    return listed(body, "error", "details")


def _codes(body: Any) -> frozenset[str]:
    """Status, reasons, ``block:`` and ``finish:`` reasons, and ``rpc:`` numbers of failed operations."""
    if isinstance(body, list) and len(body) == 1:
        body = body[0]
    codes = set(words_of(path(body, "error", "status"), *(path(d, "reason") for d in _details(body))))
    quotas = (path(v, "quotaId") for d in _details(body) for v in listed(d, "violations"))
    if any(isinstance(quota, str) and "PerDay" in quota for quota in quotas):
        codes.add(_DAILY)
    if reason := path(body, "promptFeedback", "blockReason"):
        codes.add(f"block:{reason}")
    if reason := path(body, "candidates", 0, "finishReason"):
        codes.add(f"finish:{reason}")
    if path(body, "done") and (number := path(body, "error", "code")) is not None:
        codes.add(f"rpc:{number}")
    if path(body, "response", "raiMediaFilteredCount"):
        codes.add("filtered")
    return frozenset(codes)


def _message(body: Any) -> str:
    for keys in (("error", "message"), ("promptFeedback", "blockReasonMessage"), ("candidates", 0, "finishMessage")):
        if isinstance(found := path(body, *keys), str):
            return found
    return str(path(body, "response", "raiMediaFilteredReasons", 0) or "")


def _wait(headers: Mapping[str, str], body: Any) -> float | None:
    """``RetryInfo.retryDelay``, a protobuf duration such as ``34.5s``."""
    for detail in _details(body):
        delay = path(detail, "retryDelay")
        if isinstance(delay, str) and delay.endswith("s"):
            try:
                return float(delay[:-1])
            except ValueError:
                continue
    return None


def _until(headers: Mapping[str, str], body: Any) -> str | None:
    """The next midnight in California for a daily quota."""
    if _DAILY not in _codes(body):
        return None
    now = parsedate_to_datetime(headers["date"]) if "date" in headers else datetime.now(UTC)
    local = now.astimezone(_PACIFIC)
    opens = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return opens.astimezone(UTC).isoformat().replace("+00:00", "Z")


GOOGLE = Dialect(
    vendor="google",
    codes=_codes,
    message=_message,
    wait=_wait,
    until=_until,
    rules=(
        rule(
            FailureClass.AUTH,
            "API_KEY_INVALID",
            "API_KEY_SERVICE_BLOCKED",
            "API_KEY_IP_ADDRESS_BLOCKED",
            "CONSUMER_SUSPENDED",
            "SERVICE_DISABLED",
            "UNAUTHENTICATED",
            "PERMISSION_DENIED",
            "FAILED_PRECONDITION",
        ),
        rule(FailureClass.QUOTA, _DAILY, "BILLING_DISABLED"),
        rule(FailureClass.THROTTLED, "RESOURCE_EXHAUSTED"),
        rule(FailureClass.MODERATION_INPUT, "PROMPT_BLOCKED"),
        rule(FailureClass.MODERATION_INPUT, *(f"block:{reason}" for reason in _BLOCKED), status=200),
        rule(
            FailureClass.MODERATION_OUTPUT,
            "filtered",
            *(f"finish:{r}" for r in ("SAFETY", "IMAGE_SAFETY", "PROHIBITED_CONTENT", "IMAGE_PROHIBITED_CONTENT")),
            *(f"finish:{r}" for r in ("RECITATION", "IMAGE_RECITATION", "BLOCKLIST", "SPII")),
            status=200,
        ),
        rule(FailureClass.INPUT, "rpc:3", status=200),
        rule(FailureClass.QUOTA, "rpc:8", status=200),
        # A job that broke at the vendor was accepted and came to nothing; asking again does not help this attempt.
        rule(FailureClass.EMPTY, status=200),
        rule(FailureClass.TRANSIENT, "INTERNAL", "UNAVAILABLE"),
        rule(FailureClass.UNKNOWN_OUTCOME, "DEADLINE_EXCEEDED", "CANCELLED"),
        rule(FailureClass.INPUT, "INVALID_ARGUMENT", "NOT_FOUND", "OUT_OF_RANGE"),
    ),
)
