"""Which fault happens to which request: scripted one by one, or drawn with a seed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from enum import StrEnum
from random import Random


class Fault(StrEnum):
    """Something a vendor does to a caller. *Before* and *after* speak of the moment the work was accepted."""

    HANG_BEFORE = "hang_before"
    HANG_AFTER = "hang_after"
    DROP_BEFORE = "drop_before"
    DROP_AFTER = "drop_after"
    GATEWAY_AFTER = "gateway_after"
    GARBLED = "garbled"
    BAD_INPUT = "bad_input"
    REFUSED_INPUT = "refused_input"
    AUTH = "auth"
    QUOTA = "quota"
    THROTTLED = "throttled"
    THROTTLED_HINT = "throttled_hint"
    SERVER_ERROR = "server_error"
    OVERLOADED = "overloaded"
    REFUSED_OUTPUT = "refused_output"
    EMPTY = "empty"
    TRUNCATED = "truncated"
    WRONG_MEDIA = "wrong_media"
    FROZEN = "frozen"
    JOB_FAILED = "job_failed"
    JOB_LOST = "job_lost"
    LINK_EXPIRED = "link_expired"
    WEBHOOK_LATE = "webhook_late"
    WEBHOOK_LOST = "webhook_lost"
    WEBHOOK_TWICE = "webhook_twice"
    WEBHOOK_OVERTAKEN = "webhook_overtaken"
    CARD_DECLINED = "card_declined"
    KEY_IN_USE = "key_in_use"
    SAVED_ERROR = "saved_error"
    SAVED_ERROR_AFTER = "saved_error_after"
    DENIED = "denied"
    CODE_REFUSED = "code_refused"
    WRONG_NONCE = "wrong_nonce"
    WRONG_AUDIENCE = "wrong_audience"
    WRONG_ISSUER = "wrong_issuer"
    EXPIRED = "expired"
    UNKNOWN_KEY = "unknown_key"
    FORGED = "forged"
    UNSIGNED = "unsigned"
    KEY_CONFUSION = "key_confusion"
    UNVERIFIED = "unverified"


HINT_SECONDS = 7
"""What ``THROTTLED_HINT`` tells the caller to wait."""

ANSWERS = frozenset(
    {
        Fault.BAD_INPUT,
        Fault.REFUSED_INPUT,
        Fault.AUTH,
        Fault.QUOTA,
        Fault.THROTTLED,
        Fault.THROTTLED_HINT,
        Fault.SERVER_ERROR,
        Fault.OVERLOADED,
    }
)
"""Faults that are an error answer in the vendor's own shape; nothing is accepted."""

TRANSPORT = frozenset({Fault.HANG_BEFORE, Fault.HANG_AFTER, Fault.DROP_BEFORE, Fault.DROP_AFTER})
LATER = frozenset(
    {
        Fault.REFUSED_OUTPUT,
        Fault.EMPTY,
        Fault.TRUNCATED,
        Fault.WRONG_MEDIA,
        Fault.FROZEN,
        Fault.JOB_FAILED,
        Fault.LINK_EXPIRED,
    }
    | {Fault.WEBHOOK_LATE, Fault.WEBHOOK_LOST, Fault.WEBHOOK_TWICE}
)
"""Faults of a job: drawn when it is submitted, seen when it is polled, downloaded or announced."""

WEBHOOKS = frozenset({Fault.WEBHOOK_LATE, Fault.WEBHOOK_LOST, Fault.WEBHOOK_TWICE})

_READ_FAULTS = frozenset(
    {
        Fault.HANG_BEFORE,
        Fault.DROP_BEFORE,
        Fault.DROP_AFTER,
        Fault.GARBLED,
        Fault.THROTTLED,
        Fault.THROTTLED_HINT,
        Fault.SERVER_ERROR,
        Fault.OVERLOADED,
    }
)
_ACCEPTING = TRANSPORT | ANSWERS | {Fault.GATEWAY_AFTER, Fault.GARBLED}

POSSIBLE: Mapping[str, frozenset[Fault]] = {
    "perform": _ACCEPTING | {Fault.REFUSED_OUTPUT, Fault.EMPTY, Fault.TRUNCATED, Fault.WRONG_MEDIA},
    "submit": _ACCEPTING | LATER,
    "poll": _READ_FAULTS | {Fault.JOB_LOST},
    "result": _READ_FAULTS,
    "download": frozenset(
        {
            Fault.DROP_AFTER,
            Fault.HANG_BEFORE,
            Fault.SERVER_ERROR,
            Fault.TRUNCATED,
            Fault.WRONG_MEDIA,
            Fault.LINK_EXPIRED,
        }
    ),
    "upload": _READ_FAULTS | {Fault.BAD_INPUT, Fault.AUTH},
    "voices": _READ_FAULTS,
    "lookup": _READ_FAULTS,
    "cancel": _READ_FAULTS,
    "health": _READ_FAULTS | {Fault.AUTH},
}
"""By operation of a vendor that does AI work: what can go wrong there. Other vendors have tables of their own."""


class Plan:
    """Decides about each request. Scripted faults come first, in order; then chance, reproducible by its seed."""

    def __init__(self, possible: Mapping[str, frozenset[Fault]] = POSSIBLE) -> None:
        self._possible = possible
        self._script: dict[str, deque[Fault | None]] = {}
        self._odds: dict[Fault, float] = {}
        self._random = Random(0)

    def script(self, operation: str, faults: Iterable[Fault | None]) -> None:
        """Let the next requests of ``operation`` meet ``faults`` one by one; None is a good answer.

        Raises ValueError for a fault that cannot happen there.
        """
        wanted = list(faults)
        for fault in wanted:
            if fault is not None and fault not in self._possible[operation]:
                raise ValueError(f"{fault} cannot happen to {operation}")
        self._script.setdefault(operation, deque()).extend(wanted)

    def chance(self, odds: Mapping[Fault, float], *, seed: int) -> None:
        """From now on each request meets one of ``odds`` with its probability. Replaces earlier odds."""
        self._odds = dict(odds)
        self._random = Random(seed)

    def clear(self) -> None:
        """Forget everything; every answer is good again."""
        self._script.clear()
        self._odds.clear()

    def draw(self, operation: str) -> Fault | None:
        """What happens to this request of ``operation``."""
        if waiting := self._script.get(operation):
            return waiting.popleft()
        roll = self._random.random() if self._odds else 1.0
        for fault, odds in self._odds.items():
            if fault not in self._possible[operation]:
                continue
            roll -= odds
            if roll < 0:
                return fault
        return None
